//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"live-omega/components/placement"
	"live-omega/local/layout"
	"live-omega/tests/e2e/rig"
)

func pools() []Case {
	return []Case{{
		Name: "operating systems",
		Description: "with two nodes in live and in omega everything moves from pool a to pool b and back by one edit each, under 200 requests/s that " +
			"both clusters answer: none is lost, and afterwards no pod of an app or of the gateway is on a node of the other pool; " +
			"a variant that asks for pool b runs there whatever pool is active",
		Prove: proveOperatingSystems,
	}}
}

// nodesPath leads to the node pools in the config of a cluster's stack.
var nodesPath = []string{"config", "live-omega:nodes"}

// twoPools is the edit that makes a pool of each of a cluster's nodes.
func twoPools(cluster layout.Cluster) rig.Set {
	return rig.Set{Path: nodesPath, Value: fmt.Sprintf("{active: a, pools: {a: {nodes: [%s]}, b: {nodes: [%s]}}}", cluster.First().Name, cluster.Second().Name)}
}

// active is the edit that moves everything to a pool.
func active(pool string) rig.Set {
	return rig.Set{Path: append(append([]string{}, nodesPath...), "active"), Value: pool}
}

func proveOperatingSystems(t *testing.T, c *rig.Cloud) {
	both := []layout.Cluster{}
	for _, name := range []string{"live", "omega"} {
		cluster, err := layout.ClusterNamed(name)
		require.NoError(t, err)
		both = append(both, cluster)
		// The last to be undone. Nodes boot before the load begins, which is about the cloud.
		t.Cleanup(func() { c.Run(t, "local", "node", "remove", name) })
		t.Logf("a second node: %.1f s", c.Run(t, "local", "node", "add", name).Seconds())
		c.Restore(t, name)
	}
	c.Restore(t, "edge")
	c.Edit(t, "edge", weights([]string{"config", "live-omega:traffic", "default"}, map[string]string{"live": "50", "omega": "50"})...)
	c.Up(t, "edge")
	for _, cluster := range both {
		sets := []rig.Set{twoPools(cluster)}
		if cluster.Name == "live" {
			sets = append(sets, rig.Set{Path: at("variants", "b", "pool"), Value: "b"})
		}
		c.Set(t, cluster.Name, sets...)
		c.Up(t, cluster.Name)
	}
	// What live's variant b asks for; all else is on the pool that is active.
	asked := map[string]string{"live/" + app + "-b": "b"}
	for _, cluster := range both {
		assertPlaced(t, c, cluster, "a", asked)
	}

	sent := sendAt(t, c, "edge", switching)
	until(t, sent.began.Add(soon))
	for _, pool := range []string{"b", "a"} {
		began := time.Now()
		for _, cluster := range both {
			c.Set(t, cluster.Name, active(pool))
			for _, changed := range c.Up(t, cluster.Name).Changed {
				assert.Regexp(t, `^update .*:(Deployment|NodePatch)::`, changed, "what the edit touched")
			}
		}
		for _, cluster := range both {
			assertPlaced(t, c, cluster, pool, asked)
		}
		t.Logf("everything was on pool %s after %.1f s", pool, time.Since(began).Seconds())
		window := sent.Window(began, time.Now())
		for _, cluster := range both {
			// A check of the edge may fail on a machine this busy; then the other cluster answers for half a second.
			assert.InDelta(t, 50, window.ClusterShare(cluster.Name), 10, "share of %s while everything moved to %s", cluster.Name, pool)
		}
	}
	until(t, time.Now().Add(soon))
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
}

// assertPlaced waits until nothing moves any more, and asserts that every pod of the gateway and of the
// apps is on a node of the pool, or of the one that its namespace asks for, and that the other pool's
// nodes are closed to pods that ask for none.
func assertPlaced(t *testing.T, c *rig.Cloud, cluster layout.Cluster, pool string, asked map[string]string) {
	t.Helper()
	kube := c.Kube(t, cluster.Name)
	nodes := map[string]string{cluster.First().Name: "a", cluster.Second().Name: "b"}
	for namespace, deployment := range placed(t, c, kube) {
		want := pool
		if named, ok := asked[cluster.Name+"/"+namespace]; ok {
			want = named
		}
		kube.WaitSettled(t, namespace, deployment, leaving)
		pods := podsOf(t, kube, namespace)
		assert.NotEmpty(t, pods, "%s of %s", namespace, cluster.Name)
		for _, pod := range pods {
			on, _, _ := unstructured.NestedString(pod.Object, "spec", "nodeName")
			assert.Equal(t, want, nodes[on], "pool of pod %s/%s of %s, which is on node %s", namespace, pod.GetName(), cluster.Name, on)
		}
	}
	for name, of := range nodes {
		node, err := kube.Resource(rig.Nodes).Get(t.Context(), name, metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, of, node.GetLabels()[placement.PoolLabel])
		effect := "NoSchedule"
		if of == pool {
			effect = "PreferNoSchedule"
		}
		taints, _, err := unstructured.NestedSlice(node.Object, "spec", "taints")
		require.NoError(t, err)
		assert.Equal(t, []any{map[string]any{"key": placement.PoolLabel, "value": of, "effect": effect}}, taints, "taints of node %s", name)
	}
}

// placed are the Deployments, by namespace, that are on pools: the gateway and the variants of the apps.
func placed(t *testing.T, c *rig.Cloud, kube rig.Kube) map[string]string {
	t.Helper()
	text, err := os.ReadFile(c.Config(kube.Cluster))
	require.NoError(t, err)
	apps := []string{"config", "live-omega:apps"}
	names, err := rig.Keys(text, apps...)
	require.NoError(t, err)
	found := map[string]string{"ingress": kube.GatewayDeployment(t)}
	for _, name := range names {
		variants, err := rig.Keys(text, append(append([]string{}, apps...), name, "variants")...)
		require.NoError(t, err)
		for _, variant := range variants {
			found[name+"-"+variant] = name
		}
	}
	return found
}
