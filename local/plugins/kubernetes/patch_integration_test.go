//go:build integration

package kubernetes

import (
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	nodePatch      = "kubernetes:core/v1:NodePatch"
	configMapPatch = "kubernetes:core/v1:ConfigMapPatch"
	poolLabel      = "example.com/pool"
)

// node makes a node that is ready. Nodes have no namespace, so it has the name of the test's.
func (s *stack) node() object {
	s.t.Helper()
	node := s.raw("v1", "Node", "", s.namespace)
	node.create(map[string]any{"metadata": map[string]any{"labels": map[string]any{"kubernetes.io/hostname": s.namespace}}})
	// The API server itself taints a new node as not ready; a controller takes that off.
	node.patch("kube-controller-manager", "", `{"spec":{"taints":null}}`)
	return node
}

func taint(key string) map[string]any { return map[string]any{"key": key, "effect": "NoSchedule"} }

// patchOf labels a node and gives it taints; without keys it leaves taints alone.
func patchOf(node, pool string, keys ...string) map[string]any {
	patch := map[string]any{
		"apiVersion": "v1", "kind": "Node", "metadata": map[string]any{"name": node, "labels": map[string]any{poolLabel: pool}},
	}
	var taints []any
	for _, key := range keys {
		taints = append(taints, taint(key))
	}
	if len(taints) > 0 {
		patch["spec"] = map[string]any{"taints": taints}
	}
	return patch
}

func taints(node object) any { return lookup(node.get().Object, "spec", "taints") }

func TestAPatchChangesItsFieldsAndLeavesTheObjectBehind(t *testing.T) {
	s := newStack(t, nil)
	node := s.node()
	r := s.resource(nodePatch, "worker")

	preview, err := r.previewCreate(patchOf(s.namespace, "a", "closed"))
	require.NoError(t, err)
	assert.Equal(t, "a", lookupString(preview, "metadata", "labels", poolLabel))
	assert.Empty(t, taints(node), "a preview must not patch")

	did, err := r.up(patchOf(s.namespace, "a", "closed"))
	require.NoError(t, err)
	assert.Equal(t, "create", did)
	assert.Equal(t, s.namespace, s.resources["worker"].id)
	assert.Equal(t, map[string]string{"kubernetes.io/hostname": s.namespace, poolLabel: "a"}, node.get().GetLabels())
	assert.Equal(t, []any{taint("closed")}, taints(node))
	for range 2 {
		drift, err := r.refresh()
		require.NoError(t, err)
		assert.Empty(t, drift)
		did, err = r.up(patchOf(s.namespace, "a", "closed"))
		require.NoError(t, err)
		assert.Equal(t, "same", did)
	}

	did, err = r.up(patchOf(s.namespace, "b"))
	require.NoError(t, err)
	assert.Equal(t, "update", did)
	assert.Equal(t, "b", node.get().GetLabels()[poolLabel])
	assert.Empty(t, taints(node), "what the program drops goes, if nobody else set it")

	require.NoError(t, r.delete())
	assert.Equal(t, map[string]string{"kubernetes.io/hostname": s.namespace}, node.get().GetLabels())
}

func TestPatchesOfOneObjectKeepOutOfEachOthersWay(t *testing.T) {
	s := newStack(t, nil)
	node := s.node()
	one, two := s.resource(nodePatch, "one"), s.resource(nodePatch, "two")
	_, err := one.up(patchOf(s.namespace, "a"))
	require.NoError(t, err)
	labelled := patchOf(s.namespace, "a")
	labelled["metadata"].(map[string]any)["labels"].(map[string]any)["example.com/other"] = "x"
	_, err = two.up(labelled)
	require.NoError(t, err)
	assert.NotEqual(t, one.outputs()[keyFieldManager], two.outputs()[keyFieldManager])

	_, err = two.up(patchOf(s.namespace, "b"))
	assert.ErrorContains(t, err, poolLabel, "of two who want different things the second is told")
	require.NoError(t, two.delete())
	assert.Equal(t, map[string]string{"kubernetes.io/hostname": s.namespace, poolLabel: "a"}, node.get().GetLabels(), "the other one still wants it")
}

func TestAPatchNeedsAnObject(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(nodePatch, "worker")
	r.timeout = 0.01
	_, err := r.previewCreate(patchOf(s.namespace, "a"))
	require.NoError(t, err, "what makes the object may be in the same update")
	_, err = r.up(patchOf(s.namespace, "a"))
	assert.ErrorContains(t, err, "creating Node "+s.namespace+": there is no such object to patch")
	assert.Nil(t, s.raw("v1", "Node", "", s.namespace).get(), "no object made of a patch")

	response, err := s.provider.Check(t.Context(), &pulumirpc.CheckRequest{Urn: r.urn(), News: wire(t, map[string]any{"apiVersion": "v1", "kind": "Node"})})
	require.NoError(t, err)
	require.Len(t, response.GetFailures(), 1)
	assert.Contains(t, response.GetFailures()[0].GetReason(), "set metadata.name")
}

func TestAPatchWhoseObjectIsGone(t *testing.T) {
	s := newStack(t, nil)
	node := s.raw("v1", "Node", "", s.namespace)
	node.create(map[string]any{})
	r := s.resource(nodePatch, "worker")
	_, err := r.up(patchOf(s.namespace, "a"))
	require.NoError(t, err)
	node.delete()

	_, err = r.up(patchOf(s.namespace, "b"))
	assert.ErrorContains(t, err, "the object that it patches is gone")
	before := *s.resources["worker"]
	drift, err := r.refresh()
	require.NoError(t, err)
	assert.Equal(t, []string{"gone"}, drift)
	s.resources["worker"] = &before
	require.NoError(t, r.delete())
	assert.Nil(t, node.get(), "giving up fields makes no object")
}

func TestAPatchWaitsForTheObjectThatAControllerMakes(t *testing.T) {
	s := newStack(t, map[string]string{"enableConfigMapMutable": "true"})
	finished := make(chan error, 1)
	go func() {
		_, err := s.resource(configMapPatch, "late").up(s.configMap("late", map[string]any{"a": "1"}))
		finished <- err
	}()
	require.Eventually(t, func() bool { return strings.Contains(s.messages.String(), "waiting for the ConfigMap to patch") }, time.Minute, 20*time.Millisecond)
	s.createAs("controller", "late", map[string]any{"b": "2"})
	require.NoError(t, <-finished)
	assert.Equal(t, map[string]any{"a": "1", "b": "2"}, s.raw("v1", "ConfigMap", s.namespace, "late").get().Object["data"])
}

func TestAPatchIsReplacedOnlyWhenItGoesToAnotherObject(t *testing.T) {
	s := newStack(t, nil)
	for _, name := range []string{"one", "two"} {
		s.createAs("someone", name, map[string]any{"theirs": "x"})
	}
	r := s.resource(configMapPatch, "patch")
	_, err := r.up(s.configMap("one", map[string]any{"a": "1"}))
	require.NoError(t, err)
	did, err := r.up(s.configMap("one", map[string]any{"a": "2"}))
	require.NoError(t, err)
	assert.Equal(t, "update", did, "the data of a whole ConfigMap would be replaced")
	did, err = r.up(s.configMap("two", map[string]any{"a": "2"}))
	require.NoError(t, err)
	assert.Equal(t, "create-replace", did)
	for name, want := range map[string]map[string]any{"one": {"theirs": "x"}, "two": {"theirs": "x", "a": "2"}} {
		assert.Equal(t, want, s.raw("v1", "ConfigMap", s.namespace, name).get().Object["data"])
	}
}

// The taints of a node are one list: whoever changes it has all of it.
func TestAListThatAControllerChangesIsDriftAndIsPutRightByForce(t *testing.T) {
	s := newStack(t, map[string]string{"enablePatchForce": "true"})
	node := s.node()
	r := s.resource(nodePatch, "worker")
	_, err := r.up(patchOf(s.namespace, "a", "closed"))
	require.NoError(t, err)
	node.patch("kube-controller-manager", "", `{"spec":{"taints":[{"key":"closed","effect":"NoSchedule"},{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]}}`)

	did, err := r.up(patchOf(s.namespace, "a", "closed"))
	require.NoError(t, err)
	assert.Equal(t, "same", did)
	assert.Len(t, taints(node), 2, "what the program does not change is left as it is")
	drift, err := r.refresh()
	require.NoError(t, err)
	assert.Equal(t, []string{"spec.taints[1]"}, drift)
	did, err = r.up(patchOf(s.namespace, "a", "closed"))
	require.NoError(t, err)
	assert.Equal(t, "update", did)
	assert.Equal(t, []any{taint("closed")}, taints(node))

	t.Run("and leaving it out then takes nothing away", func(t *testing.T) {
		node.patch("kube-controller-manager", "", `{"spec":{"taints":[{"key":"closed","effect":"NoSchedule"},{"key":"x","effect":"NoSchedule"}]}}`)
		_, err := r.up(patchOf(s.namespace, "a"))
		require.NoError(t, err)
		assert.Equal(t, []any{taint("closed"), taint("x")}, taints(node))
		require.NoError(t, r.delete())
		assert.Len(t, taints(node), 2)
	})
}

func TestAPatchThatAloneSetsWhatItsObjectNeedsCannotGo(t *testing.T) {
	s := newStack(t, map[string]string{"enablePatchForce": "true"})
	s.raw("v1", "Service", s.namespace, "web").create(map[string]any{"spec": map[string]any{"type": "ExternalName", "externalName": "one.test"}})
	r := s.resource("kubernetes:core/v1:ServicePatch", "patch")
	_, err := r.up(map[string]any{
		"apiVersion": "v1", "kind": "Service", "metadata": map[string]any{"name": "web", "namespace": s.namespace},
		"spec": map[string]any{"externalName": "two.test"},
	})
	require.NoError(t, err)
	err = r.delete()
	assert.ErrorContains(t, err, "the object needs spec.externalName")
	assert.ErrorContains(t, err, "retainOnDelete")
	assert.Contains(t, s.resources, "patch")
}
