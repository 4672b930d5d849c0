package blastradius

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

const (
	urlMap      = "gcp:compute/uRLMap:URLMap::edge"
	gkeCluster  = "gcp:container/cluster:Cluster::cluster"
	nodePool    = "gcp:container/nodePool:NodePool::pool-"
	certificate = "gcp:certificatemanager/"
)

func TestEditsOnGKEReachOnlyWhatTheyAreAbout(t *testing.T) {
	const newer = "1.33.9-gke.1000000"
	tests := []struct {
		name string
		edit func(cloud recording.Cloud)
		want []string
	}{
		{
			name: "moving all traffic changes the URL map",
			edit: func(cloud recording.Cloud) {
				at(cloud, "gke-edge", "traffic")["default"] = object{"live": 0, "omega": 100}
			},
			want: []string{"gke-edge " + urlMap},
		},
		{
			name: "an app that differs, sticky, changes the URL map",
			edit: func(cloud recording.Cloud) {
				at(cloud, "gke-edge", "traffic", "apps")["hello"] = object{"live": 50, "omega": 50, "sticky": true, "pin": true}
			},
			want: []string{"gke-edge " + urlMap},
		},
		{
			name: "a Kubernetes version changes the control plane and the pools that follow it",
			edit: func(cloud recording.Cloud) { at(cloud, "gke-omega", "cluster", "gke")["version"] = newer },
			want: []string{"gke-omega " + gkeCluster, "gke-omega " + nodePool + "a", "gke-omega " + nodePool + "b"},
		},
		{
			name: "a version of a pool's own changes the pool",
			edit: func(cloud recording.Cloud) {
				at(cloud, "gke-omega", "cluster", "gke")["version"] = newer
				for _, pool := range []string{"a", "b"} {
					at(cloud, "gke-omega", "nodes", "pools", pool)["version"] = "1.33.5-gke.1080000"
				}
			},
			want: []string{"gke-omega " + gkeCluster},
		},
		{
			name: "another image changes its pool",
			edit: func(cloud recording.Cloud) { at(cloud, "gke-live", "nodes", "pools", "b")["image"] = "cos" },
			want: []string{"gke-live " + nodePool + "b"},
		},
		{
			name: "bounds, machines and upgrades change their pool",
			edit: func(cloud recording.Cloud) {
				pool := at(cloud, "gke-live", "nodes", "pools", "a")
				pool["min"], pool["max"], pool["machineType"], pool["diskGB"] = 2, 5, "e2-standard-8", 60
				pool["upgrade"] = object{"strategy": "blueGreen"}
			},
			want: []string{"gke-live " + nodePool + "a"},
		},
		{
			name: "another operating system for all changes the pools and rolls every pod",
			edit: func(cloud recording.Cloud) { at(cloud, "gke-live", "nodes")["active"] = "b" },
			want: []string{
				"gke-live " + nodePool + "a", "gke-live " + nodePool + "b",
				"gke-live " + deployment + "guestbook-a", "gke-live " + deployment + "guestbook-b",
				"gke-live " + deployment + "hello-a", "gke-live " + deployment + "ingress",
			},
		},
		{
			name: "a rate limit changes the policy",
			edit: func(cloud recording.Cloud) { at(cloud, "gke-edge", "loadBalancer", "rateLimit")["requests"] = 50 },
			want: []string{"gke-edge gcp:compute/securityPolicy:SecurityPolicy::edge"},
		},
		{
			name: "a cluster that goes away is let go by its backend service",
			edit: func(cloud recording.Cloud) {
				cloud["gke-edge"]["traffic"] = object{"default": object{"live": 100, "omega": 0}}
				at(cloud, "gke-edge", "loadBalancer")["without"] = "omega"
			},
			want: []string{"gke-edge gcp:compute/backendService:BackendService::edge-omega", "gke-edge " + urlMap},
		},
		{
			name: "another primary changes nothing on Google Cloud",
			edit: func(cloud recording.Cloud) { cloud["gke-shared"]["primary"] = "omega" },
		},
	}
	recording.Checkout(t)
	before := recording.SampleOnGKE(t).Record(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cloud := recording.SampleOnGKE(t)
			test.edit(cloud)
			assert.Equal(t, test.want, changedStacks(before, cloud.Record(t)))
		})
	}
}

func TestAFurtherCertificateLeavesTheOthersWhereTheyAre(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.SampleOnGKE(t)
	before := cloud.Record(t)
	balancer := at(cloud, "gke-edge", "loadBalancer")
	balancer["certificates"] = append(slices.Clone(balancer["certificates"].([]any)), "makers.example.net")
	after := cloud.Record(t)
	changed := changedStacks(before, after)
	require.NotEmpty(t, changed)
	for _, key := range changed {
		assert.Contains(t, key, "makers.example.net")
		assert.Contains(t, key, certificate)
	}
}

// TestAPoolInUseKeepsItsNameInEverydayEdits: the name of a pool changes with what Google Cloud can only
// change by making the pool anew.
func TestAPoolInUseKeepsItsNameInEverydayEdits(t *testing.T) {
	recording.Checkout(t)
	name := func(edit func(pool object)) any {
		cloud := recording.SampleOnGKE(t)
		edit(at(cloud, "gke-live", "nodes", "pools", "a"))
		return cloud.Record(t)["gke-live"].Resources[nodePool+"a"].Inputs["name"]
	}
	before := name(func(object) {})
	assert.Equal(t, before, name(func(pool object) {
		pool["image"], pool["min"], pool["max"], pool["machineType"] = "ubuntu", 0, 9, "n2-standard-2"
	}))
	assert.NotEqual(t, before, name(func(pool object) { pool["spot"] = !pool["spot"].(bool) }))
}

// changedStacks are the resources that differ, each behind its stack, sorted.
func changedStacks(before, after map[string]recording.Recording) []string {
	var changed []string
	for stack := range before {
		for _, key := range recording.Changed(before[stack], after[stack]) {
			changed = append(changed, stack+" "+key)
		}
	}
	slices.Sort(changed)
	return changed
}
