package placement_test

import (
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/placement"
	"live-omega/tests/recording"
)

type object = map[string]any

// bound is the spec of a pod as it is registered.
func bound(t *testing.T, where placement.Placement) object {
	t.Helper()
	recorded, err := recording.OnCluster(func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error {
		spec := &corev1.PodSpecArgs{HostNetwork: pulumi.Bool(true)}
		where.Bind(spec)
		_, err := corev1.NewPod(ctx, "pod", &corev1.PodArgs{Spec: spec}, onCluster)
		return err
	})
	require.NoError(t, err)
	return recorded.Resources["kubernetes:core/v1:Pod::pod"].Inputs["spec"].(object)
}

func TestPodsGoToTheirPoolAlsoWhereOthersMayNot(t *testing.T) {
	assert.Equal(t, object{
		"hostNetwork":  true,
		"nodeSelector": object{"live-omega.dev/node-pool": "b"},
		// Without an effect: whichever a pool's taint has.
		"tolerations": []any{object{"key": "live-omega.dev/node-pool", "operator": "Exists"}},
	}, bound(t, placement.Placement{Pool: "b"}))
}

func TestPodsPutUpWithTheTaintsOfTheirPool(t *testing.T) {
	spec := bound(t, placement.Placement{Pool: "a", Taints: []placement.Taint{
		{Key: "gpu", Value: "yes", Effect: "NoExecute"}, {Key: "slow", Effect: "PreferNoSchedule"},
	}})
	assert.Equal(t, []any{
		object{"key": "live-omega.dev/node-pool", "operator": "Exists"},
		object{"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoExecute"},
		object{"key": "slow", "operator": "Equal", "value": "", "effect": "PreferNoSchedule"},
	}, spec["tolerations"])
}

func TestWithoutAPoolPodsGoAnywhere(t *testing.T) {
	assert.Equal(t, object{"hostNetwork": true}, bound(t, placement.Placement{Taints: []placement.Taint{{Key: "gpu", Effect: "NoSchedule"}}}))
}

func TestAClosedPoolTakesNoNewPodsAndKeepsThoseItHas(t *testing.T) {
	assert.Equal(t, placement.Taint{Key: "live-omega.dev/node-pool", Value: "b", Effect: "NoSchedule"}, placement.Closed("b"))
}
