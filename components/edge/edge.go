// Package edge divides the cloud's traffic between its clusters. Each platform has one file; this one
// holds what they share.
package edge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Weights are the percentages of requests per cluster, by the cluster's name. They sum to 100.
type Weights map[string]int

// Split divides requests between the clusters.
type Split struct {
	Weights Weights
	// Sticky keeps a visitor on one cluster by the cookie CohortCookie: the weights are then percentages
	// of visitors. Otherwise they are percentages of requests.
	Sticky bool
	// Pin lets any request choose its cluster with the header PinHeader.
	Pin bool
	// Mirror copies requests to a cluster; nil copies nothing.
	Mirror *Mirror
}

// Mirror copies a share of the requests that one cluster answers to the other, whose answers are
// dropped. It needs exactly two clusters.
type Mirror struct {
	// To is the cluster that gets the copies.
	To string
	// Percent of the requests that the other cluster answers, 1 to 100.
	Percent int
}

// Traffic says which share of requests each cluster gets.
type Traffic struct {
	// Default is for every app that is not in Apps.
	Default Split
	// Apps holds, by the app's name, the apps that differ from the default.
	Apps map[string]Split
}

// Uses are the splits that send requests or copies to the cluster: "default", "apps.<app>", sorted.
func (t Traffic) Uses(cluster string) []string {
	var found []string
	if t.Default.uses(cluster) {
		found = append(found, "default")
	}
	for _, app := range slices.Sorted(maps.Keys(t.Apps)) {
		if t.Apps[app].uses(cluster) {
			found = append(found, "apps."+app)
		}
	}
	return found
}

func (s Split) uses(cluster string) bool {
	return s.Weights[cluster] > 0 || s.Mirror != nil && s.Mirror.To == cluster
}

// validate checks every split.
func (t Traffic) validate(clusters []string) error {
	problems := []error{t.Default.validate("default", clusters)}
	for _, app := range slices.Sorted(maps.Keys(t.Apps)) {
		problems = append(problems, t.Apps[app].validate(app, clusters))
	}
	return errors.Join(problems...)
}

func (s Split) validate(name string, clusters []string) error {
	return errors.Join(s.Weights.validate(name, clusters), s.Mirror.validate(name, clusters))
}

// validate checks that the weights name the clusters and nothing else, and sum to 100.
func (w Weights) validate(name string, clusters []string) error {
	if !slices.Equal(slices.Sorted(maps.Keys(w)), clusters) {
		return fmt.Errorf("weights %s are of clusters %v, want %v", name, slices.Sorted(maps.Keys(w)), clusters)
	}
	sum := 0
	for _, cluster := range clusters {
		if w[cluster] < 0 {
			return fmt.Errorf("weight %s of cluster %s is %d, want 0 or more", name, cluster, w[cluster])
		}
		sum += w[cluster]
	}
	if sum != 100 {
		return fmt.Errorf("weights %s sum to %d, want 100", name, sum)
	}
	return nil
}

func (m *Mirror) validate(name string, clusters []string) error {
	switch {
	case m == nil:
		return nil
	case len(clusters) != 2:
		return fmt.Errorf("mirror %s is between clusters %v, want two", name, clusters)
	case !slices.Contains(clusters, m.To):
		return fmt.Errorf("mirror %s is to cluster %q, want one of %v", name, m.To, clusters)
	case m.Percent < 1 || m.Percent > 100:
		return fmt.Errorf("mirror %s copies %d %%, want 1 to 100", name, m.Percent)
	}
	return nil
}

// copiedFrom is whether requests that the cluster answers are copied.
func (s Split) copiedFrom(cluster string) bool {
	return s.Mirror != nil && s.Mirror.To != cluster
}
