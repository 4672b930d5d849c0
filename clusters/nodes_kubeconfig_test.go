package clusters_test

import (
	"os"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/clusters"
	"live-omega/components/placement"
	"live-omega/tests/recording"
)

const nodeOf = "kubernetes:core/v1:NodePatch::"

// withNodes makes a cluster with these pools; "placed" stands for the pods, which wait for Ready and after
// which stand-by comes.
func withNodes(t *testing.T, nodes clusters.Nodes) recording.Recording {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("kubeconfig", []byte("contexts: [{name: live}]\n"), 0o600))
	recorded, err := recording.Program("test", nil, func(ctx *pulumi.Context) error {
		cluster, err := clusters.New(ctx, clusters.Args{
			Name: "live", Platform: clusters.Kubeconfig, Kubeconfig: "kubeconfig", Context: "live", Nodes: &nodes,
		})
		if err != nil {
			return err
		}
		placed, err := corev1.NewNamespace(ctx, "placed", nil, pulumi.Provider(cluster.Provider), pulumi.DependsOn(cluster.Ready))
		if err != nil {
			return err
		}
		return cluster.StandBy(placed)
	})
	require.NoError(t, err)
	return recorded
}

func twoPools(active string, asked ...string) clusters.Nodes {
	return clusters.Nodes{Active: active, Asked: asked, Pools: map[string]clusters.Pool{
		"a": {Nodes: []string{"live"}}, "b": {Nodes: []string{"live-b", "live-c"}},
	}}
}

func TestNodesAreLabelledAndTaintedByTheirPool(t *testing.T) {
	soft, closed := "PreferNoSchedule", "NoSchedule"
	for name, test := range map[string]struct {
		nodes clusters.Nodes
		want  map[string]string
	}{
		"a is active":               {twoPools("a"), map[string]string{"a": soft, "b": closed}},
		"b is active":               {twoPools("b"), map[string]string{"a": closed, "b": soft}},
		"both are":                  {twoPools("both"), map[string]string{"a": soft, "b": soft}},
		"a variant asks for b":      {twoPools("a", "b"), map[string]string{"a": soft, "b": closed}},
		"a variant asks for active": {twoPools("a", "a"), map[string]string{"a": soft, "b": closed}},
	} {
		t.Run(name, func(t *testing.T) {
			recorded := withNodes(t, test.nodes)
			assert.Len(t, recorded.Keys("kubernetes:core/v1:NodePatch"), 3)
			for node, pool := range map[string]string{"live": "a", "live-b": "b", "live-c": "b"} {
				assert.Equal(t, map[string]any{
					"apiVersion": "v1", "kind": "Node",
					"metadata": map[string]any{"name": node, "labels": map[string]any{placement.PoolLabel: pool}},
					"spec": map[string]any{"taints": []any{
						map[string]any{"key": placement.PoolLabel, "value": pool, "effect": test.want[pool]},
					}},
				}, recorded.Resources[nodeOf+node].Inputs)
			}
		})
	}
}

func TestPoolsInUseComeBeforePodsAndTheOthersAfter(t *testing.T) {
	const placed = "kubernetes:core/v1:Namespace::placed"
	a, b := []string{nodeOf + "live"}, []string{nodeOf + "live-b", nodeOf + "live-c"}
	all := append(append([]string{}, a...), b...)
	for name, test := range map[string]struct {
		nodes         clusters.Nodes
		before, after []string
	}{
		"a is active":          {twoPools("a"), a, b},
		"b is active":          {twoPools("b"), b, a},
		"both are":             {twoPools("both"), all, nil},
		"a variant asks for b": {twoPools("a", "b"), all, nil},
	} {
		t.Run(name, func(t *testing.T) {
			recorded := withNodes(t, test.nodes)
			assert.Equal(t, test.before, recorded.Resources[placed].After)
			for _, node := range test.before {
				assert.Empty(t, recorded.Resources[node].After)
			}
			for _, node := range test.after {
				assert.Equal(t, []string{placed}, recorded.Resources[node].After)
			}
		})
	}
}

func TestTaintsOfAPoolStayWithItsOwn(t *testing.T) {
	nodes := twoPools("a")
	nodes.Pools["b"] = clusters.Pool{Nodes: []string{"live-b"}, Taints: []placement.Taint{
		{Key: "gpu", Value: "yes", Effect: "NoExecute"}, {Key: "slow", Effect: "PreferNoSchedule"},
	}}
	assert.Equal(t, []any{
		map[string]any{"key": "gpu", "value": "yes", "effect": "NoExecute"},
		map[string]any{"key": "slow", "effect": "PreferNoSchedule"},
		map[string]any{"key": placement.PoolLabel, "value": "b", "effect": "NoSchedule"},
	}, withNodes(t, nodes).Resources[nodeOf+"live-b"].Inputs["spec"].(map[string]any)["taints"])
}

func TestWithoutPoolsNodesAreLeftAlone(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("kubeconfig", []byte("contexts: [{name: live}]\n"), 0o600))
	recorded, err := recording.Program("test", nil, func(ctx *pulumi.Context) error {
		cluster, err := clusters.New(ctx, clusters.Args{Name: "live", Platform: clusters.Kubeconfig, Kubeconfig: "kubeconfig", Context: "live"})
		if err != nil {
			return err
		}
		assert.Empty(t, cluster.Ready)
		return cluster.StandBy()
	})
	require.NoError(t, err)
	assert.Empty(t, recorded.Keys("kubernetes:core/v1:NodePatch"))
}
