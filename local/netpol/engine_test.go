//go:build integration

package netpol

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netns"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"live-omega/tests/apiserver"
)

// bound is how long a change in the API may take to reach the kernel, on a busy
// machine. How long it took is logged.
const bound = 3 * time.Second

// rig is a lab whose node is run by an engine, with a real API server.
type rig struct {
	*lab
	client  kubernetes.Interface
	config  Config
	results string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	server := apiserver.Start(t)
	config, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	require.NoError(t, err)
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	r := &rig{lab: newLab(t), client: client, results: filepath.Join(t.TempDir(), "results")}
	r.config = Config{Kubeconfig: server.Kubeconfig, Node: "test", Pods: nodeRange, Cluster: clusterRange, Bridge: "cni0", Results: r.results, Health: "127.0.0.1:10300"}
	require.NoError(t, os.MkdirAll(r.results, 0o700))
	for _, n := range testNamespaces() {
		if n.Name == "kube-system" {
			continue
		}
		_, err := client.CoreV1().Namespaces().Create(t.Context(), n, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	for _, p := range testPods {
		r.create(t, p)
	}
	return r
}

// create makes a pod in the API, and tells its address as a kubelet does if it
// is on another node, or as the CNI library does.
func (r *rig) create(t *testing.T, p testPod) {
	t.Helper()
	pod := p.object(t)
	pod.UID, pod.Spec.Containers[0].Image = "", "image"
	status, off := pod.Status, false
	pod.Spec.AutomountServiceAccountToken = &off
	var made *corev1.Pod
	require.Eventually(t, func() (done bool) {
		var err error
		made, err = r.client.CoreV1().Pods(pod.Namespace).Create(t.Context(), pod, metav1.CreateOptions{})
		return err == nil // the namespace's service account takes a moment
	}, time.Minute, 50*time.Millisecond)
	if address := netip.MustParseAddr(p.address); nodeRange.Contains(address) {
		writeResult(t, r.results, "pods-"+pod.Namespace+"-"+pod.Name, resultOf(pod.Namespace, pod.Name, string(made.UID), p.address+"/24"))
		return
	}
	made.Status = status
	_, err := r.client.CoreV1().Pods(pod.Namespace).UpdateStatus(t.Context(), made, metav1.UpdateOptions{})
	require.NoError(t, err)
}

// start runs an engine in the node until the returned function is called.
func (r *rig) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is of the node
		err := netns.Set(r.node.ns)
		if err == nil {
			err = Run(ctx, r.config, slog.New(slog.NewTextHandler(t.Output(), nil)))
		}
		ended <- err
	}()
	stop = func() {
		cancel()
		if ended != nil {
			assert.NoError(t, <-ended)
			ended = nil
		}
	}
	t.Cleanup(stop)
	return stop
}

func (r *rig) healthy() (ok bool) {
	r.node.do(func() {
		// An http.Client would dial from a thread outside of the node.
		conn, err := net.DialTimeout("tcp4", r.config.Health, patience)
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /healthz HTTP/1.0\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil {
			ok = response.StatusCode == http.StatusOK
			response.Body.Close()
		}
	})
	return ok
}

// becomes waits until a flow has the outcome, and says how long that took.
func (r *rig) becomes(t *testing.T, flow string, want outcome) {
	t.Helper()
	begin := time.Now()
	for r.tryFlow(t, flow) != want {
		if time.Since(begin) > bound {
			t.Fatalf("%s is not %s after %s", flow, want, bound)
		}
	}
	t.Logf("%s %s after %s", flow, want, time.Since(begin).Round(time.Millisecond))
}

func TestTheEngineFollowsTheCluster(t *testing.T) {
	r := newRig(t)
	policies := r.client.NetworkingV1().NetworkPolicies("red")
	deny := testPolicy(t, "deny", denyRed)
	_, err := policies.Create(t.Context(), deny, metav1.CreateOptions{})
	require.NoError(t, err)
	const flow = "blue/web > red/db tcp/9090"
	require.Equal(t, open, r.tryFlow(t, flow), "nobody enforces anything yet")
	stop := r.start(t)
	require.Eventually(t, r.healthy, time.Minute, 20*time.Millisecond)
	assert.Equal(t, refused, r.tryFlow(t, flow), "healthy means enforced")

	allow := testPolicy(t, "allow", "red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {apps: 'true'}}, podSelector: {matchLabels: {app: web}}}], ports: [{port: sql}]}]}")
	_, err = policies.Create(t.Context(), allow, metav1.CreateOptions{})
	require.NoError(t, err)
	r.becomes(t, flow, open)

	pods := r.client.CoreV1().Pods("blue")
	pod, err := pods.Get(t.Context(), "web", metav1.GetOptions{})
	require.NoError(t, err)
	pod.Labels["app"] = "other"
	_, err = pods.Update(t.Context(), pod, metav1.UpdateOptions{})
	require.NoError(t, err)
	r.becomes(t, flow, refused)

	namespaces := r.client.CoreV1().Namespaces()
	blue, err := namespaces.Get(t.Context(), "blue", metav1.GetOptions{})
	require.NoError(t, err)
	far := "blue/far > red/db tcp/9090"
	farPod, err := pods.Get(t.Context(), "far", metav1.GetOptions{})
	require.NoError(t, err)
	farPod.Labels["app"] = "web"
	_, err = pods.Update(t.Context(), farPod, metav1.UpdateOptions{})
	require.NoError(t, err)
	r.becomes(t, far, open)
	blue.Labels["apps"] = "false"
	_, err = namespaces.Update(t.Context(), blue, metav1.UpdateOptions{})
	require.NoError(t, err)
	r.becomes(t, far, refused)

	require.NoError(t, policies.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
	r.becomes(t, flow, open)

	stop()
	_, err = policies.Create(t.Context(), deny, metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, open, r.tryFlow(t, flow), "the rules of an engine that ended stay")
	r.start(t)
	r.becomes(t, flow, refused)
}

func TestAPodTalksAsSoonAsItsLinkIsThere(t *testing.T) {
	r := newRig(t)
	file := filepath.Join(r.results, "pods-red-web")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	r.start(t)
	require.Eventually(t, r.healthy, time.Minute, 20*time.Millisecond)
	const flow = "red/web > blue/web tcp/80"
	require.Equal(t, silent, r.tryFlow(t, flow))
	require.NoError(t, os.WriteFile(file, content, 0o600))
	r.becomes(t, flow, open)
	require.NoError(t, os.Remove(file))
	r.becomes(t, flow, silent)
}

func TestANewNodeIsClosedUntilItsPoliciesAreKnown(t *testing.T) {
	r := newRig(t)
	// A kubeconfig that nobody answers to.
	unknown := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(unknown, []byte(`{"apiVersion":"v1","kind":"Config","current-context":"c",
"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}],"users":[{"name":"c","user":{}}]}`), 0o600))
	known := r.config.Kubeconfig
	r.config.Kubeconfig = unknown
	stop := r.start(t)
	r.becomes(t, "red/web > blue/web tcp/80", silent)
	assert.Equal(t, open, r.tryFlow(t, "node > red/web tcp/80"), "the kubelet asks pods how they are")
	assert.False(t, r.healthy())
	stop()
	r.config.Kubeconfig = known
	r.start(t)
	r.becomes(t, "red/web > blue/web tcp/80", open)
}

func TestRulesOfBeforeHoldOnlyForPodsThatAreStillThere(t *testing.T) {
	l := newLab(t)
	l.apply(t, Render(testState(t, "red: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}")))
	l.node.do(func() {
		again, err := NewApplier("cni0", nodeRange, clusterRange)
		require.NoError(t, err)
		require.NoError(t, again.Keep(t.Context(), []netip.Addr{l.hosts["red/web"].address, l.hosts["blue/web"].address}))
		l.applier = again
	})
	for flow, want := range map[string]outcome{
		"blue/web > red/web tcp/80": open, "blue/web > red/web tcp/8080": refused, "blue/web > red/db tcp/80": silent,
		"red/db > blue/web tcp/80": silent, "node > red/db tcp/80": open,
	} {
		assert.Equal(t, want, l.tryFlow(t, flow), flow)
	}
	l.apply(t, Render(testState(t)))
	assert.Equal(t, open, l.tryFlow(t, "blue/web > red/db tcp/80"))
}

func TestRulesThatSomebodyRemovesComeBack(t *testing.T) {
	l := newLab(t)
	rules := Render(testState(t, denyRed))
	l.apply(t, rules)
	l.node.do(func() { load(t, fmt.Sprintf("delete table ip %s", table)) })
	require.Equal(t, open, l.tryFlow(t, "blue/web > red/web tcp/80"))
	// As the engine does at every review.
	l.applier.now = nil
	l.apply(t, rules)
	require.Equal(t, refused, l.tryFlow(t, "blue/web > red/web tcp/80"))
}
