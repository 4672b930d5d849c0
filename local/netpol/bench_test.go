//go:build integration

package netpol

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// largeState is a node as full as one here may get: 60 namespaces of 15
// communities, each with four pods and the four policies that a community's
// namespace has.
func largeState(t testing.TB) State {
	s := State{Node: nodeRange}
	for n := range 60 {
		namespace, community := fmt.Sprintf("app%d", n), fmt.Sprint(n/4)
		s.Namespaces = append(s.Namespaces, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace, Labels: map[string]string{"community": community}}})
		for i := range 4 {
			name, address := fmt.Sprint("pod", i), nodeRange.Addr().As4()
			address[3] = byte(2 + n*4 + i)
			s.Pods = append(s.Pods, &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": name}},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}}}},
			})
			s.Attachments = append(s.Attachments, Attachment{Pod: types.NamespacedName{Namespace: namespace, Name: name}, Address: netip.AddrFrom4(address)})
		}
		for i, spec := range []string{
			"{podSelector: {}, policyTypes: [Ingress, Egress]}",
			"{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {matchLabels: {community: '" + community + "'}}}]}], egress: [{to: [{namespaceSelector: {matchLabels: {community: '" + community + "'}}}]}]}",
			"{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {community: '0'}}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}]}",
			"{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {community: '1'}}}], ports: [{port: http}]}]}",
		} {
			s.Policies = append(s.Policies, testPolicy(t, fmt.Sprint("p", i), namespace+": "+spec))
		}
	}
	return s
}

func BenchmarkRender(b *testing.B) {
	s := largeState(b)
	for b.Loop() {
		Render(s)
	}
}

// BenchmarkApplyOnePod is a pod that comes or goes on a full node.
func BenchmarkApplyOnePod(b *testing.B) {
	node := newHost(b, "node", nodeUplink.Addr())
	s := largeState(b)
	node.do(func() {
		applier, err := NewApplier("cni0", nodeRange, clusterRange)
		require.NoError(b, err)
		full := Render(s)
		s.Attachments = s.Attachments[1:]
		less := Render(s)
		require.NoError(b, applier.Apply(b.Context(), full))
		i := 0
		for b.Loop() {
			i++
			require.NoError(b, applier.Apply(b.Context(), []Ruleset{full, less}[i%2]))
		}
	})
}

// BenchmarkApplyAll is the first time.
func BenchmarkApplyAll(b *testing.B) {
	node := newHost(b, "node", nodeUplink.Addr())
	r := Render(largeState(b))
	node.do(func() {
		applier, err := NewApplier("cni0", nodeRange, clusterRange)
		require.NoError(b, err)
		for b.Loop() {
			require.NoError(b, applier.remove(b.Context()))
			applier.now = nil
			require.NoError(b, applier.Apply(b.Context(), r))
		}
	})
}
