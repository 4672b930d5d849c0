//go:build integration

package kubernetes

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func thing(s *stack, group, kind string, spec map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": group + "/v1", "kind": kind, "metadata": map[string]any{"name": "thing", "namespace": s.namespace}, "spec": spec,
	}
}

func TestACustomKindIsUsedAsSoonAsItsDefinitionIsMade(t *testing.T) {
	s := newStack(t, nil)
	group, kind := "custom.example.com", "Custom"
	custom := s.resource("kubernetes:"+group+"/v1:"+kind, "thing")
	inputs := thing(s, group, kind, map[string]any{"n": 3, "backends": []any{map[string]any{"name": "a"}, map[string]any{"name": "b", "weight": 10}}})

	preview, err := custom.previewCreate(inputs)
	require.NoError(t, err, "a preview must do with a kind that is to come")
	assert.Equal(t, int64(3), lookup(preview, "spec", "n"))

	kinds := s.resource(definition, "definition")
	_, err = kinds.up(crd(group, kind))
	require.NoError(t, err)
	_, err = custom.up(inputs)
	require.NoError(t, err)
	assert.Equal(t, int64(1), s.raw(group+"/v1", kind, s.namespace, "thing").get().Object["spec"].(map[string]any)["backends"].([]any)[0].(map[string]any)["weight"])

	drift, err := custom.refresh()
	require.NoError(t, err)
	assert.Empty(t, drift, "a default inside a list that is owned as a whole is no drift")
	s.raw(group+"/v1", kind, s.namespace, "thing").patch("kubectl-edit", "", `{"spec":{"backends":[{"name":"a","weight":1},{"name":"b","weight":50}]}}`)
	drift, err = custom.refresh()
	require.NoError(t, err)
	assert.Equal(t, []string{"spec.backends[1].weight"}, drift)
	did, err := custom.up(inputs)
	require.NoError(t, err)
	assert.Equal(t, "update", did)

	// Without its kind the object is gone too.
	require.NoError(t, kinds.delete())
	drift, err = custom.refresh()
	require.NoError(t, err)
	assert.Equal(t, []string{"gone"}, drift)
}

func TestACustomKindWithoutNamespaceIsLearnedFromItsDefinition(t *testing.T) {
	s := newStack(t, nil)
	group, kind := "global.example.com", "Global"
	inputs := crd(group, kind)
	inputs["spec"].(map[string]any)["scope"] = "Cluster"
	kinds := s.resource(definition, "definition")
	checked := kinds.check(inputs)
	custom := s.resource("kubernetes:"+group+"/v1:"+kind, "thing")
	object := map[string]any{"metadata": map[string]any{"name": "thing"}, "spec": map[string]any{}}
	assert.Empty(t, lookupString(tree(t, custom.check(object)), "metadata", "namespace"))

	require.NoError(t, kinds.create(t.Context(), checked))
	_, err := custom.up(object)
	require.NoError(t, err)
	assert.Equal(t, "thing", s.resources["thing"].id)
	require.NoError(t, custom.delete())
	require.NoError(t, kinds.delete())
}

func TestWaitForHoldsACustomObjectUntilItsStatusSaysSo(t *testing.T) {
	s := newStack(t, nil)
	group, kind := "waiting.example.com", "Waiting"
	kinds := s.resource(definition, "definition")
	_, err := kinds.up(crd(group, kind))
	require.NoError(t, err)
	inputs := thing(s, group, kind, map[string]any{})
	inputs["metadata"].(map[string]any)["annotations"] = map[string]any{annotationWaitFor: `["condition=Ready", "jsonpath={.status.phase}=Running"]`}
	live := s.raw(group+"/v1", kind, s.namespace, "thing")
	finished := make(chan error, 1)
	go func() {
		_, err := s.resource("kubernetes:"+group+"/v1:"+kind, "thing").up(inputs)
		finished <- err
	}()
	require.Eventually(t, func() bool { return len(finished) > 0 || live.get() != nil }, time.Minute, 20*time.Millisecond)
	if len(finished) > 0 {
		t.Fatalf("it ended before there was an object: %v", <-finished)
	}
	live.patch("controller", "status", `{"status":{"phase":"Starting","conditions":[{"type":"Ready","status":"True"}]}}`)
	select {
	case err := <-finished:
		t.Fatalf("it did not wait for the phase: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	live.patch("controller", "status", `{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`)
	require.NoError(t, <-finished)
	assert.Equal(t, "Running", lookupString(s.resource("kubernetes:"+group+"/v1:"+kind, "thing").outputs(), "status", "phase"))
	require.NoError(t, kinds.delete())
}
