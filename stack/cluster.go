package stack

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/ingress"
)

// deployCluster makes a whole cluster: node pools, the shared ingress, the communities, and their apps.
// Node pools that pods are leaving come last.
func deployCluster(ctx *pulumi.Context, config Config) error {
	shared, err := newReference(ctx, config, "shared")
	if err != nil {
		return err
	}
	cluster, err := newCluster(ctx, config, shared)
	if err != nil {
		return err
	}
	onCluster := pulumi.Providers(cluster.Provider)
	entryArgs := ingressArgs(config)
	entryArgs.Before = cluster.Ready
	entry, err := ingress.New(ctx, "ingress", entryArgs, onCluster)
	if err != nil {
		return err
	}
	before, err := deployCommunities(ctx, config, onCluster)
	if err != nil {
		return err
	}
	placed := []pulumi.Resource{entry}
	for _, name := range slices.Sorted(maps.Keys(config.Apps)) {
		args := appArgs(config, name, entry.Gateway, shared)
		args.Before = alsoAfter(before[name], cluster.Ready)
		app, err := abapp.New(ctx, name, args, onCluster)
		if err != nil {
			return err
		}
		placed = append(placed, app)
	}
	if err := cluster.StandBy(placed...); err != nil {
		return err
	}
	exportCluster(ctx, config, entry)
	return nil
}

func exportCluster(ctx *pulumi.Context, config Config, entry *ingress.Ingress) {
	ctx.Export("name", pulumi.String(config.Cluster.Name))
	if config.Ingress.Exposure == ingress.NEG {
		ctx.Export("negs", pulumi.Map{"name": entry.Group, "zones": pulumi.ToStringArray(config.Cluster.GKE.Zones)})
	} else {
		ctx.Export("gateway", entry.Address)
	}
	ctx.Export("communities", communitiesOutput(config))
	ctx.Export("apps", appsOutput(config))
}

// newCluster makes or finds the stack's cluster; shared is nil in the layer edge.
func newCluster(ctx *pulumi.Context, config Config, shared *reference) (*clusters.Cluster, error) {
	args := clusters.Args{
		Name:       config.Cluster.Name,
		Platform:   config.Cluster.Platform,
		Kubeconfig: config.Cluster.Kubeconfig,
		Context:    config.Cluster.Context,
		Nodes:      nodesOf(config),
	}
	if args.Platform != clusters.OnGKE {
		return clusters.New(ctx, args)
	}
	args.GKE = gkeOf(config, shared)
	provider, err := onGCP(ctx, config)
	if err != nil {
		return nil, err
	}
	return clusters.New(ctx, args, provider)
}

// alsoAfter adds what every variant has to wait for.
func alsoAfter(before map[string][]pulumi.Resource, ready []pulumi.Resource) map[string][]pulumi.Resource {
	if len(ready) == 0 {
		return before
	}
	all := make(map[string][]pulumi.Resource, len(before))
	for variant, resources := range before {
		all[variant] = slices.Concat(resources, ready)
	}
	return all
}

func ingressArgs(config Config) ingress.Args {
	return ingress.Args{
		Image:          imageIn(config.Cluster.Registry, config.Ingress.Image),
		Replicas:       *config.Ingress.Replicas,
		Exposure:       ingress.Exposure{Kind: config.Ingress.Exposure, Address: config.Ingress.Address, Group: groupOf(config)},
		Placement:      nodesOf(config).Placement(""),
		TrustedProxies: config.Ingress.TrustedProxies,
	}
}

// groupOf names the network endpoint group of a cluster's ingress; names of groups are one set in a
// project, whatever the cluster.
func groupOf(config Config) string {
	if config.Ingress.Exposure != ingress.NEG {
		return ""
	}
	return config.Cluster.Name + "-ingress"
}
