package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/apps"
	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/gatewayapi"
	"live-omega/components/naming"
)

func appArgs(config Config, name string, gateway gatewayapi.Parent, shared *reference) abapp.Args {
	app, _ := apps.Lookup(name)
	secrets := map[string]pulumi.StringInput{}
	for _, secret := range app.Secrets {
		secrets[secret] = shared.secret(secretKey(name, secret))
	}
	return abapp.Args{
		App:      app,
		Cluster:  config.Cluster.Name,
		Hosts:    hostsOf(config, name),
		Preview:  naming.PreviewHost(name, config.Domain),
		Variants: variantsOf(config.Apps[name], config.Cluster.Registry, nodesOf(config)),
		Release:  releaseOf(config.Apps[name]),
		Gateway:  gateway,
		Secrets:  secrets,
	}
}

// variantsOf are an app's variants for the component, their images in the registry and their pods on the
// node pools, if there are any.
func variantsOf(app App, registry string, nodes *clusters.Nodes) map[string]abapp.Variant {
	variants := make(map[string]abapp.Variant, len(app.Variants))
	for name, configured := range app.Variants {
		variant := abapp.Variant{
			Image:     imageIn(registry, configured.Image),
			Version:   configured.Version,
			Env:       configured.Env,
			Args:      configured.Args,
			Placement: nodes.Placement(configured.Pool),
		}
		if configured.Replicas != nil {
			variant.Replicas = *configured.Replicas
		}
		if scale := configured.Autoscale; scale != nil {
			variant.Autoscale = &abapp.Autoscale{Min: scale.Min, Max: scale.Max, CPU: *scale.CPU}
		}
		if configured.Resources != nil {
			variant.Resources = apps.Resources(*configured.Resources)
		}
		variants[name] = variant
	}
	return variants
}

func releaseOf(app App) abapp.Release {
	release := app.Release
	matches := make([]abapp.Match, len(release.Match))
	for i, match := range release.Match {
		matches[i] = abapp.Match(match)
	}
	return abapp.Release{
		Strategy: release.Strategy,
		Active:   release.Active,
		Weight:   release.Weight,
		Match:    matches,
		Percent:  release.Percent,
		Sticky:   release.Sticky,
		Preview:  release.Preview,
		Pin:      release.Pin != nil && *release.Pin,
	}
}

// imageIn is the full reference of an image.
func imageIn(registry, image string) string {
	if registry == "" {
		return image
	}
	return registry + "/" + image
}

// appsOutput says what runs here, at which version, whose it is, and who is sent to it.
func appsOutput(config Config) pulumi.Map {
	output := pulumi.Map{}
	for name, configured := range config.Apps {
		app, _ := apps.Lookup(name)
		release := releaseOf(configured)
		described := pulumi.Map{
			"owner":       pulumi.String(app.Owner),
			"community":   pulumi.String(app.Community),
			"description": pulumi.String(app.Description),
			"host":        pulumi.String(naming.Host(name, config.Domain)),
			"strategy":    pulumi.String(release.Strategy),
			"pin":         pulumi.Bool(release.Pin),
			"sticky":      pulumi.Bool(release.Sticky != nil && *release.Sticky),
			"variants":    variantsOutput(variantsOf(configured, config.Cluster.Registry, nodesOf(config)), release),
		}
		if release.Percent != nil {
			described["percent"] = pulumi.Int(*release.Percent)
		}
		hosts := hostsOf(config, name)
		if abapp.Previewed(release) != "" {
			preview := naming.PreviewHost(name, config.Domain)
			described["preview"] = pulumi.String(preview)
			hosts = append(hosts, preview)
		}
		described["hosts"] = pulumi.ToStringArray(hosts)
		output[name] = described
	}
	return output
}

// variantsOutput has a variant's weight as the percentage of requests that it answers, and its number of
// pods, or the least where it is scaled.
func variantsOutput(variants map[string]abapp.Variant, release abapp.Release) pulumi.Map {
	output := pulumi.Map{}
	for _, share := range abapp.Shares(variants, release) {
		variant := variants[share.Variant]
		described := pulumi.Map{
			"image":    pulumi.String(variant.Image),
			"version":  pulumi.String(variant.Version),
			"replicas": pulumi.Int(variant.Pods()),
			"weight":   pulumi.Int(share.Percent),
		}
		if variant.Autoscale != nil {
			described["maxReplicas"] = pulumi.Int(variant.Autoscale.Max)
		}
		if variant.Placement.Pool != "" {
			described["pool"] = pulumi.String(variant.Placement.Pool)
		}
		output[share.Variant] = described
	}
	return output
}
