package clusters

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/placement"
)

// labelNodes puts nodes that exist into their pools: those of the pools in use now, so that pods can be
// placed, and the others in StandBy, when pods have left them.
func labelNodes(ctx *pulumi.Context, cluster *Cluster, nodes Nodes) error {
	for _, pool := range nodes.names() {
		if !nodes.InUse(pool) {
			continue
		}
		labelled, err := labelPool(ctx, nodes, pool, pulumi.Provider(cluster.Provider))
		if err != nil {
			return err
		}
		cluster.Ready = append(cluster.Ready, labelled...)
	}
	cluster.standBy = func(after []pulumi.Resource) error {
		for _, pool := range nodes.names() {
			if nodes.InUse(pool) {
				continue
			}
			if _, err := labelPool(ctx, nodes, pool, pulumi.Provider(cluster.Provider), pulumi.DependsOn(after)); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// labelPool gives each node of a pool its label and taints.
func labelPool(ctx *pulumi.Context, nodes Nodes, pool string, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	taints := corev1.TaintPatchArray{}
	for _, taint := range nodeTaints(nodes, pool) {
		patch := corev1.TaintPatchArgs{Key: pulumi.String(taint.Key), Effect: pulumi.String(taint.Effect)}
		if taint.Value != "" { // the API server leaves an empty one out, which would look like a change
			patch.Value = pulumi.String(taint.Value)
		}
		taints = append(taints, patch)
	}
	var labelled []pulumi.Resource
	for _, name := range nodes.Pools[pool].Nodes {
		node, err := corev1.NewNodePatch(ctx, name, &corev1.NodePatchArgs{
			Metadata: metav1.ObjectMetaPatchArgs{
				Name:   pulumi.String(name),
				Labels: pulumi.StringMap{placement.PoolLabel: pulumi.String(pool)},
			},
			Spec: corev1.NodeSpecPatchArgs{Taints: taints},
		}, opts...)
		if err != nil {
			return nil, fmt.Errorf("putting node %s into pool %s: %w", name, pool, err)
		}
		labelled = append(labelled, node)
	}
	return labelled, nil
}

// nodeTaints are all taints of the nodes of a pool; there is always one.
//
// A node's taints are one list to the API server: who changes it has all of it, and who leaves it out gives
// up what it still has. Kubernetes' controllers change it whenever a node is cordoned or not ready, and from
// then on the list is theirs, the taint of a pool with it: leaving the list out would never open a pool
// again, and an empty list does not get through the Kubernetes provider. So the list is always written, and
// an open pool has a taint that closes nothing. It keeps pods away only as long as there is another node,
// and those of the apps not at all.
//
// Writing the list drops what controllers have put there. They notice at once and put it back.
func nodeTaints(nodes Nodes, pool string) []placement.Taint {
	taints := nodes.taints(pool)
	if !nodes.Closed(pool) {
		taints = append(taints, placement.Taint{Key: placement.PoolLabel, Value: pool, Effect: "PreferNoSchedule"})
	}
	return taints
}
