package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kinds that tests look at.
var (
	Deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	Pods        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	Namespaces  = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	Budgets     = schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}
	Routes      = schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}
)

// Kube is the API of one cluster.
type Kube struct {
	dynamic.Interface
	Cluster string
	config  *rest.Config
}

// RESTConfig is how an admin reaches a cluster's API.
func (c *Cloud) RESTConfig(t testing.TB, cluster string) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", c.Root.Kubeconfig(cluster))
	require.NoError(t, err)
	config.Timeout = 30 * time.Second
	config.QPS, config.Burst = 100, 200
	return config
}

// Kube opens a cluster's API.
func (c *Cloud) Kube(t testing.TB, cluster string) Kube {
	t.Helper()
	return Kube{Cluster: cluster}.with(t, c.RESTConfig(t, cluster))
}

// GatewayDeployment is the name of the Deployment behind a cluster's gateway,
// which is the only one in the namespace "ingress".
func (k Kube) GatewayDeployment(t testing.TB) string {
	t.Helper()
	list, err := k.Resource(Deployments).Namespace("ingress").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1, "Deployments in namespace ingress of %s", k.Cluster)
	return list.Items[0].GetName()
}

// Restart replaces every pod of a Deployment, as `kubectl rollout restart`.
func (k Kube) Restart(t testing.TB, namespace, name string) {
	t.Helper()
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":%q}}}}}`,
		time.Now().Format(time.RFC3339Nano))
	_, err := k.Resource(Deployments).Namespace(namespace).Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	require.NoError(t, err)
}

// DeletePod deletes one running pod of a Deployment with its default grace.
func (k Kube) DeletePod(t testing.TB, namespace, name string) {
	t.Helper()
	pods := k.pods(t.Context(), t, namespace, name)
	for _, pod := range pods {
		if pod.GetDeletionTimestamp() == nil {
			require.NoError(t, k.Resource(Pods).Namespace(namespace).Delete(t.Context(), pod.GetName(), metav1.DeleteOptions{}))
			return
		}
	}
	require.Fail(t, "no running pod", "of %s/%s in %s", namespace, name, k.Cluster)
}

func (k Kube) pods(ctx context.Context, t testing.TB, namespace, deployment string) []unstructured.Unstructured {
	t.Helper()
	owner, err := k.Resource(Deployments).Namespace(namespace).Get(ctx, deployment, metav1.GetOptions{})
	require.NoError(t, err)
	labels, _, err := unstructured.NestedStringMap(owner.Object, "spec", "selector", "matchLabels")
	require.NoError(t, err)
	list, err := k.Resource(Pods).Namespace(namespace).List(ctx, metav1.ListOptions{
		LabelSelector: metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels}),
	})
	require.NoError(t, err)
	return list.Items
}

// WaitSettled waits until a Deployment has exactly the pods that it should
// have, all available, and the last of those it replaces has gone: until then
// a request can still be lost by one that leaves.
func (k Kube) WaitSettled(t testing.TB, namespace, name string, within time.Duration) {
	t.Helper()
	var state string
	// Cleanups wait too, when the context of the test has ended.
	err := wait.PollUntilContextTimeout(context.WithoutCancel(t.Context()), 250*time.Millisecond, within, true, func(ctx context.Context) (bool, error) {
		deployment, err := k.Resource(Deployments).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			state = err.Error()
			return false, nil
		}
		status := deploymentStatus(deployment)
		pods := k.pods(ctx, t, namespace, name)
		leaving := slices.ContainsFunc(pods, func(pod unstructured.Unstructured) bool { return pod.GetDeletionTimestamp() != nil })
		state = fmt.Sprintf("%+v, %d pods, leaving: %t", status, len(pods), leaving)
		return status.settled() && len(pods) == int(status.Wanted) && !leaving, nil
	})
	require.NoError(t, err, "%s/%s in %s: %s", namespace, name, k.Cluster, state)
}

// rollout is how far a Deployment is.
type rollout struct {
	Generation, Observed               int64
	Wanted, Updated, Available, Former int64
}

func (r rollout) settled() bool {
	return r.Observed >= r.Generation && r.Updated == r.Wanted && r.Available == r.Wanted && r.Former == 0
}

func deploymentStatus(d *unstructured.Unstructured) rollout {
	number := func(path ...string) int64 {
		n, _, _ := unstructured.NestedInt64(d.Object, path...)
		return n
	}
	r := rollout{
		Generation: d.GetGeneration(), Observed: number("status", "observedGeneration"),
		Wanted: number("spec", "replicas"), Updated: number("status", "updatedReplicas"), Available: number("status", "availableReplicas"),
	}
	r.Former = number("status", "replicas") - r.Updated
	return r
}

// Remove deletes an object if it is there, in cleanups too.
func (k Kube) Remove(t testing.TB, kind schema.GroupVersionResource, namespace, name string) {
	t.Helper()
	err := k.Resource(kind).Namespace(namespace).Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{})
	if !apierrors.IsNotFound(err) {
		require.NoError(t, err)
	}
}

// HandEdit changes an object as somebody does with kubectl who has not heard
// of Pulumi.
func (k Kube) HandEdit(t testing.TB, kind schema.GroupVersionResource, namespace, name string, patch any) {
	t.Helper()
	text, err := json.Marshal(patch)
	require.NoError(t, err)
	_, err = k.Resource(kind).Namespace(namespace).Patch(t.Context(), name, types.MergePatchType, text, metav1.PatchOptions{FieldManager: "kubectl-edit"})
	require.NoError(t, err)
}
