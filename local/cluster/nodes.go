package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"live-omega/local/cluster/drain"
	"live-omega/local/cluster/network"
	"live-omega/local/layout"
	"live-omega/local/progress"
)

// goneLimit is how long the API server may take to let go of a node's pods
// after the node has been removed.
const goneLimit = time.Minute

// AddNode gives the cluster its second node, starts it if it does not run, and
// lets it take pods. It returns when the node is ready. From then on Up, Down,
// Kill, Upgrade and Destroy are about both. A cluster that does not run is
// started first. After an interruption, call it again, or Up.
func AddNode(ctx context.Context, root layout.Root, c layout.Cluster, o Options, log *progress.Log) (err error) {
	p, name := first(root, c), c.Second().Name
	task := log.Start("node " + name)
	defer func() {
		if err != nil {
			err = fmt.Errorf("adding node %q: %w", name, err)
			task.Fail(err)
		}
	}()
	r, exists, unlock, err := p.begin(ctx, o)
	if err != nil {
		return err
	}
	defer unlock()
	if !exists {
		return errNoCluster(c)
	}
	if mixed := r.mixed(); mixed != "" {
		return fmt.Errorf("the cluster is in the middle of a change of version (%s): finish it with: cloud local upgrade %s", mixed, c.Name)
	}
	if len(r.Second) == 0 {
		if err := p.bringUp(ctx, r, o, task); err != nil {
			return err
		}
		if err := p.checkRange(ctx); err != nil {
			return err
		}
		r.Second = nodeAt(r.Kubernetes)
	}
	if err := p.bringUp(ctx, r, o, task); err != nil {
		return err
	}
	api, err := p.client()
	if err != nil {
		return err
	}
	// It may have been about to be removed.
	if _, err := drain.Cordon(ctx, api, name, false); err != nil {
		return err
	}
	task.Done("ready at %s", c.Second().Address)
	return nil
}

func errNoCluster(c layout.Cluster) error {
	return fmt.Errorf("there is no cluster %s yet: make it with: cloud local up %s", c.Name, c.Name)
}

// checkRange fails if the first node has more addresses than its half. A node
// never gives back a range.
func (p paths) checkRange(ctx context.Context) error {
	api, err := p.client()
	if err != nil {
		return err
	}
	node, err := api.CoreV1().Nodes().Get(ctx, p.n.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("looking at node %q: %w", p.n.Name, err)
	}
	return rangeIsFree(node, p.c)
}

func rangeIsFree(node *corev1.Node, c layout.Cluster) error {
	if want := c.First().PodCIDR.String(); node.Spec.PodCIDR != want {
		return fmt.Errorf("node %q has the pod addresses %s, want %s: the cluster was made when one node had them all, and Kubernetes takes none back; make it anew with: make destroy up",
			node.Name, node.Spec.PodCIDR, want)
	}
	return nil
}

// RemoveOptions say how a node is removed.
type RemoveOptions struct {
	// Force removes it as if its machine were lost: its pods are killed, not
	// evicted, and volumes on it are gone.
	Force bool
}

// RemoveNode drains the second node, stops it, and removes every trace of it.
// Without a second node it does nothing. It fails, and leaves the node in
// place, if pods do not leave before ctx ends or if data of a volume would be
// lost. After an interruption, call it again; AddNode takes it back as long as
// its processes run.
func RemoveNode(ctx context.Context, root layout.Root, c layout.Cluster, o Options, how RemoveOptions, log *progress.Log) (err error) {
	p, name := first(root, c), c.Second().Name
	task := log.Start("removing node " + name)
	defer func() {
		if err != nil {
			err = fmt.Errorf("removing node %q: %w", name, err)
		}
		task.End(err)
	}()
	r, exists, unlock, err := p.begin(ctx, o)
	if err != nil {
		return err
	}
	defer unlock()
	if !exists {
		return errNoCluster(c)
	}
	if _, err := os.Stat(p.second().dir()); len(r.Second) == 0 && errors.Is(err, os.ErrNotExist) {
		task.Done("there is none")
		return nil
	}
	if len(r.Second) > 0 && !how.Force {
		// Only a kubelet that runs can end pods in order.
		if err := p.bringUp(ctx, r, o, task); err != nil {
			return fmt.Errorf("%w\nto remove it without asking its pods, add --force", err)
		}
		if err := p.emptySecond(ctx, log, task); err != nil {
			return err
		}
	}
	task.Update("processes")
	r.Second = nil
	if err := p.bringUpFirst(ctx, r, o, task); err != nil {
		return err
	}
	return p.forgetSecond(ctx, r, o, task)
}

// bringUpFirst starts the first node without a second, and records that there
// is none. The API server must run to be told.
func (p paths) bringUpFirst(ctx context.Context, r record, o Options, task *progress.Task) error {
	task.Update("control plane")
	spec, err := p.prepare(r, o)
	if err != nil {
		return err
	}
	_, err = p.ensureRunning(ctx, spec, o)
	return err
}

// emptySecond drains the second node, unless data on it would be lost.
func (p paths) emptySecond(ctx context.Context, log *progress.Log, task *progress.Task) error {
	api, err := p.client()
	if err != nil {
		return err
	}
	name := p.c.Second().Name
	claims, err := drain.Claims(ctx, api, name)
	if err != nil {
		return err
	}
	if len(claims) > 0 {
		return fmt.Errorf("the data of these volume claims lies on it and would be lost: %s; delete the claims, or add --force", strings.Join(claims, ", "))
	}
	return api.empty(ctx, p.c, name, false, log, task)
}

// forgetSecond ends the second node and removes what is left of it, also when
// it has been done in part before.
func (p paths) forgetSecond(ctx context.Context, r record, o Options, task *progress.Task) error {
	if err := p.second().stop(ctx); err != nil {
		return err
	}
	api, err := p.client()
	if err != nil {
		return err
	}
	name := p.c.Second().Name
	if err := api.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting it from the API server: %w", err)
	}
	if err := api.deletePods(ctx, name); err != nil {
		return err
	}
	if err := network.Remove(p.root, p.c.Second()); err != nil {
		return err
	}
	if err := os.RemoveAll(p.second().dir()); err != nil {
		return fmt.Errorf("removing its folder: %w", err)
	}
	// The folder of nodes goes with the last of them.
	_ = os.Remove(p.dir("nodes"))
	return p.bringUp(ctx, r, o, task)
}

// deletePods lets go of what the API server still knows of pods on a node that
// is gone; its own collector would do so within minutes.
func (a *api) deletePods(ctx context.Context, node string) error {
	ctx, cancel := context.WithTimeout(ctx, goneLimit)
	defer cancel()
	err := until(ctx, func(ctx context.Context) (bool, error) {
		pods, err := a.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + node})
		if err != nil {
			return false, err
		}
		for _, pod := range pods.Items {
			err := a.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *metav1.NewDeleteOptions(0))
			if err != nil && !apierrors.IsNotFound(err) {
				return false, err
			}
		}
		return len(pods.Items) == 0, nil
	})
	if err != nil {
		return fmt.Errorf("deleting its pods from the API server: %w", err)
	}
	return nil
}
