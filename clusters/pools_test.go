package clusters_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"

	"live-omega/clusters"
	"live-omega/components/placement"
	"live-omega/tests/recording"
)

const (
	poolA = poolType + "::pool-a"
	poolB = poolType + "::pool-b"
)

func TestANodePoolIsSafeByEveryProperty(t *testing.T) {
	recorded := recordGKE(t, asItIs)
	assert.Equal(t, []string{poolA, poolB}, recorded.Keys(poolType))
	for key, image := range map[string]string{poolA: "COS_CONTAINERD", poolB: "UBUNTU_CONTAINERD"} {
		found := recorded.Resources[key]
		assertProperties(t, found.Inputs, map[string]any{
			"project": "my-cloud", "location": "europe-west3-a", "cluster": "live", "version": version,
			"nodeLocations":                                               []any{"europe-west3-a"},
			"management.autoUpgrade":                                      true,
			"management.autoRepair":                                       true,
			"networkConfig.enablePrivateNodes":                            true,
			"nodeConfig.imageType":                                        image,
			"nodeConfig.machineType":                                      "e2-standard-2",
			"nodeConfig.spot":                                             true,
			"nodeConfig.diskSizeGb":                                       50.0,
			"nodeConfig.diskType":                                         "pd-balanced",
			"nodeConfig.serviceAccount":                                   account,
			"nodeConfig.oauthScopes":                                      []any{"https://www.googleapis.com/auth/cloud-platform"},
			"nodeConfig.labels":                                           map[string]any{"live-omega.dev/node-pool": strings.TrimPrefix(key, poolType+"::pool-")},
			"nodeConfig.workloadMetadataConfig.mode":                      "GKE_METADATA",
			"nodeConfig.shieldedInstanceConfig.enableSecureBoot":          true,
			"nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring": true,
		})
		assert.Equal(t, []string{"initialNodeCount"}, found.Ignored, "a pool that was resized by hand is not replaced")
		assert.False(t, found.Protected, "a pool can be moved away from and deleted")
	}
}

// closed is the taint of a pool that takes only the pods that ask for it.
func closed(pool string) map[string]any {
	return map[string]any{"key": "live-omega.dev/node-pool", "value": pool, "effect": "NO_SCHEDULE"}
}

func TestConfigDecidesWhatAPoolIsAndWhenItIsChanged(t *testing.T) {
	type properties = map[string]any
	autoscaled := properties{"autoscaling": properties{"minNodeCount": 2.0, "maxNodeCount": 5.0}, "initialNodeCount": 2.0, "nodeCount": nil}
	empty := properties{"autoscaling": nil, "initialNodeCount": nil, "nodeCount": 0.0}
	before, after := true, false
	tests := []struct {
		name      string
		edit      func(*clusters.Nodes)
		first     map[string]bool
		sizes     map[string]properties
		untainted []string
	}{
		{"one is active, the other has no nodes", func(*clusters.Nodes) {},
			map[string]bool{poolA: before, poolB: after}, map[string]properties{poolA: autoscaled, poolB: empty}, []string{poolA}},
		{"they change places", func(n *clusters.Nodes) { n.Active = "b" },
			map[string]bool{poolA: after, poolB: before}, map[string]properties{poolA: empty, poolB: autoscaled}, []string{poolB}},
		{"the other one waits with nodes", func(n *clusters.Nodes) { n.Zero = false },
			map[string]bool{poolA: before, poolB: after}, map[string]properties{poolA: autoscaled, poolB: autoscaled}, []string{poolA}},
		{"one app asks for the other one", func(n *clusters.Nodes) { n.Asked = []string{"b"} },
			map[string]bool{poolA: before, poolB: before}, map[string]properties{poolA: autoscaled, poolB: autoscaled}, []string{poolA}},
		{"both are active", func(n *clusters.Nodes) { n.Active = clusters.Both },
			map[string]bool{poolA: before, poolB: before}, map[string]properties{poolA: autoscaled, poolB: autoscaled}, []string{poolA, poolB}},
		{"there is one", func(n *clusters.Nodes) { delete(n.Pools, "b") },
			map[string]bool{poolA: before}, map[string]properties{poolA: autoscaled}, []string{poolA}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recorded := recordGKE(t, func(args *clusters.Args) { test.edit(args.Nodes) })
			assert.Len(t, recorded.Keys(poolType), len(test.first))
			var untainted []string
			for key, comesBefore := range test.first {
				found := recorded.Resources[key]
				assertOrder(t, recorded, key, comesBefore)
				assertProperties(t, found.Inputs, test.sizes[key])
				switch taints := at(found.Inputs, "nodeConfig.taints"); taints {
				case nil:
					untainted = append(untainted, key)
				default:
					assert.Equal(t, []any{closed(strings.TrimPrefix(key, poolType+"::pool-"))}, taints)
				}
			}
			assert.ElementsMatch(t, test.untainted, untainted)
		})
	}
}

// assertOrder checks that a pool in use comes before the apps, and every other one after them.
func assertOrder(t *testing.T, recorded recording.Recording, pool string, before bool) {
	t.Helper()
	if before {
		assert.Contains(t, recorded.Resources[appKey].After, pool, "pods wait for the pool")
		assert.NotContains(t, recorded.Resources[pool].After, appKey)
	} else {
		assert.Contains(t, recorded.Resources[pool].After, appKey, "the pool waits until the pods have left it")
		assert.NotContains(t, recorded.Resources[appKey].After, pool)
	}
	assert.Contains(t, recorded.Resources[pool].After, clusterKey)
}

func TestAPoolIsBornWithANodeAlthoughItMayHaveNoneLater(t *testing.T) {
	recorded := recordGKE(t, func(args *clusters.Args) { args.Nodes.Pools["a"].GKE.Min = 0 })
	assertProperties(t, recorded.Resources[poolA].Inputs, map[string]any{"initialNodeCount": 1.0, "autoscaling.minNodeCount": 0.0})
}

func TestTaintsOfConfigStandBeforeTheOneOfStandby(t *testing.T) {
	recorded := recordGKE(t, func(args *clusters.Args) {
		for name, made := range args.Nodes.Pools {
			made.Taints = []placement.Taint{{Key: "arch", Value: "arm", Effect: "NoExecute"}, {Key: "slow", Effect: "PreferNoSchedule"}}
			args.Nodes.Pools[name] = made
		}
	})
	own := []any{
		map[string]any{"key": "arch", "value": "arm", "effect": "NO_EXECUTE"},
		map[string]any{"key": "slow", "value": "", "effect": "PREFER_NO_SCHEDULE"},
	}
	assert.Equal(t, own, at(recorded.Resources[poolA].Inputs, "nodeConfig.taints"))
	assert.Equal(t, append(own, closed("b")), at(recorded.Resources[poolB].Inputs, "nodeConfig.taints"))
}

func TestNodesAreReplacedAsConfigSays(t *testing.T) {
	recorded := recordGKE(t, func(args *clusters.Args) {
		args.Nodes.Pools["a"].GKE.Upgrade = clusters.Upgrade{MaxSurge: 2, MaxUnavailable: 1}
		args.Nodes.Pools["b"].GKE.Upgrade = clusters.Upgrade{BlueGreen: true, BatchNodes: 3, SoakMinutes: 90}
	})
	assert.Equal(t, map[string]any{"strategy": "SURGE", "maxSurge": 2.0, "maxUnavailable": 1.0}, recorded.Resources[poolA].Inputs["upgradeSettings"])
	assert.Equal(t, map[string]any{"strategy": "BLUE_GREEN", "blueGreenSettings": map[string]any{
		"standardRolloutPolicy": map[string]any{"batchNodeCount": 3.0, "batchSoakDuration": "5400s"}, "nodePoolSoakDuration": "5400s",
	}}, recorded.Resources[poolB].Inputs["upgradeSettings"])
}

func TestThePoolsOfARegionalClusterAreInItsZones(t *testing.T) {
	zones := []string{"europe-west3-a", "europe-west3-c"}
	recorded := recordGKE(t, func(args *clusters.Args) { args.GKE.Location, args.GKE.Zones = "europe-west3", zones })
	assertProperties(t, recorded.Resources[poolA].Inputs, map[string]any{
		"location": "europe-west3", "nodeLocations": []any{"europe-west3-a", "europe-west3-c"},
	})
}

func TestOnlyWhatReplacesAPoolChangesItsName(t *testing.T) {
	name := func(edit func(*clusters.Args)) string {
		named, _ := recordGKE(t, edit).Resources[poolA].Inputs["name"].(string)
		assert.Regexp(t, `^a-[0-9a-f]{10}$`, named)
		return named
	}
	onPool := func(edit func(*clusters.GKEPool)) func(*clusters.Args) {
		return func(args *clusters.Args) { edit(args.Nodes.Pools["a"].GKE) }
	}
	tests := []struct {
		name     string
		edit     func(*clusters.Args)
		replaces bool
	}{
		{"spot", onPool(func(p *clusters.GKEPool) { p.Spot = false }), true},
		{"the nodes' account", func(a *clusters.Args) {
			a.GKE.Network.NodeAccount = pulumi.String("other@my-cloud.iam.gserviceaccount.com")
		}, true},

		{"image", onPool(func(p *clusters.GKEPool) { p.Image = "ubuntu" }), false},
		{"version", onPool(func(p *clusters.GKEPool) { p.Version = "1.32.9-gke.1000000" }), false},
		{"machine type", onPool(func(p *clusters.GKEPool) { p.MachineType = "n2-standard-4" }), false},
		{"least nodes", onPool(func(p *clusters.GKEPool) { p.Min = 0 }), false},
		{"most nodes", onPool(func(p *clusters.GKEPool) { p.Max = 9 }), false},
		{"size of the disk", onPool(func(p *clusters.GKEPool) { p.DiskGB = 100 }), false},
		{"upgrade", onPool(func(p *clusters.GKEPool) {
			p.Upgrade = clusters.Upgrade{BlueGreen: true, BatchNodes: 1, SoakMinutes: 1}
		}), false},
		{"active", func(a *clusters.Args) { a.Nodes.Active = "b" }, false},
		{"standby", func(a *clusters.Args) { a.Nodes.Zero = false }, false},
		{"taints", func(a *clusters.Args) {
			tainted := a.Nodes.Pools["a"]
			tainted.Taints = []placement.Taint{{Key: "key", Value: "value", Effect: "NoSchedule"}}
			a.Nodes.Pools["a"] = tainted
		}, false},
		{"zones", func(a *clusters.Args) { a.GKE.Zones = []string{"europe-west3-a", "europe-west3-b"} }, false},
		{"version of the control plane", func(a *clusters.Args) { a.GKE.Version = "1.34.1-gke.1000000" }, false},
	}
	usual := name(asItIs)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.replaces, name(test.edit) != usual)
		})
	}
}
