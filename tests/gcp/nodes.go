package gcp

import (
	"context"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// PoolLabel is on every node of GKE.
const PoolLabel = "cloud.google.com/gke-nodepool"

// settleNodes makes the nodes of a pool those that it should have.
func settleNodes(ctx context.Context, c *call) error { return c.project.settle(ctx, c.state) }

func (p *Project) settle(ctx context.Context, pool object) error {
	clients, err := p.nodes(pool)
	if err != nil {
		return err
	}
	wanted := map[string]*corev1.Node{}
	for _, zone := range listAt(pool, "nodeLocations") {
		for i := range nodesPerZone(pool) {
			node := nodeOf(pool, fmt.Sprint(zone), i)
			wanted[node.Name] = node
		}
	}
	present, err := clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: PoolLabel + "=" + textAt(pool, "name")})
	if err != nil {
		return err
	}
	for i := range present.Items {
		node := &present.Items[i]
		want := wanted[node.Name]
		delete(wanted, node.Name)
		if want == nil {
			err = clients.CoreV1().Nodes().Delete(ctx, node.Name, metav1.DeleteOptions{})
		} else {
			node.Labels, node.Spec.Taints = want.Labels, want.Spec.Taints
			_, err = clients.CoreV1().Nodes().Update(ctx, node, metav1.UpdateOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	for _, name := range sortedKeys(wanted) {
		if _, err := clients.CoreV1().Nodes().Create(ctx, wanted[name], metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

// removeNodes takes the nodes of a pool out of its cluster.
func removeNodes(ctx context.Context, c *call) error {
	clients, err := c.project.nodes(c.state)
	if err != nil {
		return err
	}
	return clients.CoreV1().Nodes().DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: PoolLabel + "=" + textAt(c.state, "name")})
}

// nodes gives the clients for the nodes of a pool.
func (p *Project) nodes(pool object) (kubernetes.Interface, error) {
	config, err := p.clientConfig(lastPart(textAt(pool, "cluster")))
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}

// nodeOf is one node as GKE would register it, ready at once.
func nodeOf(pool object, zone string, i int) *corev1.Node {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("gke-%s-%s-%s-%d", lastPart(textAt(pool, "cluster")), textAt(pool, "name"), zone[strings.LastIndex(zone, "-")+1:], i),
			Labels: map[string]string{
				PoolLabel: textAt(pool, "name"), corev1.LabelTopologyZone: zone, corev1.LabelOSStable: "linux",
				"cloud.google.com/gke-os-distribution": strings.ToLower(strings.TrimSuffix(textAt(pool, "nodeConfig", "imageType"), "_CONTAINERD")),
			},
		},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}},
	}
	labels, _ := at(pool, "nodeConfig", "labels").(object)
	for key, value := range labels {
		node.Labels[key] = fmt.Sprint(value)
	}
	effects := map[string]corev1.TaintEffect{"NO_SCHEDULE": corev1.TaintEffectNoSchedule, "PREFER_NO_SCHEDULE": corev1.TaintEffectPreferNoSchedule, "NO_EXECUTE": corev1.TaintEffectNoExecute}
	for _, taint := range objectsAt(pool, "nodeConfig", "taints") {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: textAt(taint, "key"), Value: textAt(taint, "value"), Effect: effects[textAt(taint, "effect")]})
	}
	return node
}

// Autoscale does what the autoscaler does for a pod that no node takes: it adds a node to a pool whose nodes
// would. It is false when there is no such pool, or none has room.
func (p *Project) Autoscale(ctx context.Context, cluster string, fits func(*corev1.Node) bool) (bool, error) {
	pools, err := p.poolsOf(cluster)
	if err != nil {
		return false, err
	}
	for _, pool := range pools {
		limit := numberAt(pool.State, "autoscaling", "maxNodeCount")
		zones := listAt(pool.State, "nodeLocations")
		count := nodesPerZone(pool.State)
		if float64(count) >= limit || len(zones) == 0 || !fits(nodeOf(pool.State, fmt.Sprint(zones[0]), count)) {
			continue
		}
		grown := maps.Clone(pool.State)
		grown["nodeCount"] = float64(count + 1)
		if err := p.Put(Record{Kind: pool.Kind, ID: pool.ID, State: grown}); err != nil {
			return false, err
		}
		return true, p.settle(ctx, grown)
	}
	return false, nil
}
