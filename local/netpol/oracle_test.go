//go:build integration

package netpol

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// oracle evaluates the policies of a state for one flow at a time, straight
// from the words of the API's documentation and with nothing from Render.
type oracle struct{ state State }

// party is one end of a flow.
type party struct {
	address netip.Addr
	pod     *corev1.Pod // nil outside of the cluster
	local   bool
}

func (o oracle) party(h *host) party {
	p := party{address: h.address}
	for _, pod := range o.state.Pods {
		if pod.Namespace+"/"+pod.Name == h.name {
			p.pod, p.local = pod, o.state.Node.Contains(h.address)
		}
	}
	return p
}

func (o oracle) allows(from, to *host, flow string) bool {
	if from.name == "node" {
		return true
	}
	network, port, _ := strings.Cut(flow, "/")
	number, _ := strconv.Atoi(port)
	protocol := corev1.Protocol(strings.ToUpper(network))
	source, destination := o.party(from), o.party(to)
	return o.consents(networkingv1.PolicyTypeEgress, source, destination, destination, protocol, number) &&
		o.consents(networkingv1.PolicyTypeIngress, destination, source, destination, protocol, number)
}

// consents tells whether the policies of one end let the flow pass.
func (o oracle) consents(direction networkingv1.PolicyType, subject, peer, destination party, protocol corev1.Protocol, port int) bool {
	if subject.pod == nil || !subject.local {
		return true
	}
	isolated := false
	for _, p := range o.state.Policies {
		if p.Namespace != subject.pod.Namespace || !selected(p.Spec.PodSelector, subject.pod.Labels) {
			continue
		}
		types := p.Spec.PolicyTypes
		if len(types) == 0 {
			types = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
			if len(p.Spec.Egress) > 0 {
				types = append(types, networkingv1.PolicyTypeEgress)
			}
		}
		if !slices.Contains(types, direction) {
			continue
		}
		isolated = true
		if direction == networkingv1.PolicyTypeIngress {
			for _, r := range p.Spec.Ingress {
				if o.peerMatches(p.Namespace, r.From, peer) && portMatches(r.Ports, destination, protocol, port) {
					return true
				}
			}
			continue
		}
		for _, r := range p.Spec.Egress {
			if o.peerMatches(p.Namespace, r.To, peer) && portMatches(r.Ports, destination, protocol, port) {
				return true
			}
		}
	}
	return !isolated
}

func (o oracle) peerMatches(namespace string, peers []networkingv1.NetworkPolicyPeer, peer party) bool {
	if len(peers) == 0 {
		return true
	}
	for _, p := range peers {
		if p.IPBlock != nil {
			inside := netip.MustParsePrefix(p.IPBlock.CIDR).Contains(peer.address)
			for _, e := range p.IPBlock.Except {
				inside = inside && !netip.MustParsePrefix(e).Contains(peer.address)
			}
			if inside {
				return true
			}
			continue
		}
		if peer.pod == nil || p.PodSelector != nil && !selected(*p.PodSelector, peer.pod.Labels) {
			continue
		}
		if p.NamespaceSelector == nil {
			if peer.pod.Namespace == namespace {
				return true
			}
			continue
		}
		for _, n := range o.state.Namespaces {
			if n.Name == peer.pod.Namespace && selected(*p.NamespaceSelector, n.Labels) {
				return true
			}
		}
	}
	return false
}

func portMatches(ports []networkingv1.NetworkPolicyPort, destination party, protocol corev1.Protocol, port int) bool {
	for _, p := range ports {
		want := corev1.ProtocolTCP
		if p.Protocol != nil {
			want = *p.Protocol
		}
		if want != protocol {
			continue
		}
		switch {
		case p.Port == nil:
			return true
		case p.Port.Type == intstr.Int:
			last := p.Port.IntValue()
			if p.EndPort != nil {
				last = int(*p.EndPort)
			}
			if p.Port.IntValue() <= port && port <= last {
				return true
			}
		case destination.pod != nil:
			for _, c := range destination.pod.Spec.Containers[0].Ports {
				of := c.Protocol
				if of == "" {
					of = corev1.ProtocolTCP
				}
				if c.Name == p.Port.StrVal && of == protocol && int(c.ContainerPort) == port {
					return true
				}
			}
		}
	}
	return len(ports) == 0
}

func selected(s metav1.LabelSelector, labels map[string]string) bool {
	for key, value := range s.MatchLabels {
		if labels[key] != value {
			return false
		}
	}
	for _, e := range s.MatchExpressions {
		value, has := labels[e.Key]
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			if !has || !slices.Contains(e.Values, value) {
				return false
			}
		case metav1.LabelSelectorOpNotIn:
			if has && slices.Contains(e.Values, value) {
				return false
			}
		case metav1.LabelSelectorOpExists:
			if !has {
				return false
			}
		case metav1.LabelSelectorOpDoesNotExist:
			if has {
				return false
			}
		}
	}
	return true
}

// dice makes random policies of what this cluster has, so that they often
// meet.
type dice struct{ *rand.Rand }

func pick[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }

func some[T any](d dice, most int, make func() T) []T {
	var list []T
	for range d.IntN(most + 1) {
		list = append(list, make())
	}
	return list
}

func (d dice) policy(i int) *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: pick(d, "red", "red", "blue", "kube-system"), Name: fmt.Sprintf("p%d", i)}}
	p.Spec.PodSelector = d.podSelector()
	p.Spec.PolicyTypes = pick(d, nil, []networkingv1.PolicyType{"Ingress"}, []networkingv1.PolicyType{"Egress"}, []networkingv1.PolicyType{"Ingress", "Egress"})
	p.Spec.Ingress = some(d, 2, func() networkingv1.NetworkPolicyIngressRule {
		return networkingv1.NetworkPolicyIngressRule{From: some(d, 2, d.peer), Ports: some(d, 2, d.port)}
	})
	p.Spec.Egress = some(d, 2, func() networkingv1.NetworkPolicyEgressRule {
		return networkingv1.NetworkPolicyEgressRule{To: some(d, 2, d.peer), Ports: some(d, 2, d.port)}
	})
	return p
}

func (d dice) podSelector() metav1.LabelSelector {
	return pick(d,
		metav1.LabelSelector{}, metav1.LabelSelector{},
		metav1.LabelSelector{MatchLabels: map[string]string{"app": pick(d, "web", "db", "dns", "far", "none")}},
		metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "tier", Operator: pick(d, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn), Values: pick(d, []string{"front"}, []string{"back", "front"})}}},
		metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "tier", Operator: pick(d, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)}}})
}

func (d dice) namespaceSelector() metav1.LabelSelector {
	return pick(d, metav1.LabelSelector{},
		metav1.LabelSelector{MatchLabels: map[string]string{"apps": pick(d, "true", "false")}},
		metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": pick(d, "red", "blue", "kube-system")}})
}

func (d dice) peer() networkingv1.NetworkPolicyPeer {
	pods, namespaces := d.podSelector(), d.namespaceSelector()
	return pick(d,
		networkingv1.NetworkPolicyPeer{PodSelector: &pods},
		networkingv1.NetworkPolicyPeer{NamespaceSelector: &namespaces},
		networkingv1.NetworkPolicyPeer{PodSelector: &pods, NamespaceSelector: &namespaces},
		networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{
			CIDR: pick(d, "0.0.0.0/0", "10.250.0.0/23", "10.250.0.12/31", "192.0.2.0/24", "128.0.0.0/1", "10.250.1.11/32"),
			Except: some(d, 3, func() string {
				return pick(d, "10.250.0.0/24", "10.250.0.13/32", "192.0.2.2/32", "0.0.0.0/8", "198.0.0.0/7", "255.255.255.255/32")
			}),
		}})
}

func (d dice) port() networkingv1.NetworkPolicyPort {
	var p networkingv1.NetworkPolicyPort
	p.Protocol = pick(d, nil, new(corev1.ProtocolTCP), new(corev1.ProtocolUDP), new(corev1.ProtocolSCTP))
	switch d.IntN(4) {
	case 0:
	case 1:
		p.Port = new(intstr.FromString(pick(d, "http", "sql", "dns", "none")))
	case 2:
		p.Port = new(intstr.FromInt32(pick[int32](d, 53, 80, 8080, 9090)))
	case 3:
		p.Port = new(intstr.FromInt32(pick[int32](d, 1, 53, 81)))
		p.EndPort = new(pick[int32](d, 81, 8080, 65535))
	}
	return p
}

// seed makes the same policies at every run.
const seed = 20260101

func TestRandomPoliciesDoWhatTheAPISays(t *testing.T) {
	l := newLab(t)
	flows := l.flows()
	open, closed := 0, 0
	for i := range 200 {
		d := dice{rand.New(rand.NewPCG(seed, uint64(i)))}
		s := testState(t)
		for n := range 1 + d.IntN(4) {
			s.Policies = append(s.Policies, d.policy(n))
		}
		l.apply(t, Render(s))
		l.forget(t)
		for _, flow := range flows {
			words := strings.Fields(flow)
			want := outcome("refused")
			if (oracle{s}).allows(l.hosts[words[0]], l.hosts[words[2]], words[3]) {
				want = outcome("open")
				open++
			} else {
				closed++
			}
			if got := l.tryFlow(t, flow); got != want {
				text, err := yaml.Marshal(s.Policies)
				require.NoError(t, err)
				t.Fatalf("policies %d: %s is %s, want %s under\n%s", i, flow, got, want, text)
			}
		}
	}
	t.Logf("%d flows open, %d refused, as they should be", open, closed)
	require.Greater(t, open, 10000)
	require.Greater(t, closed, 10000)
}
