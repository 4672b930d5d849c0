package clusters

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newGKE makes a cluster on Google Kubernetes Engine with its pools in use, and a provider that reaches it.
func newGKE(ctx *pulumi.Context, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if args.GKE == nil || args.Nodes == nil {
		return nil, errors.New("the platform gke needs GKE and Nodes")
	}
	gke := *args.GKE
	made, err := container.NewCluster(ctx, "cluster", gke.describe(args.Name), slices.Concat(opts, []pulumi.ResourceOption{
		pulumi.Protect(gke.Protect),
		// Both describe the pool that is there for the cluster's first minutes. The API tells of other nodes
		// later, and a difference in either would replace the cluster.
		pulumi.IgnoreChanges([]string{"initialNodeCount", "nodeConfig"}),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "1h", Update: "2h", Delete: "1h"}),
	})...)
	if err != nil {
		return nil, fmt.Errorf("creating the cluster: %w", err)
	}
	provider, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
		Kubeconfig: gkeKubeconfig(args.Name, made),
		// As with a kubeconfig in a file: the cluster is who it is by its name, whatever its address.
		ClusterIdentifier: pulumi.String(args.Name),
		EnablePatchForce:  pulumi.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("creating the provider: %w", err)
	}
	pools := &gkePools{ctx: ctx, gke: gke, nodes: *args.Nodes, cluster: made, opts: opts}
	ready, err := pools.create(args.Nodes.InUse)
	if err != nil {
		return nil, err
	}
	return &Cluster{Provider: provider, Ready: ready, standBy: func(after []pulumi.Resource) error {
		_, err := pools.create(func(pool string) bool { return !args.Nodes.InUse(pool) }, pulumi.DependsOn(after))
		return err
	}}, nil
}

// describe is the whole cluster but for its pools. What is the API's default is written all the same where
// safety rests on it.
func (g GKE) describe(name string) *container.ClusterArgs {
	args := &container.ClusterArgs{
		Name:     pulumi.String(name),
		Project:  pulumi.String(g.Project),
		Location: pulumi.String(g.Location),

		// The provider upgrades to it and never back: where Google has patched the control plane beyond it,
		// writing a version in between changes nothing.
		MinMasterVersion: pulumi.String(g.Version),
		ReleaseChannel:   &container.ClusterReleaseChannelArgs{Channel: pulumi.String(strings.ToUpper(g.Channel))},

		DeletionProtection: pulumi.Bool(g.Protect),
		// Every cluster begins with a pool. This one has pools of its own, so that one can be moved to another.
		RemoveDefaultNodePool: pulumi.Bool(true),
		InitialNodeCount:      pulumi.Int(1),
		NodeConfig:            g.firstNodes(),

		// Members of a community may create Services, and one with another's address would take its traffic.
		ServiceExternalIpsConfig: &container.ClusterServiceExternalIpsConfigArgs{Enabled: pulumi.Bool(false)},
		// The program brings the definitions of the Gateway API that its ingress knows.
		GatewayApiConfig: &container.ClusterGatewayApiConfigArgs{Channel: pulumi.String("CHANNEL_DISABLED")},
		AddonsConfig: &container.ClusterAddonsConfigArgs{
			// It makes the endpoint groups of the load balancer.
			HttpLoadBalancing:                &container.ClusterAddonsConfigHttpLoadBalancingArgs{Disabled: pulumi.Bool(false)},
			HorizontalPodAutoscaling:         &container.ClusterAddonsConfigHorizontalPodAutoscalingArgs{Disabled: pulumi.Bool(false)},
			GcePersistentDiskCsiDriverConfig: &container.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs{Enabled: pulumi.Bool(true)},
			// Pods may ask kube-dns for names, and nothing else; see package community.
			DnsCacheConfig: &container.ClusterAddonsConfigDnsCacheConfigArgs{Enabled: pulumi.Bool(false)},
		},
	}
	// The nodes of a zonal cluster are where it is, and the API wants to be told of further zones only.
	if zones := slices.DeleteFunc(slices.Clone(g.Zones), func(zone string) bool { return zone == g.Location }); len(zones) > 0 {
		args.NodeLocations = pulumi.ToStringArray(zones)
	}
	g.describeNetwork(args)
	g.describeAccess(args)
	g.describeUpkeep(args)
	return args
}

// firstNodes are those that a cluster is born with. They are up for minutes, but an organisation may refuse
// nodes that run as the project's default account, or without Secure Boot.
func (g GKE) firstNodes() *container.ClusterNodeConfigArgs {
	return &container.ClusterNodeConfigArgs{
		ServiceAccount: g.Network.NodeAccount.ToStringOutput(),
		OauthScopes:    pulumi.ToStringArray(nodeScopes),
		DiskType:       pulumi.String("pd-standard"),
		DiskSizeGb:     pulumi.Int(20),
		ShieldedInstanceConfig: &container.ClusterNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot: pulumi.Bool(true), EnableIntegrityMonitoring: pulumi.Bool(true),
		},
		WorkloadMetadataConfig: &container.ClusterNodeConfigWorkloadMetadataConfigArgs{Mode: pulumi.String("GKE_METADATA")},
	}
}
