package stack

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/apps"
	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/gatewayapi"
	"live-omega/components/ingress"
	"live-omega/components/naming"
)

// deployCluster makes a whole cluster: the shared ingress, and the apps.
func deployCluster(ctx *pulumi.Context, config Config) error {
	cluster, err := clusters.New(ctx, clusterArgs(config))
	if err != nil {
		return err
	}
	onCluster := pulumi.Providers(cluster.Provider)
	entry, err := ingress.New(ctx, "ingress", ingressArgs(config), onCluster)
	if err != nil {
		return err
	}
	shared, err := newReference(ctx, config, "shared")
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(config.Apps)) {
		if _, err := abapp.New(ctx, name, appArgs(config, name, entry.Gateway, shared), onCluster); err != nil {
			return err
		}
	}
	ctx.Export("name", pulumi.String(config.Cluster.Name))
	ctx.Export("gateway", entry.Address)
	ctx.Export("apps", appsOutput(config))
	return nil
}

func clusterArgs(config Config) clusters.Args {
	return clusters.Args{
		Name:       config.Cluster.Name,
		Platform:   config.Cluster.Platform,
		Kubeconfig: config.Cluster.Kubeconfig,
		Context:    config.Cluster.Context,
	}
}

func ingressArgs(config Config) ingress.Args {
	return ingress.Args{
		Image:          imageIn(config.Cluster.Registry, config.Ingress.Image),
		Replicas:       *config.Ingress.Replicas,
		Exposure:       ingress.Exposure{Kind: config.Ingress.Exposure, Address: config.Ingress.Address},
		TrustedProxies: config.Ingress.TrustedProxies,
	}
}

func appArgs(config Config, name string, gateway gatewayapi.Parent, shared *reference) abapp.Args {
	app, _ := apps.Lookup(name)
	secrets := map[string]pulumi.StringInput{}
	for _, secret := range app.Secrets {
		secrets[secret] = shared.secret(secretKey(name, secret))
	}
	return abapp.Args{
		App:      app,
		Cluster:  config.Cluster.Name,
		Host:     naming.Host(name, config.Domain),
		Variants: variantsOf(config.Apps[name], config.Cluster.Registry),
		Release:  releaseOf(config.Apps[name]),
		Gateway:  gateway,
		Secrets:  secrets,
	}
}

// appsOutput says what runs here, at which version, whose it is, and who is sent to it.
func appsOutput(config Config) pulumi.Map {
	output := pulumi.Map{}
	for name, configured := range config.Apps {
		app, _ := apps.Lookup(name)
		deployed, release := variantsOf(configured, config.Cluster.Registry), releaseOf(configured)
		variants := pulumi.Map{}
		for _, share := range abapp.Shares(deployed, release) {
			variant := deployed[share.Variant]
			variants[share.Variant] = pulumi.Map{
				"image":    pulumi.String(variant.Image),
				"version":  pulumi.String(variant.Version),
				"replicas": pulumi.Int(variant.Replicas),
				"weight":   pulumi.Int(share.Percent),
			}
		}
		output[name] = pulumi.Map{
			"owner":       pulumi.String(app.Owner),
			"community":   pulumi.String(app.Community),
			"description": pulumi.String(app.Description),
			"host":        pulumi.String(naming.Host(name, config.Domain)),
			"strategy":    pulumi.String(release.Strategy),
			"variants":    variants,
		}
	}
	return output
}
