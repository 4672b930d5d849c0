package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"live-omega/local/cluster/addons"
	"live-omega/local/layout"
)

// api is the cluster as its admin sees it.
type api struct {
	kubernetes.Interface
	dynamic dynamic.Interface
}

func (p paths) client() (*api, error) {
	config, err := clientcmd.BuildConfigFromFlags("", p.root.Kubeconfig(p.c.Name))
	if err != nil {
		return nil, fmt.Errorf("reading the admin's kubeconfig: %w", err)
	}
	config.QPS, config.Burst = 100, 200
	config.Timeout = 10 * time.Second
	config.WarningHandler = rest.NoWarnings{}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client of the API server: %w", err)
	}
	return &api{clients, objects}, nil
}

// applyAddons applies the addons, again if the API server is not whole yet.
func (a *api) applyAddons(ctx context.Context, v addons.Values) error {
	var last error
	err := until(ctx, func(ctx context.Context) (bool, error) {
		last = addons.Apply(ctx, a.dynamic, v)
		if last != nil && apierrors.IsInvalid(last) {
			return false, last
		}
		return last == nil, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", err, last)
	}
	return err
}

// awaitNode returns once the node is ready and its kubelet has been heard of
// since the given time: until then, what the API server says is of the past.
func (a *api) awaitNode(ctx context.Context, name string, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, nodeLimit)
	defer cancel()
	reason := "it has not registered"
	err := until(ctx, func(ctx context.Context) (bool, error) {
		node, err := a.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, nil
		}
		ready := condition(node)
		reason = ready.Message
		if ready.LastHeartbeatTime.Time.Before(since.Truncate(time.Second)) {
			reason = "its kubelet has not reported since it was started"
			return false, nil
		}
		return ready.Status == corev1.ConditionTrue, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("node %q is not ready after %s: %s", name, nodeLimit, reason)
	}
	return err
}

func condition(node *corev1.Node) corev1.NodeCondition {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c
		}
	}
	return corev1.NodeCondition{Status: corev1.ConditionUnknown, Message: "its kubelet has not reported"}
}

// ensurePool puts the node's pool on a node that registered before there were
// pools, or that lost it: a kubelet sets its labels only when it registers.
func (a *api) ensurePool(ctx context.Context, n layout.Node) error {
	node, err := a.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
	if err == nil && node.Labels[layout.PoolLabel] != n.Pool {
		patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, layout.PoolLabel, n.Pool)
		_, err = a.CoreV1().Nodes().Patch(ctx, n.Name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	}
	if err != nil {
		return fmt.Errorf("labelling node %q with its pool: %w", n.Name, err)
	}
	return nil
}

// awaitAddons returns once the addons' deployments are rolled out, and no pod
// is said to run in a container from before its node started afresh.
func (a *api) awaitAddons(ctx context.Context, fresh map[string]time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, addonsLimit)
	defer cancel()
	var reason string
	err := until(ctx, func(ctx context.Context) (bool, error) {
		var err error
		if reason, err = a.unsettled(ctx, fresh); err != nil {
			reason = err.Error()
		}
		return reason == "", nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("after %s: %s", addonsLimit, reason)
	}
	return err
}

// unsettled says what is not ready yet, or nothing.
func (a *api) unsettled(ctx context.Context, fresh map[string]time.Time) (string, error) {
	pods, err := a.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return "", err
	}
	for _, pod := range pods.Items {
		for _, c := range pod.Status.ContainerStatuses {
			if c.State.Running != nil && c.State.Running.StartedAt.Time.Before(fresh[pod.Spec.NodeName].Truncate(time.Second)) {
				return fmt.Sprintf("pod %s/%s has not been started again", pod.Namespace, pod.Name), nil
			}
		}
	}
	for _, name := range addons.Deployments() {
		d, err := a.AppsV1().Deployments(name.Namespace).Get(ctx, name.Name, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		own, err := podsOf(pods.Items, d)
		if err != nil {
			return "", err
		}
		// The deployment's own status lags behind its pods'.
		if !rolledOut(d) || !slices.ContainsFunc(own, ready) {
			return fmt.Sprintf("deployment %s is not available%s", name, explain(own)), nil
		}
	}
	return "", nil
}

func rolledOut(d *appsv1.Deployment) bool {
	want := int32(1)
	if d.Spec.Replicas != nil {
		want = *d.Spec.Replicas
	}
	s := d.Status
	return s.ObservedGeneration >= d.Generation && s.UpdatedReplicas == want && s.AvailableReplicas == want && s.Replicas == want
}

// podsOf are those of the pods that the deployment selects.
func podsOf(pods []corev1.Pod, d *appsv1.Deployment) ([]corev1.Pod, error) {
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		return nil, err
	}
	var own []corev1.Pod
	for _, pod := range pods {
		if pod.Namespace == d.Namespace && selector.Matches(labels.Set(pod.Labels)) {
			own = append(own, pod)
		}
	}
	return own, nil
}

func ready(pod corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// explain says what keeps containers from running.
func explain(pods []corev1.Pod) string {
	var reasons []string
	for _, pod := range pods {
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
				reasons = append(reasons, fmt.Sprintf("pod %s: %s", pod.Name, c.Message))
			}
		}
		for _, c := range pod.Status.ContainerStatuses {
			switch {
			case c.State.Waiting != nil:
				reasons = append(reasons, fmt.Sprintf("pod %s, container %s: %s %s", pod.Name, c.Name, c.State.Waiting.Reason, c.State.Waiting.Message))
			case c.State.Terminated != nil:
				reasons = append(reasons, fmt.Sprintf("pod %s, container %s ended: %s", pod.Name, c.Name, c.State.Terminated.Reason))
			case !c.Ready:
				reasons = append(reasons, fmt.Sprintf("pod %s, container %s runs and is not ready", pod.Name, c.Name))
			}
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return ": " + strings.Join(reasons, "; ")
}
