package stack

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/ingress"
)

// deployCluster makes a whole cluster: the shared ingress, the communities, and their apps.
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
	before, err := deployCommunities(ctx, config, onCluster)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(config.Apps)) {
		args := appArgs(config, name, entry.Gateway, shared)
		args.Before = before[name]
		if _, err := abapp.New(ctx, name, args, onCluster); err != nil {
			return err
		}
	}
	ctx.Export("name", pulumi.String(config.Cluster.Name))
	ctx.Export("gateway", entry.Address)
	ctx.Export("communities", communitiesOutput(config))
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
