//go:build integration

package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"live-omega/tests/apiserver"
)

// cluster is an API server with a stand-in for its nodes.
type cluster struct {
	clients   kubernetes.Interface
	dynamic   dynamic.Interface
	discovery discovery.DiscoveryInterface
	// takes is whether a node takes a pod, which otherwise waits; nil for a node that takes all.
	takes func(ctx context.Context, pod *corev1.Pod) bool
	// pristine is the inventory before anything was deployed.
	pristine []string
}

func newCluster(t *testing.T, server *apiserver.Server, options ...func(*cluster)) *cluster {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS, config.Burst = 200, 400
	config.WarningHandler = rest.NoWarnings{} // listing everything meets deprecated resources
	c := &cluster{}
	if c.clients, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	if c.dynamic, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	c.discovery = c.clients.Discovery()
	for _, option := range options {
		option(c)
	}

	ctx, cancel := context.WithCancel(context.Background())
	var node sync.WaitGroup
	node.Go(func() { c.actAsNode(ctx) })
	t.Cleanup(func() { cancel(); node.Wait() })
	c.awaitSettled(t)
	c.pristine = c.inventory(t)
	return c
}

// actAsNode calls every pod running and ready until ctx ends. Errors are left to
// the next round: pods come and go.
func (c *cluster) actAsNode(ctx context.Context) {
	for n := 1; ; n++ {
		pods, err := c.clients.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
		if err == nil {
			for i := range pods.Items {
				c.ready(ctx, &pods.Items[i], n)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (c *cluster) ready(ctx context.Context, pod *corev1.Pod, n int) {
	if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodRunning || c.takes != nil && !c.takes(ctx, pod) {
		return
	}
	now := metav1.Now()
	status := corev1.PodStatus{Phase: corev1.PodRunning, PodIP: fmt.Sprintf("10.1.%d.%d", n/250%250, n%250+1), StartTime: &now}
	for _, condition := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	for _, container := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, corev1.ContainerStatus{
			Name: container.Name, Image: container.Image, Ready: true,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}},
		})
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return
	}
	_, _ = c.clients.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
}

// passing are objects that the system makes and unmakes by itself.
var passing = []string{"events", "leases", "endpoints", "endpointslices", "controllerrevisions", "ipaddresses", "pods", "replicasets"}

// inventory names every object of the cluster that somebody made.
func (c *cluster) inventory(t *testing.T) []string {
	t.Helper()
	return c.list(t, passing, metav1.ListOptions{})
}

// labelled names every object of the cluster with a label, whoever made it.
func (c *cluster) labelled(t *testing.T, selector string) []string {
	t.Helper()
	return c.list(t, nil, metav1.ListOptions{LabelSelector: selector})
}

func (c *cluster) list(t *testing.T, except []string, options metav1.ListOptions) []string {
	t.Helper()
	lists, err := c.discovery.ServerPreferredResources()
	if err != nil {
		t.Fatalf("asking the cluster for its resources: %v", err)
	}
	var names []string
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range list.APIResources {
			if !slices.Contains(resource.Verbs, "list") || slices.Contains(except, resource.Name) {
				continue
			}
			objects, err := c.dynamic.Resource(version.WithResource(resource.Name)).List(t.Context(), options)
			if err != nil {
				t.Fatalf("listing %s: %v", resource.Name, err)
			}
			for _, object := range objects.Items {
				names = append(names, fmt.Sprintf("%s.%s %s/%s", resource.Name, version.Group, object.GetNamespace(), object.GetName()))
			}
		}
	}
	slices.Sort(names)
	return names
}

// deployed is what is in the cluster beyond what was in it at the start.
func (c *cluster) deployed(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range c.inventory(t) {
		if !slices.Contains(c.pristine, name) {
			names = append(names, name)
		}
	}
	return names
}

// awaitSettled waits until the system's own objects are all there.
func (c *cluster) awaitSettled(t *testing.T) {
	t.Helper()
	last, since := "", time.Now()
	eventually(t, "the new cluster's own objects are complete", func() bool {
		if now := strings.Join(c.inventory(t), "\n"); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > time.Second
	})
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}
