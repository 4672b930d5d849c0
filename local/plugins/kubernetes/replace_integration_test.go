//go:build integration

package kubernetes

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnImmutableFieldReplacesTheObjectByTheTable(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	_, err := r.up(s.deployment("web", "web:1", 0, nil))
	require.NoError(t, err)
	uid := s.raw("apps/v1", "Deployment", s.namespace, "web").get().GetUID()

	changed := s.deployment("web", "web:1", 0, nil)
	labels := map[string]any{"app": "web", "variant": "a"}
	spec := changed["spec"].(map[string]any)
	spec["selector"] = map[string]any{"matchLabels": labels}
	spec["template"].(map[string]any)["metadata"] = map[string]any{"labels": labels}
	diff := r.diff(r.check(changed))
	assert.Equal(t, []string{"spec.selector.matchLabels.variant"}, diff.GetReplaces())
	assert.Equal(t, pulumirpc.PropertyDiff_ADD_REPLACE, diff.GetDetailedDiff()["spec.selector.matchLabels.variant"].GetKind())
	assert.True(t, diff.GetDeleteBeforeReplace(), "the program fixes the name")

	did, err := r.up(changed)
	require.NoError(t, err)
	assert.Equal(t, "delete-replace", did)
	assert.NotEqual(t, uid, s.raw("apps/v1", "Deployment", s.namespace, "web").get().GetUID())
}

func TestAnImmutableFieldReplacesTheObjectByTheServersWord(t *testing.T) {
	s := newStack(t, nil)
	for name, test := range map[string]struct {
		token    string
		old, new map[string]any
		want     []string
	}{
		"a Service's address family": {
			token: service,
			old:   map[string]any{"spec": map[string]any{"ports": []any{map[string]any{"port": 80}}, "ipFamilies": []any{"IPv4"}, "ipFamilyPolicy": "SingleStack"}},
			new:   map[string]any{"spec": map[string]any{"ports": []any{map[string]any{"port": 80}}, "ipFamilies": []any{"IPv6"}, "ipFamilyPolicy": "SingleStack"}},
			want:  nil, // the server refuses it for another reason: a replacement would not help
		},
		"a StatefulSet's claims": {
			token: "kubernetes:batch/v1:CronJob",
			old:   cronJob("1 * * * *"), new: cronJob("2 * * * *"), want: nil,
		},
		"an immutable ConfigMap's flag": {
			token: configMap,
			old:   map[string]any{"immutable": true, "data": map[string]any{"a": "1"}},
			new:   map[string]any{"immutable": false, "data": map[string]any{"a": "1"}},
			want:  []string{"immutable"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.resource(test.token, name)
			for _, inputs := range []map[string]any{test.old, test.new} {
				inputs["metadata"] = map[string]any{"name": "it", "namespace": s.namespace}
			}
			_, err := r.up(test.old)
			require.NoError(t, err)
			diff := r.diff(r.check(test.new))
			assert.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, diff.GetChanges())
			assert.Equal(t, test.want, diff.GetReplaces())
			require.NoError(t, r.delete())
		})
	}
}

func cronJob(schedule string) map[string]any {
	return map[string]any{"spec": map[string]any{"schedule": schedule, "jobTemplate": map[string]any{"spec": map[string]any{"template": map[string]any{
		"spec": map[string]any{"restartPolicy": "Never", "containers": []any{map[string]any{"name": "a", "image": "a"}}},
	}}}}}
}

func TestAReplacedObjectGetsANewNameIfItsNameWasMade(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(configMap, "settings")
	inputs := func(value string) map[string]any {
		return map[string]any{"metadata": map[string]any{"namespace": s.namespace}, "data": map[string]any{"a": value}}
	}
	_, err := r.up(inputs("1"))
	require.NoError(t, err)
	diff := r.diff(r.check(inputs("2")))
	assert.Equal(t, []string{"data.a"}, diff.GetReplaces(), "a ConfigMap is replaced unless enableConfigMapMutable is set")
	assert.False(t, diff.GetDeleteBeforeReplace())
}

func TestANewNameOrNamespaceReplacesTheObject(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(service, "web")
	inputs := func(name string) map[string]any {
		return map[string]any{"metadata": map[string]any{"name": name, "namespace": s.namespace}, "spec": map[string]any{"ports": []any{map[string]any{"port": 80}}}}
	}
	_, err := r.up(inputs("one"))
	require.NoError(t, err)
	diff := r.diff(r.check(inputs("two")))
	assert.Equal(t, []string{"metadata.name"}, diff.GetReplaces())
	assert.False(t, diff.GetDeleteBeforeReplace(), "the new name is free, so the new object can come first")
}
