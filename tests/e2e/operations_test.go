//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"live-omega/local/layout"
	"live-omega/tests/e2e/rig"
)

func operations() []Case {
	return []Case{{
		Name:        "a new version rolls out",
		Description: "another image of a replaces its pods under 500 requests/s and loses none of them; `up` touches the Deployment alone",
		Prove:       proveRollout,
	}, {
		Name:        "an app is scaled down",
		Description: "from three pods of a to one under 500 requests/s: none is lost",
		Prove:       proveScalingDown,
	}, {
		Name: "variant b goes and comes back",
		Description: "b is removed from the config together with its release, and later both come back, under 500 requests/s: none is lost, " +
			"b leaves no namespace behind, and it gets its share again",
		Prove: proveSingleVariant,
	}, {
		Name: "a node is drained",
		Description: "with two pods of each variant and a second node in live the first is drained, and then the second removed, under " +
			"100 requests/s through the edge: none is lost, and no pod of the app stays on a node that is to be empty",
		Prove: proveDrain,
	}}
}

func proveRollout(t *testing.T, c *rig.Cloud) {
	kube := c.Kube(t, "live")
	c.Restore(t, "live")
	c.Set(t, "live", release("{strategy: ramped}"))
	c.Up(t, "live")
	next := c.Read(t, "live", at("variants", "b", "version")...)

	sent := send(t, c, "live")
	until(t, sent.began.Add(soon))
	c.Set(t, "live",
		rig.Set{Path: at("variants", "a", "image"), Value: c.Read(t, "live", at("variants", "b", "image")...)},
		rig.Set{Path: at("variants", "a", "version"), Value: next})
	up := c.Up(t, "live")
	if assert.Len(t, up.Changed, 1, "resources that the edit touched") {
		assert.Regexp(t, "^update .*:Deployment::"+app+"-a$", up.Changed[0])
	}
	kube.WaitSettled(t, app+"-a", app, leaving)
	settled := time.Now()
	until(t, settled.Add(soon))
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
	after := report.During(settled, report.To)
	assert.Equal(t, after.Requests, after.Versions[next], "answers of %s after the rollout", next)
}

func proveScalingDown(t *testing.T, c *rig.Cloud) {
	kube := c.Kube(t, "live")
	pods := func(n int) rig.Set {
		return rig.Set{Path: at("variants", "a", "replicas"), Value: fmt.Sprint(n)}
	}
	c.Restore(t, "live")
	c.Set(t, "live", pods(3), release("{strategy: ramped}"))
	c.Up(t, "live")
	kube.WaitSettled(t, app+"-a", app, leaving)
	require.Len(t, kube.RunningPods(t, app+"-a"), 3)

	sent := send(t, c, "live")
	until(t, sent.began.Add(soon))
	c.Set(t, "live", pods(1))
	c.Up(t, "live")
	kube.WaitSettled(t, app+"-a", app, leaving)
	until(t, time.Now().Add(soon))
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
	assert.Len(t, kube.RunningPods(t, app+"-a"), 1)
}

func proveSingleVariant(t *testing.T, c *rig.Cloud) {
	kube := c.Kube(t, "live")
	c.Restore(t, "live")
	c.Set(t, "live", release("{strategy: canary, weight: 50}"))
	c.Up(t, "live")
	b := fmt.Sprintf("{image: %q, version: %s, replicas: 1}",
		c.Read(t, "live", at("variants", "b", "image")...), c.Read(t, "live", at("variants", "b", "version")...))

	sent := send(t, c, "live")
	until(t, sent.began.Add(soon))
	c.Set(t, "live", rig.Set{Path: at("variants", "b")}, release("{strategy: ramped}"))
	gone := c.Up(t, "live")
	_, err := kube.Resource(rig.Namespaces).Get(t.Context(), app+"-b", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "the namespace of b: %v", err)
	until(t, gone.Done.Add(soon))

	c.Set(t, "live", rig.Set{Path: at("variants", "b"), Value: b}, release("{strategy: canary, weight: 50}"))
	back := c.Up(t, "live")
	until(t, back.Done.Add(settle+measured))
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
	assert.Zero(t, report.During(gone.Done, gone.Done.Add(soon)).Variants["b"], "answers of b while there was none")
	assert.InDelta(t, 50, report.During(back.Done.Add(settle), report.To).VariantShare("b"), tolerance, "share of b when it was back")
}

func proveDrain(t *testing.T, c *rig.Cloud) {
	live, err := layout.ClusterNamed("live")
	require.NoError(t, err)
	first, second := live.First().Name, live.Second().Name
	kube := c.Kube(t, "live")
	gateway := kube.GatewayDeployment(t)

	// A variant with a single pod has none while that pod moves.
	c.Restore(t, "live")
	c.Set(t, "live", rig.Set{Path: at("variants", "b", "replicas"), Value: "2"})
	c.Up(t, "live")
	t.Logf("a second node: %.1f s", c.Run(t, "local", "node", "add", "live").Seconds())
	t.Cleanup(func() {
		// Also when this failed half-way: one node, and pods may go to it.
		if t.Failed() {
			c.Run(t, "local", "node", "uncordon", "live", first)
			c.Run(t, "local", "node", "remove", "live")
		}
		kube.WaitSettled(t, app+"-a", app, leaving)
		kube.WaitSettled(t, "ingress", gateway, leaving)
	})

	// Another node boots and is emptied on the same machine: more would only measure that.
	sent := sendAt(t, c, "edge", besides)
	until(t, sent.began.Add(soon))
	empty := func(node string, took time.Duration) {
		for _, namespace := range []string{app + "-a", app + "-b"} {
			kube.WaitSettled(t, namespace, app, leaving)
			for _, pod := range podsOf(t, kube, namespace) {
				on, _, _ := unstructured.NestedString(pod.Object, "spec", "nodeName")
				assert.NotEqual(t, node, on, "pod %s/%s is still there", namespace, pod.GetName())
			}
		}
		kube.WaitSettled(t, "ingress", gateway, leaving)
		t.Logf("node %s emptied in %.1f s", node, took.Seconds())
	}
	empty(first, c.Run(t, "local", "node", "drain", "live", first))
	c.Run(t, "local", "node", "uncordon", "live", first)
	empty(second, c.Run(t, "local", "node", "remove", "live"))
	until(t, time.Now().Add(soon))
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
	// A check of the edge may fail on a machine this busy; then omega answers for half a second.
	assert.Greater(t, report.ClusterShare("live"), 90.0, "share of live: the edge must not have had to help")
}

func podsOf(t *testing.T, kube rig.Kube, namespace string) []unstructured.Unstructured {
	t.Helper()
	list, err := kube.Resource(rig.Pods).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	return list.Items
}
