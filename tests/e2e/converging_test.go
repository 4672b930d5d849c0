//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"live-omega/tests/e2e/rig"
)

// stacks in the order in which they are deployed.
var stacks = []string{"shared", "live", "omega", "edge"}

func converging() []Case {
	return []Case{{
		Name:        "a second up changes nothing",
		Description: "`pulumi up` of every stack right after another one finds nothing to do",
		Prove: func(t *testing.T, c *rig.Cloud) {
			for _, stack := range stacks {
				c.Up(t, stack)
				assert.Empty(t, c.Up(t, stack).Changed, stack)
			}
		},
	}, {
		Name:        "refresh finds nothing",
		Description: "`pulumi refresh` of every stack finds the clusters as the state has them",
		Prove: func(t *testing.T, c *rig.Cloud) {
			for _, stack := range stacks {
				assert.Empty(t, refresh(t, c, stack).Changed, stack)
			}
		},
	}, {
		Name:        "an edit by hand is found and put right",
		Description: "what somebody changes or deletes with kubectl is found by `pulumi refresh` and put right by `pulumi up`",
		Prove:       proveDrift,
	}}
}

func refresh(t *testing.T, c *rig.Cloud, stack string) rig.Update {
	t.Helper()
	update, err := c.Pulumi("", "refresh", "--yes", "--stack", stack)
	require.NoError(t, err)
	t.Logf("pulumi refresh -s %s: %.1f s, changed %d: %s", stack, update.Took.Seconds(), len(update.Changed), strings.Join(update.Changed, ", "))
	return update
}

func proveDrift(t *testing.T, c *rig.Cloud) {
	edge, live := c.Kube(t, "edge"), c.Kube(t, "live")
	namespace := app + "-a"

	// When this fails half-way, up alone would not look for what it does not expect.
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, stack := range []string{"live", "edge"} {
			_, err := c.Pulumi("", "up", "--yes", "--refresh", "--stack", stack)
			require.NoError(t, err)
		}
	})
	route, err := edge.Resource(rig.Routes).Namespace("ingress").Get(t.Context(), "default", metav1.GetOptions{})
	require.NoError(t, err)
	edge.HandEdit(t, rig.Routes, "ingress", "default", map[string]any{"spec": map[string]any{"rules": swapWeights(t, route)}})
	deployment, err := live.Resource(rig.Deployments).Namespace(namespace).Get(t.Context(), app, metav1.GetOptions{})
	require.NoError(t, err)
	live.HandEdit(t, rig.Deployments, namespace, app, map[string]any{"spec": map[string]any{"replicas": 1}})
	require.NoError(t, live.Resource(rig.Budgets).Namespace(namespace).Delete(t.Context(), app, metav1.DeleteOptions{}))

	found := refresh(t, c, "live").Changed
	if assert.Len(t, found, 2) {
		assert.Regexp(t, `^delete .*PodDisruptionBudget::`, found[0])
		assert.Regexp(t, `^update .*Deployment::`, found[1])
	}
	found = refresh(t, c, "edge").Changed
	if assert.Len(t, found, 1) {
		assert.Regexp(t, `^update .*HTTPRoute::default$`, found[0])
	}

	for _, stack := range []string{"live", "edge"} {
		c.Up(t, stack)
	}
	after, err := live.Resource(rig.Deployments).Namespace(namespace).Get(t.Context(), app, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, deployment.Object["spec"], after.Object["spec"])
	_, err = live.Resource(rig.Budgets).Namespace(namespace).Get(t.Context(), app, metav1.GetOptions{})
	assert.NoError(t, err)
	again, err := edge.Resource(rig.Routes).Namespace("ingress").Get(t.Context(), "default", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, route.Object["spec"], again.Object["spec"])

	for _, stack := range []string{"live", "edge"} {
		assert.Empty(t, refresh(t, c, stack).Changed, stack)
		assert.Empty(t, c.Up(t, stack).Changed, stack)
	}
}

// swapWeights are the rules of a route with the weights of its first two
// backends exchanged: all traffic in the wrong place.
func swapWeights(t *testing.T, route *unstructured.Unstructured) []any {
	t.Helper()
	rules, _, err := unstructured.NestedSlice(route.Object, "spec", "rules")
	require.NoError(t, err)
	backends := rules[0].(map[string]any)["backendRefs"].([]any)
	first, second := backends[0].(map[string]any), backends[1].(map[string]any)
	require.NotEqual(t, first["weight"], second["weight"])
	first["weight"], second["weight"] = second["weight"], first["weight"]
	return rules
}
