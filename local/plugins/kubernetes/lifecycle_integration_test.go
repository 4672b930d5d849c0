//go:build integration

package kubernetes

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	configMap  = "kubernetes:core/v1:ConfigMap"
	deployment = "kubernetes:apps/v1:Deployment"
	secret     = "kubernetes:core/v1:Secret"
	service    = "kubernetes:core/v1:Service"
	namespaces = "kubernetes:core/v1:Namespace"
)

func (s *stack) configMap(name string, data map[string]any) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name, "namespace": s.namespace}, "data": data,
	}
}

func (s *stack) deployment(name, image string, replicas int, annotations map[string]any) map[string]any {
	metadata := map[string]any{"name": name, "namespace": s.namespace}
	if annotations != nil {
		metadata["annotations"] = annotations
	}
	labels := map[string]any{"app": name}
	return map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
		"spec": map[string]any{
			"replicas": replicas, "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec": map[string]any{"containers": []any{map[string]any{
					"name": "app", "image": image,
					"ports":     []any{map[string]any{"name": "http", "containerPort": 8080}},
					"resources": map[string]any{"requests": map[string]any{"cpu": "1000m", "memory": "64Mi"}},
				}}},
			},
		},
	}
}

func TestObjectsComeChangeAndGo(t *testing.T) {
	s := newStack(t, map[string]string{"enableConfigMapMutable": "true"})
	r := s.resource(configMap, "settings")

	preview, err := r.previewCreate(s.configMap("settings", map[string]any{"a": "1"}))
	require.NoError(t, err)
	assert.Equal(t, "1", lookupString(preview, "data", "a"))
	assert.Nil(t, s.raw("v1", "ConfigMap", s.namespace, "settings").get(), "a preview must not make the object")

	did, err := r.up(s.configMap("settings", map[string]any{"a": "1", "b": "2"}))
	require.NoError(t, err)
	assert.Equal(t, "create", did)
	assert.Equal(t, s.namespace+"/settings", s.resources["settings"].id)
	assert.Equal(t, "v1", r.outputs()[keyInitialAPIVersion])

	did, err = r.up(s.configMap("settings", map[string]any{"a": "1", "b": "2"}))
	require.NoError(t, err)
	assert.Equal(t, "same", did)

	did, err = r.up(s.configMap("settings", map[string]any{"a": "3"}))
	require.NoError(t, err)
	assert.Equal(t, "update", did)
	assert.Equal(t, map[string]any{"a": "3"}, s.raw("v1", "ConfigMap", s.namespace, "settings").get().Object["data"], "what the program drops must go from the object")

	require.NoError(t, r.delete())
	assert.Nil(t, s.raw("v1", "ConfigMap", s.namespace, "settings").get())
}

func TestANameIsMadeOnceAndKeptUntilTheObjectIsReplaced(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(configMap, "settings")
	inputs := s.configMap("", map[string]any{"a": "1"})
	delete(inputs["metadata"].(map[string]any), "name")
	_, err := r.up(inputs)
	require.NoError(t, err)
	first := lookupString(r.outputs(), "metadata", "name")
	assert.Regexp(t, `^settings-[0-9a-f]{8}$`, first)
	assert.Equal(t, "true", annotation(s.raw("v1", "ConfigMap", s.namespace, first).get().Object, annotationAutonamed))

	did, err := r.up(inputs)
	require.NoError(t, err)
	assert.Equal(t, "same", did)
}

func TestTheNamespaceDefaultsToThatOfTheProvider(t *testing.T) {
	s := newStack(t, nil)
	s.provider = configured(t, s.messages, map[string]string{"namespace": s.namespace})
	r := s.resource(configMap, "settings")
	inputs := map[string]any{"metadata": map[string]any{"name": "settings"}, "data": map[string]any{"a": "1"}}
	_, err := r.up(inputs)
	require.NoError(t, err)
	assert.Equal(t, s.namespace+"/settings", s.resources["settings"].id)
	global := s.resource(namespaces, "global")
	_, err = global.up(map[string]any{"metadata": map[string]any{"name": s.namespace + "-2"}})
	require.NoError(t, err)
	assert.Equal(t, s.namespace+"-2", s.resources["global"].id)
	require.NoError(t, global.delete())
}

func TestAnUnchangedObjectAsksTheClusterNothing(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	_, err := r.up(s.deployment("web", "web:1", 0, nil))
	require.NoError(t, err)
	// The same resource under a provider whose cluster does not answer.
	s.provider = configured(t, s.messages, map[string]string{"kubeconfig": deadKubeconfig(t)})
	did, err := r.up(s.deployment("web", "web:1", 0, nil))
	require.NoError(t, err)
	assert.Equal(t, "same", did)
}

func TestDiffNamesThePathsThatChange(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	_, err := r.up(s.deployment("web", "web:1", 0, nil))
	require.NoError(t, err)
	diff := r.diff(r.check(s.deployment("web", "web:2", 0, map[string]any{"a.b/c": "d"})))
	assert.ElementsMatch(t, []string{"metadata", "spec"}, diff.GetDiffs())
	assert.ElementsMatch(t, []string{"metadata.annotations", "spec.template.spec.containers[0].image"}, slices.Collect(maps.Keys(diff.GetDetailedDiff())))
	assert.Empty(t, diff.GetReplaces())
	did, err := r.up(s.deployment("web", "web:2", 0, nil))
	require.NoError(t, err)
	assert.Equal(t, "update", did)
}
