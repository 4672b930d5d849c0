package ingress_test

import (
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/ingress"
	"live-omega/components/placement"
	"live-omega/tests/recording"
)

func TestPodsAreBoundToTheirPool(t *testing.T) {
	args := args()
	args.Placement = placement.Placement{Pool: "a", Taints: []placement.Taint{{Key: "dedicated", Value: "cloud", Effect: "NoSchedule"}}}
	spec := podSpec(t, record(t, args))
	assert.Equal(t, object{"live-omega.dev/node-pool": "a"}, spec["nodeSelector"])
	assert.Equal(t, []any{
		object{"key": "live-omega.dev/node-pool", "operator": "Exists"},
		object{"key": "dedicated", "operator": "Equal", "value": "cloud", "effect": "NoSchedule"},
	}, spec["tolerations"])
}

func TestWithoutAPoolPodsGoAnywhere(t *testing.T) {
	spec := podSpec(t, record(t, args()))
	for _, field := range []string{"nodeSelector", "tolerations"} {
		assert.NotContains(t, spec, field)
	}
}

func TestPodsWaitForTheirPool(t *testing.T) {
	recorded, err := recording.OnCluster(func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error {
		pool, err := corev1.NewNodePatch(ctx, "pool", &corev1.NodePatchArgs{}, onCluster)
		if err != nil {
			return err
		}
		args := args()
		args.Before = []pulumi.Resource{pool}
		_, err = ingress.New(ctx, "ingress", args, onCluster)
		return err
	})
	require.NoError(t, err)
	assert.Contains(t, recorded.Resources[deploymentKey].After, "kubernetes:core/v1:NodePatch::pool")
}
