package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/foundation"
	"live-omega/components/ingress"
)

// deployFoundation makes what both clusters share on Google Cloud, and exports what the stacks of the
// clusters and of the edge read of it.
func deployFoundation(ctx *pulumi.Context, config Config) error {
	provider, err := onGCP(ctx, config)
	if err != nil {
		return err
	}
	made, err := foundation.New(ctx, "foundation", foundationArgs(config), provider)
	if err != nil {
		return err
	}
	ctx.Export("network", networkOutput(made))
	ctx.Export("registry", made.Registry)
	ctx.Export("zone", made.Zone)
	ctx.Export("nameServers", made.NameServers)
	ctx.Export("backups", made.Backups)
	return nil
}

func foundationArgs(config Config) foundation.Args {
	networks := map[string]foundation.Network{}
	for cluster, network := range config.Foundation.Networks {
		networks[cluster] = foundation.Network(network)
	}
	return foundation.Args{
		Project:  config.GCP.Project,
		Region:   config.GCP.Region,
		Domain:   config.Domain,
		Networks: networks,
		// Health checks go where requests go.
		Ports:   []int{ingress.Port},
		Backups: foundation.Backups{Location: config.Foundation.Backups.Location, RetentionDays: *config.Foundation.Backups.RetentionDays},
		Protect: *config.GCP.Protect,
	}
}

// networkOutput is what a cluster is made in, by cluster; gkeOf reads it.
func networkOutput(made *foundation.Foundation) pulumi.Map {
	output := pulumi.Map{}
	for name, cluster := range made.Clusters {
		output[name] = pulumi.Map{
			"network":       cluster.Network,
			"subnetwork":    cluster.Subnetwork,
			"podsRange":     pulumi.String(cluster.PodsRange),
			"servicesRange": pulumi.String(cluster.ServicesRange),
			"controlPlane":  pulumi.String(cluster.ControlPlane),
			"nodeAccount":   cluster.NodeAccount,
		}
	}
	return output
}
