package cluster

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"live-omega/local/cluster/drain"
	"live-omega/local/layout"
	"live-omega/local/progress"
)

// DrainOptions say how a node is drained.
type DrainOptions struct {
	// Force also evicts pods that nothing makes anew.
	Force bool
	// Limit is how long pods may take to leave, in all.
	Limit time.Duration
}

// Drain empties the node: it takes no new pods, and those that it has are
// evicted as their disruption budgets allow. It returns when they are gone. It
// fails if no other node could take them, or if they are not gone in time;
// then the error says what keeps them, and calling it again goes on.
func Drain(ctx context.Context, root layout.Root, c layout.Cluster, n layout.Node, how DrainOptions, log *progress.Log) (err error) {
	task := log.Start("draining node " + n.Name)
	started := time.Now()
	defer func() {
		if err != nil {
			err = fmt.Errorf("draining node %q: %w", n.Name, err)
			task.Fail(err)
			return
		}
		task.Done("empty after %s; it takes pods again after: cloud local node uncordon %s %s", time.Since(started).Round(time.Second), c.Name, n.Name)
	}()
	api, err := openNode(ctx, root, c, n)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, how.Limit, fmt.Errorf("%s are over", how.Limit))
	defer cancel()
	return api.empty(limited, c, n.Name, how.Force, log, task)
}

// Uncordon lets the node take pods again. It moves none back.
func Uncordon(ctx context.Context, root layout.Root, c layout.Cluster, n layout.Node, log *progress.Log) error {
	api, err := openNode(ctx, root, c, n)
	if err != nil {
		return err
	}
	changed, err := drain.Cordon(ctx, api, n.Name, false)
	if err != nil {
		return err
	}
	if changed {
		log.Printf("node %s takes pods again; those that left stay where they are", n.Name)
	} else {
		log.Printf("node %s took pods already", n.Name)
	}
	return nil
}

// openNode returns a client of the cluster that has the node.
func openNode(ctx context.Context, root layout.Root, c layout.Cluster, n layout.Node) (*api, error) {
	p := first(root, c)
	r, exists, err := p.readRecord()
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, errNoCluster(c)
	}
	if n.Name != c.Name && len(r.Second) == 0 {
		return nil, fmt.Errorf("cluster %s has no node %s: add it with: cloud local node add %s", c.Name, n.Name, c.Name)
	}
	api, err := p.client()
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, statusLimit)
	defer cancel()
	if _, err := api.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(asking); err != nil {
		return nil, fmt.Errorf("the API server of %s does not answer: start it with: cloud local up %s: %w", c.Name, c.Name, err)
	}
	return api, nil
}

// empty drains the node if another one can take its pods.
func (a *api) empty(ctx context.Context, c layout.Cluster, node string, force bool, log *progress.Log, task *progress.Task) error {
	nodes, err := a.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("listing the nodes: %w", err)
	}
	if err := othersTakePods(nodes.Items, c, node); err != nil {
		return err
	}
	claims, err := drain.Claims(ctx, a, node)
	if err != nil {
		return err
	}
	for _, claim := range claims {
		log.Printf("the data of volume claim %s stays on node %s: a pod that uses it waits until that is uncordoned", claim, node)
	}
	return drain.Drain(ctx, a, node, drain.Options{
		Force:   force,
		Evicted: func(pod string) { log.Printf("evicted %s", pod) },
		Waiting: func(left int, reason string) { task.Update("%d pods left; %s", left, reason) },
	})
}

// othersTakePods fails if no other node is ready and takes pods: evicted ones
// would only wait, and those with a budget could not be evicted at all.
func othersTakePods(nodes []corev1.Node, c layout.Cluster, node string) error {
	known := false
	for _, n := range nodes {
		if n.Name == node {
			known = true
		} else if !n.Spec.Unschedulable && condition(&n).Status == corev1.ConditionTrue {
			return nil
		}
	}
	if !known {
		return fmt.Errorf("the API server does not know node %q: start it with: cloud local up %s", node, c.Name)
	}
	if len(nodes) == 1 {
		return fmt.Errorf("it is the only node, so nothing could take its pods: add another with: cloud local node add %s", c.Name)
	}
	return fmt.Errorf("no other node is ready and takes pods: see cloud local status %s, or uncordon one with: cloud local node uncordon %s NODE", c.Name, c.Name)
}
