//go:build integration

package kubernetes

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// autoscaler is who scales, as the API server writes it down.
const autoscaler = "kube-controller-manager"

// updateIgnoring updates as the engine does with the option ignoreChanges: spec.replicas, whose value it takes from the old inputs.
func (r steps) updateIgnoring(preview bool, inputs map[string]any) map[string]any {
	r.s.t.Helper()
	old := r.s.resources[r.name]
	inputs["spec"].(map[string]any)["replicas"] = lookup(tree(r.s.t, old.inputs), "spec", "replicas")
	checked := r.check(inputs)
	response, err := r.s.provider.Update(r.s.t.Context(), &pulumirpc.UpdateRequest{
		Id: old.id, Urn: r.urn(), Olds: old.outputs, OldInputs: old.inputs, News: checked, IgnoreChanges: []string{"spec.replicas"}, Preview: preview,
	})
	require.NoError(r.s.t, err)
	if !preview {
		require.NoError(r.s.t, r.keep(old.id, checked, response.GetProperties(), nil))
	}
	return tree(r.s.t, response.GetProperties())
}

func TestAScaledDeploymentKeepsItsNumber(t *testing.T) {
	for name, settings := range map[string]map[string]string{"asking": nil, "by force": {"enablePatchForce": "true"}} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, settings)
			unwatched := map[string]any{annotationSkipAwait: "true"}
			r := s.resource(deployment, "web")
			_, err := r.up(s.deployment("web", "web:1", 2, unwatched))
			require.NoError(t, err)
			live := s.raw("apps/v1", "Deployment", s.namespace, "web")
			replicas := func() any { return lookup(live.get().Object, "spec", "replicas") }
			owns := func() (program, others bool) {
				o := live.get()
				return owners(o.GetManagedFields(), fieldManager(urnOf(deployment, "web"), r.outputs(), o.Object), []string{"spec", "replicas"})
			}

			// Nobody has scaled it yet: left out, the number would become 1.
			r.updateIgnoring(false, s.deployment("web", "web:2", 2, unwatched))
			assert.Equal(t, int64(2), replicas())

			live.patch(autoscaler, "scale", `{"spec":{"replicas":5}}`)
			for range 2 {
				// The state still says 2.
				preview := r.updateIgnoring(true, s.deployment("web", "web:3", 2, unwatched))
				assert.Equal(t, int64(5), lookup(preview, "spec", "replicas"))
			}
			r.updateIgnoring(false, s.deployment("web", "web:3", 2, unwatched))
			assert.Equal(t, int64(5), replicas())
			program, others := owns()
			assert.False(t, program, "the program must not share what the autoscaler sets")
			assert.True(t, others)

			_, err = r.refresh()
			require.NoError(t, err)
			live.patch(autoscaler, "scale", `{"spec":{"replicas":4}}`)
			r.updateIgnoring(false, s.deployment("web", "web:4", 2, unwatched))
			assert.Equal(t, int64(4), replicas(), "also when the state has a number of the autoscaler's that it has given up")
		})
	}
}

func TestANumberThatIsNoLongerIgnoredIsTheProgramsAgain(t *testing.T) {
	s := newStack(t, map[string]string{"enablePatchForce": "true"})
	unwatched := map[string]any{annotationSkipAwait: "true"}
	r := s.resource(deployment, "web")
	_, err := r.up(s.deployment("web", "web:1", 2, unwatched))
	require.NoError(t, err)
	live := s.raw("apps/v1", "Deployment", s.namespace, "web")
	live.patch(autoscaler, "scale", `{"spec":{"replicas":5}}`)
	_, err = r.up(s.deployment("web", "web:1", 3, unwatched))
	require.NoError(t, err)
	assert.Equal(t, int64(3), lookup(live.get().Object, "spec", "replicas"))
}

// Kubernetes refuses rolling parameters beside Recreate; they must go with the same update.
func TestADeploymentSwitchesBetweenRolloutStrategies(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	inputs := func(strategy map[string]any) map[string]any {
		object := s.deployment("web", "web:1", 0, map[string]any{annotationSkipAwait: "true"})
		object["spec"].(map[string]any)["strategy"] = strategy
		return object
	}
	live := s.raw("apps/v1", "Deployment", s.namespace, "web")
	for _, strategy := range []map[string]any{
		{"type": "RollingUpdate", "rollingUpdate": map[string]any{"maxSurge": int64(1), "maxUnavailable": int64(0)}},
		{"type": "Recreate"},
		{"type": "RollingUpdate", "rollingUpdate": map[string]any{"maxSurge": int64(1), "maxUnavailable": int64(0)}},
	} {
		_, err := r.up(inputs(strategy))
		require.NoError(t, err)
		assert.Equal(t, strategy, lookup(live.get().Object, "spec", "strategy"))
	}
}
