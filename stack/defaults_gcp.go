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
		setBool(&config.GCP.Protect, true)
	}
	if foundation := config.Foundation; foundation != nil {
		if foundation.Backups == nil {
			foundation.Backups = &Backups{}
		}
		if foundation.Backups.Location == "" && config.GCP != nil {
			foundation.Backups.Location = config.GCP.Region
		}
		setNumber(&foundation.Backups.RetentionDays, 7)
	}
	if balancer := config.LoadBalancer; balancer != nil {
		setNumber(&balancer.LogPercent, 0)
		if balancer.RateLimit != nil {
			setNumber(&balancer.RateLimit.Seconds, 60)
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
		setBool(&gke.WorkloadLogs, false)
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
		if in.Exposure == "" {
			in.Exposure = ingress.NEG
		}
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
		setBool(&pool.Spot, false)
		setNumber(&pool.Min, 1)
		setNumber(&pool.Max, 3)
		setNumber(&pool.DiskGB, 50)
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
		setNumber(&upgrade.MaxSurge, 1)
		setNumber(&upgrade.MaxUnavailable, 0)
	case upgradeBlueGreen:
		setNumber(&upgrade.BatchNodes, 1)
		setNumber(&upgrade.SoakMinutes, 10)
	}
}

func setText(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

func setNumber(field **int, value int) {
	if *field == nil {
		*field = &value
	}
}

func setBool(field **bool, value bool) {
	if *field == nil {
		*field = &value
	}
}
