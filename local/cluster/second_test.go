//go:build cluster

package cluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"live-omega/local/cluster/network"
	"live-omega/local/layout"
	"live-omega/local/progress"
)

// pair is a deployment of two pods with a budget that keeps one of them. They
// spread over the nodes. A pod holds a network and nothing else: what is to
// serve or ask there is done by the test, inside the pod's network.
const pair = "pair"

func addSecond(t *testing.T) {
	ctx, log := t.Context(), progress.New(os.Stderr)
	require.NoError(t, AddNode(ctx, root, spare, options, log))
	s := status(t)
	assert.Equal(t, Running, s.State)
	require.Len(t, s.Nodes, 2)
	began := time.Now()
	require.NoError(t, AddNode(ctx, root, spare, options, log))
	assert.Less(t, time.Since(began), 20*time.Second)
	assert.Equal(t, s.Nodes, status(t).Nodes, "a second time nothing changes")

	a := up(t)
	for _, n := range spare.Nodes() {
		node, err := a.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, n.Pool, node.Labels[layout.PoolLabel], n.Name)
		assert.Equal(t, n.PodCIDR.String(), node.Spec.PodCIDR, n.Name)
	}
	makePair(t, a)
}

func makePair(t *testing.T, a *api) {
	t.Helper()
	labels, two, one := map[string]string{"app": pair}, int32(2), intstr.FromInt32(1)
	_, err := a.AppsV1().Deployments("default").Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: pair},
		Spec: appsv1.DeploymentSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec: corev1.PodSpec{
				Containers: []corev1.Container{{Name: "main", Image: options.Images.Pause}},
				TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: corev1.LabelHostname,
					WhenUnsatisfiable: corev1.ScheduleAnyway, LabelSelector: &metav1.LabelSelector{MatchLabels: labels}}},
			},
		}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = a.PolicyV1().PodDisruptionBudgets("default").Create(t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: pair},
		Spec:       policyv1.PodDisruptionBudgetSpec{MinAvailable: &one, Selector: &metav1.LabelSelector{MatchLabels: labels}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	placed := awaitPair(t, a)
	require.Len(t, placed[spare.First().Name], 1)
	require.Len(t, placed[spare.Second().Name], 1)
}

// awaitPair returns the two pods by node once both are ready and no other is
// left.
func awaitPair(t *testing.T, a *api) map[string][]corev1.Pod {
	t.Helper()
	var placed map[string][]corev1.Pod
	await(t, "both pods are ready", 2*time.Minute, func(ctx context.Context) (bool, error) {
		pods, err := a.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=" + pair})
		if err != nil {
			return false, nil
		}
		placed = map[string][]corev1.Pod{}
		for _, pod := range pods.Items {
			if !ready(pod) || pod.DeletionTimestamp != nil {
				return false, nil
			}
			placed[pod.Spec.NodeName] = append(placed[pod.Spec.NodeName], pod)
		}
		return len(pods.Items) == 2, nil
	})
	return placed
}

// inPod runs f on a thread in the pod's network. Sockets that f makes stay
// there.
func inPod(pod corev1.Pod, f func() error) error {
	n, err := spare.NodeNamed(pod.Spec.NodeName)
	if err != nil {
		return err
	}
	pids, err := paths{root, spare, n}.group().Processes()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		groups, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
		if !strings.Contains(string(groups), "pod"+string(pod.UID)) {
			continue
		}
		ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err != nil {
			return err
		}
		defer ns.Close()
		return network.OnThread(func() error {
			if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			return f()
		})
	}
	return fmt.Errorf("no process of pod %s", pod.Name)
}

// from dials from inside the pod.
func from(pod corev1.Pod) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		err = inPod(pod, func() (err error) {
			conn, err = (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
			return err
		})
		return conn, err
	}
}

// serveCallers serves, in the pod on port 8080, the address that a caller has
// there.
func serveCallers(t *testing.T, pod corev1.Pod) {
	t.Helper()
	var listener net.Listener
	require.NoError(t, inPod(pod, func() (err error) {
		listener, err = net.Listen("tcp4", ":8080")
		return err
	}))
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		io.WriteString(w, host)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
}

func get(t *testing.T, dial func(context.Context, string, string) (net.Conn, error), host string) string {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	response, err := client.Get("http://" + host + ":8080/")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func acrossNodes(t *testing.T) {
	ctx, a := t.Context(), up(t)
	placed := awaitPair(t, a)
	one, two := placed[spare.First().Name][0], placed[spare.Second().Name][0]
	for _, pod := range []corev1.Pod{one, two} {
		n, err := spare.NodeNamed(pod.Spec.NodeName)
		require.NoError(t, err)
		assert.True(t, n.PodCIDR.Contains(netip.MustParseAddr(pod.Status.PodIP)), "%s is of %s", pod.Status.PodIP, n.PodCIDR)
		serveCallers(t, pod)
	}
	assert.Equal(t, one.Status.PodIP, get(t, from(one), two.Status.PodIP), "a pod has its own address on the other node")
	assert.Equal(t, two.Status.PodIP, get(t, from(two), one.Status.PodIP), "and the other way")

	body, err := a.CoreV1().RESTClient().Get().AbsPath("/api/v1/namespaces/default/pods/" + two.Name + ":8080/proxy/").DoRaw(ctx)
	require.NoError(t, err)
	assert.Equal(t, spare.Address.String(), string(body), "the API server reaches a pod on the second node")

	for _, pod := range []corev1.Pod{one, two} {
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return from(pod)(ctx, network, net.JoinHostPort(spare.DNS().String(), "53"))
		}}
		// One pod of DNS is on each node; ask often enough to meet both.
		for range 8 {
			found, err := resolver.LookupHost(ctx, "kubernetes.default.svc.cluster.local.")
			require.NoError(t, err, "from node %s", pod.Spec.NodeName)
			assert.Equal(t, []string{host(spare.Services, 1).String()}, found)
		}
	}

	dns, err := a.CoreV1().Pods("kube-system").List(ctx, metav1.ListOptions{LabelSelector: "k8s-app=kube-dns", FieldSelector: "spec.nodeName=" + spare.Second().Name})
	require.NoError(t, err)
	require.Len(t, dns.Items, 1, "DNS has a pod on the second node")
	log, err := a.CoreV1().Pods("kube-system").GetLogs(dns.Items[0].Name, &corev1.PodLogOptions{}).DoRaw(ctx)
	require.NoError(t, err)
	assert.Contains(t, string(log), "CoreDNS-", "logs of the second node are read through the API server")
}

// bothSurvive stops and kills a cluster of two nodes.
func bothSurvive(t *testing.T) {
	ctx, log := t.Context(), progress.New(os.Stderr)
	for _, stop := range []func(context.Context, layout.Root, layout.Cluster, *progress.Log) error{Down, Kill} {
		before := awaitPair(t, up(t))
		require.NoError(t, stop(ctx, root, spare, log))
		for _, n := range spare.Nodes() {
			pids, err := paths{root, spare, n}.group().Processes()
			require.NoError(t, err)
			assert.Empty(t, pids, n.Name)
		}
		after := awaitPair(t, up(t))
		for node, pods := range before {
			require.Len(t, after[node], 1)
			assert.Equal(t, pods[0].UID, after[node][0].UID, "it is the same pod on %s", node)
		}
	}
}

func drainAndRemove(t *testing.T) {
	ctx, log := t.Context(), progress.New(os.Stderr)
	a := up(t)
	one, two := spare.First(), spare.Second()
	err := Drain(ctx, root, spare, one, DrainOptions{Limit: time.Minute}, log)
	require.ErrorContains(t, err, "default/keep", "a pod that nothing makes anew is not lost by mistake")
	assert.False(t, status(t).Nodes[0].Cordoned)
	require.NoError(t, a.CoreV1().Pods("default").Delete(ctx, "keep", metav1.DeleteOptions{}))

	// The budget allows one pod to be away at a time, so at no time are both.
	watching, stop := context.WithCancel(ctx)
	fewest := make(chan int, 1)
	go func() { fewest <- leastReady(watching, a) }()
	require.NoError(t, Drain(ctx, root, spare, one, DrainOptions{Limit: 2 * time.Minute}, log))
	placed := awaitPair(t, a)
	assert.Len(t, placed[two.Name], 2, "both have moved")
	s := status(t)
	assert.Equal(t, Running, s.State)
	assert.True(t, s.Nodes[0].Cordoned)
	left, err := a.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + one.Name})
	require.NoError(t, err)
	assert.Empty(t, left.Items)

	err = Drain(ctx, root, spare, two, DrainOptions{Limit: time.Minute}, log)
	require.ErrorContains(t, err, "no other node is ready and takes pods")
	require.NoError(t, Uncordon(ctx, root, spare, one, log))
	require.NoError(t, RemoveNode(ctx, root, spare, options, RemoveOptions{}, log))
	placed = awaitPair(t, a)
	stop()
	assert.Len(t, placed[one.Name], 2, "they have moved back")
	assert.GreaterOrEqual(t, <-fewest, 1, "pods that were ready at any time")

	assert.Empty(t, nodeTraces(t, two), "the second node leaves nothing")
	assert.Len(t, status(t).Nodes, 1)
	assert.Equal(t, Running, status(t).State)
	require.NoError(t, RemoveNode(ctx, root, spare, options, RemoveOptions{}, log), "a second time there is nothing to do")
	err = Drain(ctx, root, spare, two, DrainOptions{Limit: time.Minute}, log)
	require.ErrorContains(t, err, "add it with: cloud local node add spare")
}

// leastReady is how few pods of the pair were ready until ctx ended.
func leastReady(ctx context.Context, a *api) int {
	least := 2
	_ = until(ctx, func(ctx context.Context) (bool, error) {
		pods, err := a.CoreV1().Pods("default").List(ctx, metav1.ListOptions{LabelSelector: "app=" + pair})
		if err != nil {
			return false, nil
		}
		now := 0
		for _, pod := range pods.Items {
			if ready(pod) {
				now++
			}
		}
		least = min(least, now)
		return false, nil
	})
	return least
}

// loseSecond removes a node whose machine is lost.
func loseSecond(t *testing.T) {
	ctx, log := t.Context(), progress.New(os.Stderr)
	require.NoError(t, AddNode(ctx, root, spare, options, log))
	require.NotEmpty(t, nodeTraces(t, spare.Second()))
	require.NoError(t, first(root, spare).second().kill(ctx))
	require.NoError(t, RemoveNode(ctx, root, spare, options, RemoveOptions{Force: true}, log))
	assert.Empty(t, nodeTraces(t, spare.Second()))
	assert.Equal(t, Running, status(t).State)
	placed := awaitPair(t, up(t))
	assert.Len(t, placed[spare.First().Name], 2)
}

// nodeTraces is what a node could leave behind, apart from what the machine has
// of others.
func nodeTraces(t *testing.T, n layout.Node) []string {
	t.Helper()
	var list []string
	for _, trace := range traces(t) {
		if strings.Contains(trace, n.Name) || strings.Contains(trace, n.Netns) {
			list = append(list, trace)
		}
	}
	for _, path := range []string{network.NamespacePath(n.Netns), root.ClusterDir(spare.Name, "nodes")} {
		if _, err := os.Lstat(path); err == nil {
			list = append(list, "file "+path)
		}
	}
	groups, err := filepath.Glob("/sys/fs/cgroup/*/" + string(paths{root, spare, n}.group()))
	require.NoError(t, err)
	unified, err := filepath.Glob("/sys/fs/cgroup/" + string(paths{root, spare, n}.group()))
	require.NoError(t, err)
	return append(append(list, groups...), unified...)
}
