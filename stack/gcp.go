package stack

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/clusters"
	"live-omega/components/foundation"
)

// platform is where the stack's part of the cloud is.
func (c Config) platform() clusters.Platform {
	switch {
	case c.Layer == LayerCluster && c.Cluster != nil:
		return c.Cluster.Platform
	case c.GCP != nil:
		return clusters.OnGKE
	}
	return clusters.Kubeconfig
}

// onGCP is the option by which resources are made in the project of the config. Credentials are those of
// whoever runs Pulumi; none is in config.
func onGCP(ctx *pulumi.Context, config Config) (pulumi.ResourceOption, error) {
	provider, err := gcp.NewProvider(ctx, "gcp", &gcp.ProviderArgs{
		Project: pulumi.String(config.GCP.Project),
		Region:  pulumi.String(config.GCP.Region),
	})
	if err != nil {
		return nil, fmt.Errorf("creating the provider of Google Cloud: %w", err)
	}
	return pulumi.Providers(provider), nil
}

// zone is the name of a zone: its region, and a letter.
var zone = regexp.MustCompile(`^([a-z]+-[a-z]+[0-9]+)-[a-z]$`)

func isZone(location string) bool { return zone.MatchString(location) }

// regionOf is the region of a zone; "" for anything else.
func regionOf(name string) string {
	if match := zone.FindStringSubmatch(name); match != nil {
		return match[1]
	}
	return ""
}

// registryOf is what images are pulled from where the stack shared makes the registry.
func registryOf(gcp GCP) string { return foundation.Registry(gcp.Project, gcp.Region) }

// gkePool is a node pool for package clusters.
func gkePool(pool Pool) *clusters.GKEPool {
	return &clusters.GKEPool{
		Image:       pool.Image,
		Version:     pool.Version,
		MachineType: pool.MachineType,
		Spot:        *pool.Spot,
		Min:         *pool.Min,
		Max:         *pool.Max,
		DiskGB:      *pool.DiskGB,
		Upgrade:     upgradeOf(*pool.Upgrade),
	}
}

func upgradeOf(upgrade PoolUpgrade) clusters.Upgrade {
	if upgrade.Strategy == upgradeBlueGreen {
		return clusters.Upgrade{BlueGreen: true, BatchNodes: *upgrade.BatchNodes, SoakMinutes: *upgrade.SoakMinutes}
	}
	return clusters.Upgrade{MaxSurge: *upgrade.MaxSurge, MaxUnavailable: *upgrade.MaxUnavailable}
}

// gkeOf is a cluster for package clusters, in the network that the stack shared made for it.
func gkeOf(config Config, shared *reference) *clusters.GKE {
	gke := config.Cluster.GKE
	network := func(key string) pulumi.StringOutput { return shared.textAt("network", config.Cluster.Name, key) }
	described := &clusters.GKE{
		Project:       config.GCP.Project,
		Location:      gke.Location,
		Zones:         gke.Zones,
		Version:       gke.Version,
		Channel:       gke.Channel,
		Window:        gke.Maintenance.Window,
		Access:        gke.Access,
		EncryptionKey: gke.EncryptionKey,
		WorkloadLogs:  *gke.WorkloadLogs,
		Protect:       *config.GCP.Protect,
		Network: clusters.GKENetwork{
			Network:       network("network"),
			Subnetwork:    network("subnetwork"),
			PodsRange:     network("podsRange"),
			ServicesRange: network("servicesRange"),
			ControlPlane:  network("controlPlane"),
			NodeAccount:   network("nodeAccount"),
		},
	}
	if hold := gke.Maintenance.Hold; hold != nil {
		described.Hold = &clusters.Hold{From: hold.From, Until: hold.Until}
	}
	return described
}
