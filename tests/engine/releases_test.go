//go:build integration

package engine

import (
	"strconv"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// release replaces what guestbook's config says of its release, and the replicas of its variant b.
func (c *cloud) release(t *testing.T, release map[string]any, replicas int) {
	t.Helper()
	c.editConfig(t, "live", func(config map[string]any) {
		guestbook := config["live-omega:apps"].(map[string]any)["guestbook"].(map[string]any)
		guestbook["release"] = release
		guestbook["variants"].(map[string]any)["b"].(map[string]any)["replicas"] = replicas
	})
}

// TestReleases changes releases with the real engine: which resource waits for which turns round with them.
func TestReleases(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "live")
	c.init(t, "shared", "live")
	c.up(t, "shared")
	c.up(t, "live")
	t.Run("every strategy follows another", func(t *testing.T) { strategiesFollowEachOther(t, c) })
	t.Run("capacity comes before traffic and goes after it", func(t *testing.T) { capacityComesBeforeTraffic(t, c) })
}

func strategiesFollowEachOther(t *testing.T, c *cloud) {
	for _, release := range []map[string]any{
		{"strategy": "blueGreen", "active": "b"},
		{"strategy": "abTest", "match": []any{map[string]any{"query": map[string]any{"beta": "yes"}}}},
		{"strategy": "shadow", "percent": 10},
		{"strategy": "recreate"},
		{"strategy": "dark", "pin": true},
		{"strategy": "ramped"},
		{"strategy": "canary", "weight": 10, "sticky": true},
	} {
		c.release(t, release, 1)
		if changes := c.changes(t, "live"); changes["update"] == 0 || changes["replace"]+changes["create-replacement"] > 0 {
			t.Errorf("%v plans %v, want updates and no replacement", release, changes)
		}
		c.up(t, "live")
	}
	c.up(t, "live", "--expect-no-changes")
}

func capacityComesBeforeTraffic(t *testing.T, c *cloud) {
	c.release(t, map[string]any{"strategy": "canary", "weight": 0}, 0)
	c.up(t, "live")
	ready := c.watchPods(t, func(d *appsv1.Deployment) bool { return d.Status.ReadyReplicas == 2 })
	c.release(t, map[string]any{"strategy": "canary", "weight": 50}, 2)
	c.up(t, "live")
	if pods, route := ready(), c.routeVersion(t); pods == 0 || pods > route {
		t.Errorf("b was ready at %d and the route sent requests at %d, want b first", pods, route)
	}

	scaled := c.watchPods(t, func(d *appsv1.Deployment) bool { return *d.Spec.Replicas == 0 })
	c.release(t, map[string]any{"strategy": "canary", "weight": 0}, 0)
	c.up(t, "live")
	if pods, route := scaled(), c.routeVersion(t); pods == 0 || pods < route {
		t.Errorf("b was scaled down at %d and the route left it at %d, want the route first", pods, route)
	}
}

// watchPods follows the Deployment of guestbook's variant b, and tells at which resource version it was
// first as wanted; 0 for never.
func (c *cloud) watchPods(t *testing.T, wanted func(*appsv1.Deployment) bool) func() uint64 {
	t.Helper()
	deployments := c.clients(t, "live").AppsV1().Deployments("guestbook-b")
	now, err := deployments.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	watch, err := deployments.Watch(t.Context(), metav1.ListOptions{ResourceVersion: now.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Stop)
	var mutex sync.Mutex
	var first uint64
	go func() {
		for event := range watch.ResultChan() {
			mutex.Lock()
			if deployment, ok := event.Object.(*appsv1.Deployment); ok && first == 0 && wanted(deployment) {
				first, _ = strconv.ParseUint(deployment.ResourceVersion, 10, 64)
			}
			mutex.Unlock()
		}
	}()
	return func() uint64 {
		eventually(t, "the Deployment of b is seen as wanted", func() bool {
			mutex.Lock()
			defer mutex.Unlock()
			return first != 0
		})
		return first
	}
}

// routeVersion is the resource version of guestbook's route. Nothing but the program writes it here: no
// gateway runs.
func (c *cloud) routeVersion(t *testing.T) uint64 {
	t.Helper()
	routes := schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}
	route, err := c.clusters["live"].dynamic.Resource(routes).Namespace("guestbook-a").Get(t.Context(), "guestbook", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	version, err := strconv.ParseUint(route.GetResourceVersion(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return version
}
