package drain

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// pod is a pod on the node, owned by a controller of that kind, if any.
func pod(name, owner string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "apps", Name: name, UID: types.UID(name)}, Spec: corev1.PodSpec{NodeName: "live"}}
	if owner != "" {
		yes := true
		p.OwnerReferences = []metav1.OwnerReference{{Kind: owner, Name: "owner", Controller: &yes}}
	}
	return p
}

// cluster is an API server with a node and those objects, in which evictions
// are answered by the given function: nil deletes the pod.
func cluster(t *testing.T, answer func(pod string) error, objects ...runtime.Object) *fake.Clientset {
	t.Helper()
	client := fake.NewClientset(append(objects, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "live"}})...)
	client.PrependReactor("create", "pods", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if action.GetSubresource() != "eviction" {
			return false, nil, nil
		}
		eviction := action.(clienttesting.CreateAction).GetObject().(*policyv1.Eviction)
		if err := answer(eviction.Name); err != nil {
			return true, nil, err
		}
		pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
		return true, nil, client.Tracker().Delete(pods, eviction.Namespace, eviction.Name)
	})
	return client
}

func accept(string) error { return nil }

func cordoned(t *testing.T, client *fake.Clientset) bool {
	t.Helper()
	node, err := client.CoreV1().Nodes().Get(t.Context(), "live", metav1.GetOptions{})
	require.NoError(t, err)
	return node.Spec.Unschedulable
}

func names(t *testing.T, client *fake.Clientset) []string {
	t.Helper()
	list, err := client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var found []string
	for _, p := range list.Items {
		found = append(found, p.Name)
	}
	return found
}

func TestDrainEvictsWhatWouldRunElsewhere(t *testing.T) {
	done := pod("done", "Job")
	done.Status.Phase = corev1.PodSucceeded
	static := pod("static", "")
	static.Annotations = map[string]string{corev1.MirrorPodAnnotationKey: "x"}
	client := cluster(t, accept, pod("web", "ReplicaSet"), pod("store", "StatefulSet"), pod("agent", "DaemonSet"), done, static)
	var evicted []string
	require.NoError(t, Drain(t.Context(), client, "live", Options{Evicted: func(p string) { evicted = append(evicted, p) }}))
	assert.Equal(t, []string{"apps/store", "apps/web"}, evicted)
	assert.Equal(t, []string{"agent", "done", "static"}, names(t, client))
	assert.True(t, cordoned(t, client))
	for _, action := range client.Actions() {
		if list, ok := action.(clienttesting.ListAction); ok && action.GetResource().Resource == "pods" && list.GetListRestrictions().Fields.String() != "" {
			assert.Equal(t, "spec.nodeName=live", list.GetListRestrictions().Fields.String(), "pods of other nodes are left alone")
		}
	}
	require.NoError(t, Drain(t.Context(), client, "live", Options{}), "a second time there is nothing to do")
}

func TestDrainWaitsForAPodThatHasFinishedAndIsNotGone(t *testing.T) {
	ending := pod("web", "ReplicaSet")
	ending.Status.Phase = corev1.PodSucceeded
	ending.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	client := cluster(t, accept, ending)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := Drain(ctx, client, "live", Options{})
	assert.ErrorContains(t, err, "apps/web: it is ending")
}

func TestDrainAsksAgainWhenABudgetRefuses(t *testing.T) {
	refused := 0
	client := cluster(t, func(string) error {
		if refused < 2 {
			refused++
			return apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)
		}
		return nil
	}, pod("web", "ReplicaSet"))
	var reasons []string
	require.NoError(t, Drain(t.Context(), client, "live", Options{Waiting: func(left int, reason string) {
		reasons = append(reasons, fmt.Sprint(left, " ", reason))
	}}))
	assert.Equal(t, 2, refused)
	assert.Contains(t, reasons[0], "1 apps/web: Cannot evict pod")
}

func TestDrainThatTakesTooLongSaysWhatKeepsWhat(t *testing.T) {
	client := cluster(t, func(string) error {
		err := apierrors.NewTooManyRequests("Cannot evict pod.", 0)
		err.ErrStatus.Details.Causes = []metav1.StatusCause{{Message: "The disruption budget web needs 2 healthy pods and has 2 currently"}}
		return err
	}, pod("web", "ReplicaSet"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := Drain(ctx, client, "live", Options{})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "apps/web: Cannot evict pod. The disruption budget web needs 2 healthy pods and has 2 currently")
	assert.ErrorContains(t, err, "run the same command again to go on, or uncordon it")
	assert.True(t, cordoned(t, client))
}

func TestDrainRefusesToLosePodsBeforeItChangesAnything(t *testing.T) {
	client := cluster(t, accept, pod("lonely", ""), pod("web", "ReplicaSet"))
	err := Drain(t.Context(), client, "live", Options{})
	require.EqualError(t, err, "nothing would make these pods anew elsewhere, so they would be gone: apps/lonely; remove them, or drain with --force")
	assert.False(t, cordoned(t, client))
	assert.Len(t, names(t, client), 2)
	require.NoError(t, Drain(t.Context(), client, "live", Options{Force: true}))
	assert.Empty(t, names(t, client))
}

func TestDrainStopsAtAnErrorThatWaitingDoesNotCure(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "web", nil)
	client := cluster(t, func(string) error { return forbidden }, pod("web", "ReplicaSet"))
	err := Drain(t.Context(), client, "live", Options{})
	assert.ErrorIs(t, err, forbidden)
	assert.ErrorContains(t, err, "evicting pod apps/web")
}

func TestDrainOutlastsAnAPIServerThatRestarts(t *testing.T) {
	failed := 0
	client := cluster(t, func(string) error {
		if failed++; failed == 1 {
			return fmt.Errorf("dial tcp 10.98.0.11:6443: connection refused")
		}
		return nil
	}, pod("web", "ReplicaSet"))
	require.NoError(t, Drain(t.Context(), client, "live", Options{}))
	assert.Equal(t, 2, failed)
}

func TestCordonTellsWhetherItChangedSomething(t *testing.T) {
	client := cluster(t, accept)
	for _, step := range []struct{ unschedulable, changed bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		changed, err := Cordon(t.Context(), client, "live", step.unschedulable)
		require.NoError(t, err)
		assert.Equal(t, step.changed, changed)
		assert.Equal(t, step.unschedulable, cordoned(t, client))
	}
	_, err := Cordon(t.Context(), client, "live-b", true)
	assert.True(t, apierrors.IsNotFound(err))
}

func TestClaimsAreThoseWhoseDataLiesOnTheNode(t *testing.T) {
	volume := func(name, node string, phase corev1.PersistentVolumePhase) *corev1.PersistentVolume {
		v := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.PersistentVolumeStatus{Phase: phase}}
		v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "apps", Name: name}
		if node != "" {
			v.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
				MatchExpressions: []corev1.NodeSelectorRequirement{{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{node}}},
			}}}}
		}
		return v
	}
	client := cluster(t, accept, volume("here", "live", corev1.VolumeBound), volume("there", "live-b", corev1.VolumeBound),
		volume("anywhere", "", corev1.VolumeBound), volume("let-go", "live", corev1.VolumeReleased))
	claims, err := Claims(t.Context(), client, "live")
	require.NoError(t, err)
	assert.Equal(t, []string{"apps/here"}, claims)
}
