// Package edge divides the cloud's traffic between its clusters. Each platform has one file; this one
// holds what they share.
package edge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"live-omega/components/naming"
)

// Weights are the percentages of requests per cluster, by the cluster's name. They sum to 100.
type Weights map[string]int

// Traffic says which share of requests each cluster gets.
type Traffic struct {
	// Default is for every app that is not in Apps.
	Default Weights
	// Apps holds, by the app's name, the apps that differ from the default.
	Apps map[string]Weights
}

// validate checks that the weights name the clusters and nothing else, and sum to 100.
func (t Traffic) validate(clusters []string) error {
	problems := []error{t.Default.validate("default", clusters)}
	for _, app := range slices.Sorted(maps.Keys(t.Apps)) {
		problems = append(problems, t.Apps[app].validate(app, clusters))
	}
	return errors.Join(problems...)
}

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

// host is the public name of an app.
func host(app, domain string) string { return naming.Host(app, domain) }
