//go:build integration

package kubernetes

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFieldOfAnotherManagerIsAConflictUntilItIsForced(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	_, err := r.up(s.deployment("web", "web:1", 0, nil))
	require.NoError(t, err)
	s.raw("apps/v1", "Deployment", s.namespace, "web").patch("autoscaler", "", `{"spec":{"replicas":1}}`)

	changed := s.deployment("web", "web:1", 0, map[string]any{"a": "b"})
	_, err = r.up(changed)
	for _, want := range []string{`"autoscaler" manages spec.replicas`, annotationPatchForce, "remove them from the program"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = r.up(s.deployment("web", "web:1", 0, map[string]any{annotationPatchForce: "true"}))
	require.NoError(t, err)
	assert.Equal(t, int64(0), lookup(s.raw("apps/v1", "Deployment", s.namespace, "web").get().Object, "spec", "replicas"))
}

func TestAnObjectOfOthersIsNotTakenOver(t *testing.T) {
	s := newStack(t, nil)
	s.raw("v1", "ConfigMap", s.namespace, "theirs").create(map[string]any{"data": map[string]any{"a": "1"}})
	r := s.resource(configMap, "mine")
	inputs := s.configMap("theirs", map[string]any{"a": "2"})
	_, err := r.up(inputs)
	assert.ErrorContains(t, err, "it exists already and was not made by this resource")
	assert.ErrorContains(t, err, "pulumi import "+configMap+" mine "+s.namespace+"/theirs")
	assert.NotContains(t, s.resources, "mine")

	s.provider = configured(t, s.messages, map[string]string{"upsertExistingObjects": "true", "enablePatchForce": "true"})
	_, err = r.up(inputs)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"a": "2"}, s.raw("v1", "ConfigMap", s.namespace, "theirs").get().Object["data"])
}

func TestACreateThatWasKilledIsFoundAgain(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(configMap, "settings")
	_, err := r.up(s.configMap("settings", map[string]any{"a": "1"}))
	require.NoError(t, err)
	uid := s.raw("v1", "ConfigMap", s.namespace, "settings").get().GetUID()
	// The engine died before it saved the state.
	delete(s.resources, "settings")
	did, err := r.up(s.configMap("settings", map[string]any{"a": "2"}))
	require.NoError(t, err)
	assert.Equal(t, "create", did)
	live := s.raw("v1", "ConfigMap", s.namespace, "settings").get()
	assert.Equal(t, uid, live.GetUID())
	assert.Equal(t, map[string]any{"a": "2"}, live.Object["data"])

	t.Run("but not by another resource", func(t *testing.T) {
		_, err := s.resource(configMap, "other").up(s.configMap("settings", map[string]any{"a": "2"}))
		assert.ErrorContains(t, err, "exists already")
	})
}

func TestAStateOfTheOfficialPluginIsTakenAsItIs(t *testing.T) {
	s := newStack(t, map[string]string{"enableConfigMapMutable": "true"})
	// The official plugin creates under this name, without server-side apply.
	live := s.createAs("pulumi-kubernetes", "settings", map[string]any{"a": "1", "b": "2"})
	inputs := s.configMap("settings", map[string]any{"a": "1", "b": "2"})
	state := properties(live.Object)
	state[keyInputs] = resource.NewObjectProperty(resource.NewPropertyMapFromMap(inputs))
	state[keyInitialAPIVersion] = resource.NewStringProperty("v1")
	state[keyFieldManager] = resource.NewStringProperty("pulumi-kubernetes-1a2b3c4d")
	outputs, err := marshal("test", state)
	require.NoError(t, err)
	r := s.resource(configMap, "settings")
	s.resources["settings"] = &record{id: s.namespace + "/settings", inputs: wire(t, inputs), outputs: outputs}

	did, err := r.up(inputs)
	require.NoError(t, err)
	assert.Equal(t, "same", did)
	drift, err := r.refresh()
	require.NoError(t, err)
	assert.Empty(t, drift)
	did, err = r.up(s.configMap("settings", map[string]any{"a": "1"}))
	require.NoError(t, err)
	assert.Equal(t, "update", did)
	now := s.raw("v1", "ConfigMap", s.namespace, "settings").get()
	assert.Equal(t, map[string]any{"a": "1"}, now.Object["data"], "a field that the former owner made must go when the program drops it")
	assert.True(t, managedBy(now, "pulumi-kubernetes-1a2b3c4d"), "the field manager in state is kept")
}

func TestSecretsStaySecretInStateAndMessages(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(secret, "password")
	inputs := map[string]any{"metadata": map[string]any{"name": "password", "namespace": s.namespace}, "stringData": map[string]any{"password": "hunter2"}}
	_, err := r.up(inputs)
	require.NoError(t, err)
	encoded := base64.StdEncoding.EncodeToString([]byte("hunter2"))
	assert.Equal(t, encoded, lookup(s.raw("v1", "Secret", s.namespace, "password").get().Object, "data", "password"))

	for _, state := range []*record{s.resources["password"]} {
		outputs, err := unmarshal("test", state.outputs)
		require.NoError(t, err)
		assert.True(t, outputs["data"].IsSecret())
		assert.True(t, outputs[keyInputs].ObjectValue()["data"].IsSecret())
		checked, err := unmarshal("test", state.inputs)
		require.NoError(t, err)
		assert.True(t, checked["data"].IsSecret())
	}
	_, err = r.refresh()
	require.NoError(t, err)
	refreshed, err := unmarshal("test", s.resources["password"].inputs)
	require.NoError(t, err)
	assert.True(t, refreshed["data"].IsSecret())
	assert.NotContains(t, s.messages.String(), "hunter2")
	assert.NotContains(t, s.messages.String(), encoded)

	t.Run("and a secret value of any object does", func(t *testing.T) {
		properties := resource.PropertyMap{
			"apiVersion": resource.NewStringProperty("v1"), "kind": resource.NewStringProperty("ConfigMap"),
			"metadata": resource.NewObjectProperty(resource.PropertyMap{"name": resource.NewStringProperty("c"), "namespace": resource.NewStringProperty(s.namespace)}),
			"data":     resource.NewObjectProperty(resource.PropertyMap{"a": resource.MakeSecret(resource.NewStringProperty("hunter2")), "b": resource.NewStringProperty("plain")}),
		}
		wired, err := marshal("test", properties)
		require.NoError(t, err)
		response, err := s.provider.Create(t.Context(), &pulumirpc.CreateRequest{Urn: string(urnOf(configMap, "c")), Properties: wired})
		require.NoError(t, err)
		outputs, err := unmarshal("test", response.GetProperties())
		require.NoError(t, err)
		assert.True(t, outputs["data"].ObjectValue()["a"].IsSecret())
		assert.False(t, outputs["data"].ObjectValue()["b"].IsSecret())
	})
}

func TestAnUnreachableClusterIsAnErrorThatLosesNothing(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(configMap, "settings")
	_, err := r.up(s.configMap("settings", map[string]any{"a": "1"}))
	require.NoError(t, err)

	for name, kubeconfig := range map[string]string{"nobody listens": deadKubeconfig(t), "no kubeconfig": filepath.Join(t.TempDir(), "none")} {
		t.Run(name, func(t *testing.T) {
			s.provider = configured(t, s.messages, map[string]string{"kubeconfig": kubeconfig})
			_, err := r.refresh()
			require.ErrorContains(t, err, "unreachable")
			assert.ErrorContains(t, err, kubeconfig)
			_, err = s.resource(configMap, "new").up(s.configMap("new", nil))
			assert.ErrorContains(t, err, "unreachable")
			begin := time.Now()
			require.ErrorContains(t, r.delete(), "unreachable")
			assert.Less(t, time.Since(begin), retryFor, "it does not go on trying")
			require.Contains(t, s.resources, "settings")
			_, err = s.resource(configMap, "new").previewCreate(s.configMap("new", nil))
			require.NoError(t, err, "a preview does without the cluster")
			assert.Contains(t, s.messages.String(), "previewed without the cluster")
		})
	}
	t.Run("deleteUnreachable drops it", func(t *testing.T) {
		s.provider = configured(t, s.messages, map[string]string{"kubeconfig": deadKubeconfig(t), "deleteUnreachable": "true"})
		drift, err := r.refresh()
		require.NoError(t, err)
		assert.Equal(t, []string{"gone"}, drift)
	})
}

func TestAWaitSurvivesAPreviewOfAMissingNamespace(t *testing.T) {
	s := newStack(t, nil)
	inputs := s.configMap("settings", map[string]any{"a": "1"})
	inputs["metadata"].(map[string]any)["namespace"] = "to-come"
	preview, err := s.resource(configMap, "settings").previewCreate(inputs)
	require.NoError(t, err)
	assert.Equal(t, "1", lookupString(preview, "data", "a"))
}

func TestAnObjectWaitsForItsNamespace(t *testing.T) {
	s := newStack(t, nil)
	late := s.namespace + "-late"
	inputs := s.configMap("settings", map[string]any{"a": "1"})
	inputs["metadata"].(map[string]any)["namespace"] = late
	finished := make(chan error)
	go func() { _, err := s.resource(configMap, "settings").up(inputs); finished <- err }()
	require.Eventually(t, func() bool { return strings.Contains(s.messages.String(), "waiting for the namespace") }, time.Minute, 20*time.Millisecond)
	s.raw("v1", "Namespace", "", late).create(map[string]any{})
	require.NoError(t, <-finished)
}

func TestTheKubeconfigComesFromTheEnvironmentByDefault(t *testing.T) {
	s := newStack(t, nil)
	t.Setenv("KUBECONFIG", server().Kubeconfig)
	s.provider = configured(t, s.messages, map[string]string{"kubeconfig": ""})
	require.NoError(t, s.provider.reach())
	text, err := os.ReadFile(server().Kubeconfig)
	require.NoError(t, err)
	s.provider = configured(t, s.messages, map[string]string{"kubeconfig": string(text)})
	require.NoError(t, s.provider.reach())
}
