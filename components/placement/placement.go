// Package placement says on which nodes pods run: it binds them to a node pool, and lets them onto nodes
// that are closed to everything else.
package placement

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// PoolLabel is the label of nodes, and the key of the taint, that says which pool they are in.
const PoolLabel = "live-omega.dev/node-pool"

// Placement is where pods go.
type Placement struct {
	// Pool is the name of the node pool; "" for any node.
	Pool string
	// Taints of the pool's nodes that the pods put up with.
	Taints []Taint
}

// Taint of a node.
type Taint struct {
	Key, Value string
	// Effect is NoSchedule, PreferNoSchedule or NoExecute.
	Effect string
}

// Closed is the taint that keeps pods away from a pool that did not ask for it.
func Closed(pool string) Taint { return Taint{Key: PoolLabel, Value: pool, Effect: "NoSchedule"} }

// Bind binds the pods of a spec. Without a pool it changes nothing.
func (p Placement) Bind(spec *corev1.PodSpecArgs) {
	if p.Pool == "" {
		return
	}
	spec.NodeSelector = pulumi.StringMap{PoolLabel: pulumi.String(p.Pool)}
	tolerations := corev1.TolerationArray{&corev1.TolerationArgs{
		// A pool may be closed to pods that did not choose it.
		Key: pulumi.String(PoolLabel), Operator: pulumi.String("Exists"),
	}}
	for _, taint := range p.Taints {
		tolerations = append(tolerations, &corev1.TolerationArgs{
			Key: pulumi.String(taint.Key), Operator: pulumi.String("Equal"), Value: pulumi.String(taint.Value), Effect: pulumi.String(taint.Effect),
		})
	}
	spec.Tolerations = tolerations
}
