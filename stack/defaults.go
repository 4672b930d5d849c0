package stack

import (
	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/community"
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
		setText(&cluster.Platform, clusters.Kubeconfig)
		if cluster.Platform == clusters.Kubeconfig {
			setText(&cluster.Context, cluster.Name)
		}
	}
	setGCPDefaults(config)
	if in := config.Ingress; in != nil {
		setText(&in.Exposure, ingress.ExternalIP)
		setValue(&in.Replicas, ingress.MinReplicas)
	}
	for name, configured := range config.Communities {
		setCommunityDefaults(&configured)
		config.Communities[name] = configured
	}
	for name, app := range config.Apps {
		for variantName, variant := range app.Variants {
			setVariantDefaults(&variant)
			app.Variants[variantName] = variant
		}
		setReleaseDefaults(&app.Release)
		config.Apps[name] = app
	}
	if config.Traffic != nil {
		if config.Traffic.Default != nil {
			setSplitDefaults(config.Traffic.Default)
		}
		for name, split := range config.Traffic.Apps {
			setSplitDefaults(&split)
			config.Traffic.Apps[name] = split
		}
	}
}

// noStorage is the quota of a community without volumes.
const noStorage = "0"

func setCommunityDefaults(configured *Community) {
	setValue(&configured.Internet, false)
	if configured.Quota != nil {
		setText(&configured.Quota.Storage, noStorage)
	}
	if configured.Defaults == nil {
		configured.Defaults = &Resources{}
	}
	// Enough for something small that says nothing of its needs.
	for _, value := range []struct {
		field    *string
		quantity string
	}{
		{&configured.Defaults.CPU, "10m"}, {&configured.Defaults.Memory, "32Mi"},
		{&configured.Defaults.CPULimit, "1"}, {&configured.Defaults.MemoryLimit, "128Mi"},
	} {
		setText(value.field, value.quantity)
	}
	for i := range configured.Members {
		setText(&configured.Members[i].Kind, community.User)
		setText(&configured.Members[i].Role, community.View)
	}
}

// setVariantDefaults gives a variant one pod, unless the number follows the load.
func setVariantDefaults(variant *Variant) {
	switch scale := variant.Autoscale; {
	case scale == nil:
		setValue(&variant.Replicas, 1)
	default:
		setValue(&scale.CPU, 70)
	}
}

// setReleaseDefaults sets switches only under the strategies that have them; elsewhere they are mistakes
// when they are written.
func setReleaseDefaults(release *Release) {
	setText(&release.Strategy, abapp.Ramped)
	setValue(&release.Pin, false)
	switch release.Strategy {
	case abapp.Canary:
		setValue(&release.Sticky, false)
	case abapp.ABTest:
		setValue(&release.Sticky, true)
	case abapp.BlueGreen, abapp.Dark:
		setValue(&release.Preview, true)
	}
}

// setSplitDefaults gives clusters that are not named a weight of 0.
func setSplitDefaults(split *Split) {
	for _, weight := range []**int{&split.Live, &split.Omega} {
		setValue(weight, 0)
	}
	for _, choice := range []**bool{&split.Sticky, &split.Pin} {
		setValue(choice, false)
	}
}

func setDefault[V any](values map[string]V, key string, value V) {
	if _, ok := values[key]; !ok {
		values[key] = value
	}
}

// setText sets a text, or one of an enumeration, that was not written.
func setText[T ~string](field *T, value T) {
	if *field == "" {
		*field = value
	}
}

// setValue sets a number or a switch that was not written.
func setValue[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}
