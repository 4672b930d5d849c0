package clusters

import (
	"fmt"
	"time"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// settings are the upgrade as the API has it.
func (u Upgrade) settings() *container.NodePoolUpgradeSettingsArgs {
	if !u.BlueGreen {
		return &container.NodePoolUpgradeSettingsArgs{
			Strategy: pulumi.String("SURGE"), MaxSurge: pulumi.Int(u.MaxSurge), MaxUnavailable: pulumi.Int(u.MaxUnavailable),
		}
	}
	soak := pulumi.String(fmt.Sprintf("%ds", u.SoakMinutes*60))
	return &container.NodePoolUpgradeSettingsArgs{
		Strategy: pulumi.String("BLUE_GREEN"),
		BlueGreenSettings: &container.NodePoolUpgradeSettingsBlueGreenSettingsArgs{
			StandardRolloutPolicy: &container.NodePoolUpgradeSettingsBlueGreenSettingsStandardRolloutPolicyArgs{
				BatchNodeCount: pulumi.Int(u.BatchNodes), BatchSoakDuration: soak,
			},
			NodePoolSoakDuration: soak,
		},
	}
}

const (
	// drainTime is how long GKE waits at most for the pods of a node to leave
	// (cloud.google.com/kubernetes-engine/docs/concepts/node-pool-upgrade-strategies).
	drainTime = time.Hour
	// changeTime is for the rest of an update; it is what the provider allows for a whole one.
	changeTime = 30 * time.Minute
	// MaxAtOnce is how many nodes of a pool GKE replaces at a time at most, surging and unavailable ones
	// together (SDK, container.NodePool, upgradeSettings).
	MaxAtOnce = 20
)

// updateTime is how long an update of the pool may take when all of its nodes are replaced. An update that is
// given up on goes on all the same, and Pulumi would not know how it ended.
func (p GKEPool) updateTime(zones int) time.Duration {
	nodes, soak := max(p.Max, 1)*max(zones, 1), time.Duration(0)
	together := min(p.Upgrade.MaxSurge+p.Upgrade.MaxUnavailable, MaxAtOnce)
	if p.Upgrade.BlueGreen {
		together, soak = p.Upgrade.BatchNodes, time.Duration(p.Upgrade.SoakMinutes)*time.Minute
	}
	together = max(together, 1)
	batches := time.Duration((nodes + together - 1) / together)
	return changeTime + batches*(drainTime+soak) + soak
}
