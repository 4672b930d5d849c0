//go:build integration

package engine

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"live-omega/components/placement"
)

// operatingSystemMoves: one word moves everything from pool a to pool b. The new pool is opened before pods
// go there, and the old one is closed when all of them have left. That the pods get there at all shows that
// the autoscaler may make nodes for them; that they are ready before the old pool shrinks is why nobody
// notices.
func operatingSystemMoves(t *testing.T, c *gkeCloud) {
	c.editConfig(t, "gke-live", set("b", "live-omega:nodes", "active"))
	steps := c.steps(t, "gke-live")
	told := strings.Join(names(steps), "\n")
	if len(steps) < 2 {
		t.Fatalf("the edit did only\n%s", told)
	}
	if first, last := steps[0].String(), steps[len(steps)-1].String(); first != "update NodePool pool-b" || last != "update NodePool pool-a" {
		t.Errorf("the first step is %s and the last %s, want the opening of pool-b and the closing of pool-a:\n%s", first, last, told)
	}
	deployments := 0
	for _, s := range steps[1 : len(steps)-1] {
		if s.op != "update" || s.typ != "Deployment" {
			t.Errorf("%s, want updates of Deployments only between the pools:\n%s", s, told)
		}
		deployments++
	}
	if deployments < 3 {
		t.Errorf("%d Deployments move, want those of ingress and apps:\n%s", deployments, told)
	}
	c.runsOn(t, "live", "b")
}

// runsOn checks that all pods are bound to a pool, ready, and that no other pool has nodes.
func (c *gkeCloud) runsOn(t *testing.T, cluster, pool string) {
	t.Helper()
	clients := c.clients(t, cluster)
	deployments, err := clients.AppsV1().Deployments("").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(deployments.Items) < 3 {
		t.Errorf("%s has %d Deployments, want those of ingress and apps", cluster, len(deployments.Items))
	}
	for _, deployment := range deployments.Items {
		bound := deployment.Spec.Template.Spec.NodeSelector[placement.PoolLabel]
		if ready := deployment.Status; bound != pool || ready.UpdatedReplicas != *deployment.Spec.Replicas || ready.ReadyReplicas != ready.Replicas {
			t.Errorf("%s is bound to %q, %d of %d pods are new and %d ready; want all of them, on %s",
				deployment.Name, bound, ready.UpdatedReplicas, *deployment.Spec.Replicas, ready.ReadyReplicas, pool)
		}
	}
	nodes, err := clients.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes.Items) == 0 {
		t.Errorf("%s has no nodes", cluster)
	}
	for _, node := range nodes.Items {
		if of := node.Labels[placement.PoolLabel]; of != pool {
			t.Errorf("node %s of pool %s is still there", node.Name, of)
		}
	}
}

// poolMadeAnewComesFirst: spot machines are a property that no pool can change. There is a second pool of the
// new kind before the first one goes, and no Deployment is touched.
func poolMadeAnewComesFirst(t *testing.T, c *gkeCloud) {
	c.editConfig(t, "gke-live", set(false, "live-omega:nodes", "pools", "b", "spot"))
	old := c.pool(t, "live", "b")
	for _, s := range c.steps(t, "gke-live") {
		if s.typ != "NodePool" {
			t.Errorf("%s, want the pool and nothing else", s)
		}
	}
	journal, err := c.project.Journal()
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, entry := range journal[len(journal)-2:] {
		calls = append(calls, entry.Call+" "+entry.Kind)
	}
	if want := []string{"create NodePool", "delete NodePool"}; !slices.Equal(calls, want) || journal[len(journal)-1].ID != old {
		t.Errorf("the last calls are %v, of %s; want %v, the latter of %s", calls, journal[len(journal)-1].ID, want, old)
	}
	c.runsOn(t, "live", "b")
}

// pool is the ID of a pool of a cluster.
func (c *gkeCloud) pool(t *testing.T, cluster, name string) string {
	t.Helper()
	all, err := c.project.All("NodePool")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if strings.Contains(r.ID, "/clusters/"+cluster+"/") && at(r.State, "nodeConfig", "labels", placement.PoolLabel) == name {
			return r.ID
		}
	}
	t.Fatalf("cluster %s has no pool %s", cluster, name)
	return ""
}
