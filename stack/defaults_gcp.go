package stack

import (
	"live-omega/clusters"
	"live-omega/components/foundation"
	"live-omega/components/ingress"
)

// upgradeSurge and upgradeBlueGreen are the ways in which the nodes of a pool are replaced.
const (
	upgradeSurge     = "surge"
	upgradeBlueGreen = "blueGreen"
)

// setGCPDefaults fills in what was not written of a stack on Google Cloud.
func setGCPDefaults(config *Config) {
	if config.GCP != nil {
		setValue(&config.GCP.Protect, true)
	}
	if foundation := config.Foundation; foundation != nil {
		if foundation.Backups == nil {
			foundation.Backups = &Backups{}
		}
		if config.GCP != nil {
			setText(&foundation.Backups.Location, config.GCP.Region)
		}
		setValue(&foundation.Backups.RetentionDays, 7)
	}
	if balancer := config.LoadBalancer; balancer != nil {
		setValue(&balancer.LogPercent, 0)
		if balancer.RateLimit != nil {
			setValue(&balancer.RateLimit.Seconds, 60)
		}
	}
	if config.platform() == clusters.OnGKE && config.Layer == LayerCluster && config.Cluster != nil {
		setGKEDefaults(config)
	}
	if config.Nodes != nil {
		setNodesDefaults(config)
	}
}

// setGKEDefaults completes a cluster to make. What depends on config that is missing stays empty.
func setGKEDefaults(config *Config) {
	if cluster := config.Cluster; cluster.GKE != nil {
		gke := cluster.GKE
		setText(&gke.Channel, "regular")
		setValue(&gke.WorkloadLogs, false)
		if gke.Maintenance == nil {
			gke.Maintenance = &Maintenance{}
		}
		setText(&gke.Maintenance.Window, "03:00")
		if len(gke.Zones) == 0 && isZone(gke.Location) {
			gke.Zones = []string{gke.Location}
		}
	}
	if config.GCP != nil && projectID.MatchString(config.GCP.Project) {
		setText(&config.Cluster.Registry, registryOf(*config.GCP))
	}
	if in := config.Ingress; in != nil {
		setText(&in.Exposure, ingress.NEG)
		if in.Exposure == ingress.NEG && in.TrustedProxies == nil {
			in.TrustedProxies = foundation.Balancers
		}
	}
}

func setNodesDefaults(config *Config) {
	nodes, gke := config.Nodes, config.platform() == clusters.OnGKE
	setText(&nodes.Active, clusters.PoolNames[0])
	if gke {
		setText(&nodes.Standby, standbyZero)
	} else {
		setText(&nodes.Standby, standbyTainted)
	}
	if !gke {
		return
	}
	for name, pool := range nodes.Pools {
		if pool.Version == "" && config.Cluster != nil && config.Cluster.GKE != nil {
			pool.Version = config.Cluster.GKE.Version
		}
		setValue(&pool.Spot, false)
		setValue(&pool.Min, 1)
		setValue(&pool.Max, 3)
		setValue(&pool.DiskGB, 50)
		if pool.Upgrade == nil {
			pool.Upgrade = &PoolUpgrade{}
		}
		setText(&pool.Upgrade.Strategy, upgradeSurge)
		setUpgradeDefaults(pool.Upgrade)
		nodes.Pools[name] = pool
	}
}

// setUpgradeDefaults sets numbers only under the strategy that has them; elsewhere they are mistakes when
// they are written.
func setUpgradeDefaults(upgrade *PoolUpgrade) {
	switch upgrade.Strategy {
	case upgradeSurge:
		setValue(&upgrade.MaxSurge, 1)
		setValue(&upgrade.MaxUnavailable, 0)
	case upgradeBlueGreen:
		setValue(&upgrade.BatchNodes, 1)
		setValue(&upgrade.SoakMinutes, 10)
	}
}
