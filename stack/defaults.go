package stack

import (
	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/ingress"
)

// logicalStacks are the names by which the program knows the stacks of a cloud.
var logicalStacks = append([]string{"shared", "edge"}, ClusterNames...)

// setDefaults fills in what was not written. It invents no values where none can be right, and nothing
// where something wrong was written.
func setDefaults(config *Config) {
	if config.Stacks == nil {
		config.Stacks = map[string]string{}
	}
	for _, name := range logicalStacks {
		setDefault(config.Stacks, name, name)
	}
	if cluster := config.Cluster; cluster != nil {
		if cluster.Platform == "" {
			cluster.Platform = clusters.Kubeconfig
		}
		if cluster.Context == "" {
			cluster.Context = cluster.Name
		}
	}
	if in := config.Ingress; in != nil {
		if in.Exposure == "" {
			in.Exposure = ingress.ExternalIP
		}
		if in.Replicas == nil {
			in.Replicas = number(ingress.MinReplicas)
		}
	}
	for name, app := range config.Apps {
		for variantName, variant := range app.Variants {
			if variant.Replicas == nil {
				variant.Replicas = number(1)
				app.Variants[variantName] = variant
			}
		}
		if app.Release.Strategy == "" {
			app.Release.Strategy = abapp.Ramped
		}
		config.Apps[name] = app
	}
	if config.Traffic != nil {
		addClusters(config.Traffic.Default)
		for _, weights := range config.Traffic.Apps {
			addClusters(weights)
		}
	}
}

// addClusters gives clusters that are not named a weight of 0. Weights that were not written at all
// stay that way, and are reported.
func addClusters(weights map[string]int) {
	for _, cluster := range ClusterNames {
		if weights != nil {
			setDefault(weights, cluster, 0)
		}
	}
}

func setDefault[V any](values map[string]V, key string, value V) {
	if _, ok := values[key]; !ok {
		values[key] = value
	}
}

func number(n int) *int { return &n }
