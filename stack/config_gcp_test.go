package stack_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/clusters"
	"live-omega/components/foundation"
	"live-omega/components/ingress"
	"live-omega/stack"
	"live-omega/tests/recording"
)

func TestTheSampleOnGoogleCloudLoads(t *testing.T) {
	for name := range recording.SampleOnGKE(t) {
		loaded, err := stack.Load(raw(t, name, nil))
		require.NoError(t, err)
		assert.Equal(t, "my-cloud", loaded.GCP.Project, name)
	}
}

// leastGKE is the least that says what cluster to make.
var leastGKE = map[string]string{
	"cluster": "{name: live, platform: gke, " + goodGKE + "}",
	"nodes":   "{pools: {a: {image: cos, machineType: e2-standard-4}, b: {image: ubuntu, machineType: e2-standard-2, upgrade: {strategy: blueGreen}}}}",
	"ingress": `{image: "traefik@sha256:$D"}`,
}

func TestAClusterToMakeGetsDefaults(t *testing.T) {
	loaded, err := stack.Load(raw(t, "gke-live", leastGKE))
	require.NoError(t, err)
	yes, no, one, two, three, zero, ten, fifty := true, false, 1, 2, 3, 0, 10, 50
	assert.Equal(t, &stack.GCP{Project: "my-cloud", Region: "europe-west3", Protect: &yes}, loaded.GCP)
	assert.Equal(t, &stack.Cluster{
		Name: "live", Platform: clusters.OnGKE, Registry: "europe-west3-docker.pkg.dev/my-cloud/live-omega",
		GKE: &stack.GKE{
			Location: "europe-west3-a", Zones: []string{"europe-west3-a"}, Version: "1.33.5-gke.1080000", Channel: "regular",
			Maintenance: &stack.Maintenance{Window: "03:00"}, Access: []string{"0.0.0.0/0"}, WorkloadLogs: &no,
		},
	}, loaded.Cluster)
	assert.Equal(t, &stack.Nodes{Active: "a", Standby: "zero", Pools: map[string]stack.Pool{
		"a": {
			Image: "cos", Version: "1.33.5-gke.1080000", MachineType: "e2-standard-4", Spot: &no, Min: &one, Max: &three, DiskGB: &fifty,
			Upgrade: &stack.PoolUpgrade{Strategy: "surge", MaxSurge: &one, MaxUnavailable: &zero},
		},
		"b": {
			Image: "ubuntu", Version: "1.33.5-gke.1080000", MachineType: "e2-standard-2", Spot: &no, Min: &one, Max: &three, DiskGB: &fifty,
			Upgrade: &stack.PoolUpgrade{Strategy: "blueGreen", BatchNodes: &one, SoakMinutes: &ten},
		},
	}}, loaded.Nodes)
	assert.Equal(t, &stack.Ingress{Image: "traefik@sha256:" + digest, Replicas: &two, Exposure: ingress.NEG, TrustedProxies: foundation.Balancers}, loaded.Ingress)
}

func TestWhatBothClustersShareHasDefaults(t *testing.T) {
	loaded, err := stack.Load(raw(t, "gke-shared", edit("foundation", "{networks: {live: "+goodLive+", omega: "+goodOmega+"}}")))
	require.NoError(t, err)
	seven := 7
	assert.Equal(t, &stack.Backups{Location: "europe-west3", RetentionDays: &seven}, loaded.Foundation.Backups)

	loaded, err = stack.Load(raw(t, "gke-edge", balancer("{rateLimit: {requests: 100}}")))
	require.NoError(t, err)
	hundred, minute := 100, 60
	assert.Equal(t, &stack.LoadBalancer{RateLimit: &stack.RateLimit{Requests: &hundred, Seconds: &minute}, LogPercent: new(int)}, loaded.LoadBalancer)
}

func TestPoolsOfNodesThatExistHaveDefaults(t *testing.T) {
	loaded, err := stack.Load(raw(t, "live", edit("nodes", "{pools: {a: {nodes: [live]}}}")))
	require.NoError(t, err)
	assert.Equal(t, &stack.Nodes{Active: "a", Standby: "tainted", Pools: map[string]stack.Pool{"a": {Nodes: []string{"live"}}}}, loaded.Nodes)
}

func TestGoodConfigOnGoogleCloudIsAccepted(t *testing.T) {
	tests := []struct {
		name, stack string
		edits       map[string]string
	}{
		{"the least", "gke-live", leastGKE},
		{"a regional cluster", "gke-live", gke("{location: europe-west3, zones: [europe-west3-a, europe-west3-c], version: 1.33.5-gke.1080000, access: [203.0.113.7/32]}")},
		{"a key where the cluster is", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], encryptionKey: projects/my-cloud/locations/europe-west3/keyRings/gke/cryptoKeys/secrets}")},
		{"a hold as long as a version lives", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {hold: {from: "2026-11-01", until: "2027-12-31"}}}`)},
		{"an edge elsewhere", "gke-live", map[string]string{"ingress": `{image: "traefik@sha256:$D", exposure: loadBalancer}`, "domain": "live-omega.test"}},
		{"both pools active", "gke-live", edit("nodes", "{active: both, pools: {a: {image: cos, machineType: e2-standard-4}, b: {image: ubuntu, machineType: n2d-custom-4-8192, min: 0}}}")},
		{"kubelets two minor versions behind", "gke-live", poolA("{image: cos, machineType: e2-standard-4, version: 1.31.1-gke.1}")},
		{"taints on the pool that stands by", "gke-live", poolB("taints: ['dedicated=forum:NoSchedule', 'dedicated=forum:NoExecute', 'example.org/gpu:PreferNoSchedule']")},
		{"one of two active pools tainted", "gke-live", edit("nodes", "{active: both, pools: {a: {image: cos, machineType: e2-standard-4}, b: {image: cos, machineType: e2-standard-4, taints: ['x:NoSchedule']}}}")},
		{"a taint that only prefers", "gke-live", poolA("{image: cos, machineType: e2-standard-4, taints: ['x:PreferNoSchedule']}")},
		{"nodes that go before others come", "gke-live", upgrade("{maxSurge: 0, maxUnavailable: 20}")},
		{"a variant on the pool that stands by", "gke-live", helloOnGKE("pool: b")},
		{"a pool that stands by with its nodes", "gke-live", edit("nodes", "{standby: tainted, pools: {a: {image: cos, machineType: e2-standard-4}, b: {image: ubuntu, machineType: e2-standard-4}}}")},
		{"shared addresses", "gke-shared", omega("{nodes: 192.168.0.0/29, pods: 100.64.0.0/10, services: 172.16.0.0/16, controlPlane: 172.18.0.0/28}")},
		{"ranges that touch", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.10.32.32/27, controlPlane: 10.10.32.16/28}")},
		{"backups in a region", "gke-shared", backups("{location: europe-north1}")},
		{"no load balancer to configure", "gke-edge", edit("loadBalancer", "-")},
		{"all requests copied", "gke-edge", traffic("{live: 100, mirror: {to: omega, percent: 100}}")},
		{"nodes that exist in pools", "live", edit("nodes", "{active: b, standby: tainted, pools: {a: {nodes: [live]}, b: {nodes: [live-b, ip-10-0-0-1.ec2.internal]}}}")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := stack.Load(raw(t, test.stack, test.edits))
			assert.NoError(t, err)
		})
	}
}

// TestHalfWrittenConfigIsAnErrorAndNoPanic leaves out every key of every stack in turn, and empties it.
func TestHalfWrittenConfigIsAnErrorAndNoPanic(t *testing.T) {
	optional := map[string]bool{"apps": true, "communities": true, "loadBalancer": true, "stacks": true}
	for name, config := range recording.SampleOnGKE(t) {
		for key := range config {
			for _, yaml := range []string{"-", "", "{}", "[]", "text"} {
				_, err := stack.Load(raw(t, name, edit(key, yaml)))
				if !optional[key] && yaml != "text" {
					assert.Errorf(t, err, "%s: %s: %s", name, key, yaml)
				}
			}
		}
	}
}

// TestEveryNodeOfTheConfigHasARange looks across two files, as one alone cannot: the ranges of a cluster are in
// the config of the stack shared, its pools in its own. A node takes an address of the nodes' range, of which
// Google keeps four, and a /24 of the pods'.
func TestEveryNodeOfTheConfigHasARange(t *testing.T) {
	for place, cloud := range map[string]recording.Cloud{"sample": recording.SampleOnGKE(t), "committed": recording.CommittedOnGKE(t)} {
		load := func(name string) stack.Config {
			values := map[string]string{}
			for key, value := range cloud[name] {
				values[key] = recording.Encode(t, value)
			}
			loaded, err := stack.Load(stack.Raw{Stack: name, Values: values})
			require.NoError(t, err, place)
			return loaded
		}
		shared := load("gke-shared")
		for _, cluster := range stack.ClusterNames {
			config, network := load("gke-"+cluster), shared.Foundation.Networks[cluster]
			most := 0
			for _, pool := range config.Nodes.Pools {
				most += *pool.Max * len(config.Cluster.GKE.Zones)
				if surge := pool.Upgrade.MaxSurge; surge != nil {
					most += *surge
				} else {
					most += *pool.Max * len(config.Cluster.GKE.Zones) // Blue-green has all of them twice.
				}
			}
			require.Positive(t, most)
			assert.LessOrEqual(t, most, 1<<(32-netip.MustParsePrefix(network.Nodes).Bits())-4, "%s %s", place, cluster)
			assert.LessOrEqual(t, most, 1<<(24-netip.MustParsePrefix(network.Pods).Bits()), "%s %s", place, cluster)
		}
	}
}
