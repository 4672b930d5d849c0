// Package drain empties a node: it takes no new pods, and those that it has
// are evicted, which a PodDisruptionBudget may delay, until none is left.
// It is `kubectl drain`, for a machine that need not have kubectl.
package drain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Interval is how often the node's pods are looked at, and so how soon an
// eviction that was refused is asked for again.
const Interval = 500 * time.Millisecond

// Options say how a node is emptied.
type Options struct {
	// Force also evicts pods that nothing would make anew elsewhere.
	Force bool
	// Evicted, if set, is told of each pod that was accepted for eviction.
	Evicted func(pod string)
	// Waiting, if set, is told what is still waited for.
	Waiting func(left int, reason string)
}

// Cordon says whether the node takes new pods. It reports whether that was
// otherwise before.
func Cordon(ctx context.Context, client kubernetes.Interface, node string, unschedulable bool) (changed bool, err error) {
	found, err := client.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
	if err != nil {
		return false, fmt.Errorf("looking at node %q: %w", node, err)
	}
	if found.Spec.Unschedulable == unschedulable {
		return false, nil
	}
	patch := fmt.Appendf(nil, `{"spec":{"unschedulable":%t}}`, unschedulable)
	if _, err := client.CoreV1().Nodes().Patch(ctx, node, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return false, fmt.Errorf("marking node %q: %w", node, err)
	}
	return true, nil
}

// Drain cordons the node, evicts its pods and returns when they are gone. Pods
// of DaemonSets stay, since they would come back, and so do those that have
// finished. It can be repeated at any time.
//
// It fails before it changes anything if the node has pods that nothing would
// make anew, unless forced. If ctx ends first, the error names the pods that
// are left and what keeps each; the node stays cordoned then.
func Drain(ctx context.Context, client kubernetes.Interface, node string, o Options) error {
	pods, err := podsToMove(ctx, client, node)
	if err != nil {
		return err
	}
	if err := refuseBare(pods, o.Force); err != nil {
		return err
	}
	if _, err := Cordon(ctx, client, node, true); err != nil {
		return err
	}
	d := drain{client: client, options: o, waits: map[types.UID]string{}}
	ticker := time.NewTicker(Interval)
	defer ticker.Stop()
	for {
		// A pod that was bound just before the node was cordoned shows up in
		// a later round.
		now, err := podsToMove(ctx, client, node)
		if err == nil {
			if pods = now; len(pods) == 0 {
				return nil
			}
			err = d.evict(ctx, pods)
		}
		// An API server that is restarted meanwhile is no reason to give up.
		if err != nil && ctx.Err() == nil && !transient(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(d.left(ctx, node, pods), err)
		case <-ticker.C:
		}
	}
}

type drain struct {
	client  kubernetes.Interface
	options Options
	// waits says for each pod why it is still there.
	waits map[types.UID]string
}

// evict asks for the eviction of every pod that is not ending already.
func (d *drain) evict(ctx context.Context, pods []corev1.Pod) error {
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil {
			d.waits[pod.UID] = "it is ending"
			continue
		}
		err := d.client.PolicyV1().Evictions(pod.Namespace).Evict(ctx, &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace},
			// A pod of the same name on another node is not meant.
			DeleteOptions: &metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))},
		})
		switch {
		case err == nil:
			d.waits[pod.UID] = "it is ending"
			if d.options.Evicted != nil {
				d.options.Evicted(name(pod))
			}
		case apierrors.IsNotFound(err), apierrors.IsConflict(err):
			// It has gone meanwhile, or is another one now.
		case apierrors.IsTooManyRequests(err):
			d.waits[pod.UID] = refusal(err)
		case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
			d.waits[pod.UID] = "its namespace is being deleted"
		case transient(err):
			// One pod that cannot be asked about must not hold up the others.
			d.waits[pod.UID] = err.Error()
		default:
			return fmt.Errorf("evicting pod %s: %w", name(pod), err)
		}
	}
	if d.options.Waiting != nil && len(pods) > 0 {
		d.options.Waiting(len(pods), name(pods[0])+": "+d.waits[pods[0].UID])
	}
	return nil
}

// refusal is why an eviction was refused: the budget's own words are in the
// causes.
func refusal(err error) string {
	text := err.Error()
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			text += " " + cause.Message
		}
	}
	return text
}

// transient tells whether asking again may help: the API server is starting,
// or did not answer.
func transient(err error) bool {
	var status apierrors.APIStatus
	return !errors.As(err, &status) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err) ||
		apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err)
}

// left is the error about the pods that are left when time is over.
func (d *drain) left(ctx context.Context, node string, pods []corev1.Pod) error {
	lines := make([]string, 0, len(pods))
	for _, pod := range pods {
		lines = append(lines, fmt.Sprintf("  %s: %s", name(pod), d.waits[pod.UID]))
	}
	return fmt.Errorf("node %q still has %d pods, and takes no new ones; run the same command again to go on, or uncordon it: %w\n%s",
		node, len(pods), context.Cause(ctx), strings.Join(lines, "\n"))
}

// podsToMove are the node's pods that must leave, sorted by name.
func podsToMove(ctx context.Context, client kubernetes.Interface, node string) ([]corev1.Pod, error) {
	list, err := client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String(),
	})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of node %q: %w", node, err)
	}
	pods := slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return stays(pod) })
	slices.SortFunc(pods, func(a, b corev1.Pod) int { return strings.Compare(name(a), name(b)) })
	return pods, nil
}

func stays(pod corev1.Pod) bool {
	_, static := pod.Annotations[corev1.MirrorPodAnnotationKey]
	owner := metav1.GetControllerOf(&pod)
	// One that is ending may be called finished before its node lets go of it.
	finished := pod.DeletionTimestamp == nil && (pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed)
	return static || finished || owner != nil && owner.Kind == "DaemonSet"
}

// refuseBare fails if pods would be gone for good.
func refuseBare(pods []corev1.Pod, force bool) error {
	var bare []string
	for _, pod := range pods {
		if metav1.GetControllerOf(&pod) == nil && pod.DeletionTimestamp == nil {
			bare = append(bare, name(pod))
		}
	}
	if force || len(bare) == 0 {
		return nil
	}
	return fmt.Errorf("nothing would make these pods anew elsewhere, so they would be gone: %s; remove them, or drain with --force", strings.Join(bare, ", "))
}

func name(pod corev1.Pod) string { return pod.Namespace + "/" + pod.Name }

// Claims are the volume claims whose data lies on the node: pods that use them
// cannot run elsewhere. Sorted.
func Claims(ctx context.Context, client kubernetes.Interface, node string) ([]string, error) {
	volumes, err := client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing the volumes of node %q: %w", node, err)
	}
	var claims []string
	for _, v := range volumes.Items {
		if v.Spec.ClaimRef != nil && v.Status.Phase == corev1.VolumeBound && liesOn(v, node) {
			claims = append(claims, v.Spec.ClaimRef.Namespace+"/"+v.Spec.ClaimRef.Name)
		}
	}
	slices.Sort(claims)
	return claims, nil
}

// liesOn tells whether the volume can be used on that node only.
func liesOn(v corev1.PersistentVolume, node string) bool {
	if v.Spec.NodeAffinity == nil || v.Spec.NodeAffinity.Required == nil {
		return false
	}
	return slices.ContainsFunc(v.Spec.NodeAffinity.Required.NodeSelectorTerms, func(t corev1.NodeSelectorTerm) bool {
		return slices.ContainsFunc(t.MatchExpressions, func(r corev1.NodeSelectorRequirement) bool {
			return r.Key == corev1.LabelHostname && r.Operator == corev1.NodeSelectorOpIn && slices.Equal(r.Values, []string{node})
		})
	})
}
