package netpol

import (
	"fmt"
	"net/netip"
	"strings"

	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// The cluster of these tests: two namespaces of apps and one with DNS, four
// pods on this node and one on another.
var (
	clusterRange = netip.MustParsePrefix("10.250.0.0/23")
	nodeRange    = netip.MustParsePrefix("10.250.0.0/24")
	nodeBridge   = netip.MustParsePrefix("10.250.0.1/24")
	nodeUplink   = netip.MustParsePrefix("192.0.2.1/24")
	// world and elsewhere are addresses outside of the cluster.
	world     = netip.MustParseAddr("192.0.2.2")
	elsewhere = netip.MustParseAddr("198.51.100.7")
)

type testPod struct {
	name, address string
	labels        map[string]string
	ports         []corev1.ContainerPort
}

var testPods = []testPod{
	{"red/web", "10.250.0.11", map[string]string{"app": "web", "tier": "front"}, []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}},
	{"red/db", "10.250.0.12", map[string]string{"app": "db", "tier": "back"}, []corev1.ContainerPort{{Name: "sql", ContainerPort: 9090}}},
	{"blue/web", "10.250.0.13", map[string]string{"app": "web", "tier": "front"}, []corev1.ContainerPort{{Name: "http", ContainerPort: 80}}},
	{"kube-system/dns", "10.250.0.14", map[string]string{"app": "dns"}, []corev1.ContainerPort{{Name: "dns", ContainerPort: 53, Protocol: corev1.ProtocolUDP}}},
	{"blue/far", "10.250.1.11", map[string]string{"app": "far", "tier": "back"}, []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}},
}

func testNamespaces() []*corev1.Namespace {
	var list []*corev1.Namespace
	for _, name := range []string{"red", "blue", "kube-system"} {
		list = append(list, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			"kubernetes.io/metadata.name": name, "apps": fmt.Sprint(name != "kube-system"),
		}}})
	}
	return list
}

func splitName(t testing.TB, name string) types.NamespacedName {
	t.Helper()
	namespace, pod, ok := strings.Cut(name, "/")
	require.True(t, ok, name)
	return types.NamespacedName{Namespace: namespace, Name: pod}
}

func (p testPod) object(t testing.TB) *corev1.Pod {
	name := splitName(t, p.name)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name, UID: types.UID("uid of " + p.name), Labels: p.labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Ports: p.ports}}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: p.address},
	}
}

// testState is the cluster with these policies, given as YAML documents.
func testState(t testing.TB, policies ...string) State {
	t.Helper()
	s := State{Node: nodeRange, Namespaces: testNamespaces()}
	for _, p := range testPods {
		object, address := p.object(t), netip.MustParseAddr(p.address)
		s.Pods = append(s.Pods, object)
		if nodeRange.Contains(address) {
			s.Attachments = append(s.Attachments, Attachment{Pod: splitName(t, p.name), UID: object.UID, Address: address})
		}
	}
	for i, text := range policies {
		s.Policies = append(s.Policies, testPolicy(t, fmt.Sprintf("p%d", i), text))
	}
	return s
}

// testPolicy reads "<namespace>: <spec in YAML>".
func testPolicy(t testing.TB, name, text string) *networkingv1.NetworkPolicy {
	t.Helper()
	namespace, spec, ok := strings.Cut(text, ":")
	require.True(t, ok, text)
	p := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	require.NoError(t, yaml.UnmarshalStrict([]byte(spec), &p.Spec), text)
	return p
}
