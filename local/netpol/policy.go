package netpol

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// policy is a NetworkPolicy with its selectors resolved.
type policy struct {
	name, namespace string
	selector        labels.Selector
	// isolatesIngress and isolatesEgress say in which directions the
	// selected pods may only do what some policy allows.
	isolatesIngress, isolatesEgress bool
	ingress, egress                 []allowance
}

// allowance is one rule of a policy: any of the peers at any of the ports.
type allowance struct {
	// anyone says that the peers do not matter; else they are the addresses.
	anyone bool
	peers  []span
	// anything says that protocol and port do not matter; else ports and
	// named ports say which.
	anything bool
	ports    map[corev1.Protocol][]span
	named    []namedPort
}

type namedPort struct {
	name     string
	protocol corev1.Protocol
}

var everyPort = span{0, 65535}

// resolve reads a policy as the API's documentation of NetworkPolicySpec
// defines it.
func resolve(p *networkingv1.NetworkPolicy, pods []endpoint) policy {
	r := policy{name: p.Name, namespace: p.Namespace, selector: selectorOf(&p.Spec.PodSelector, labels.Everything())}
	if len(p.Spec.PolicyTypes) == 0 {
		// The API server fills this in the same way.
		r.isolatesIngress, r.isolatesEgress = true, len(p.Spec.Egress) > 0
	}
	for _, t := range p.Spec.PolicyTypes {
		r.isolatesIngress = r.isolatesIngress || t == networkingv1.PolicyTypeIngress
		r.isolatesEgress = r.isolatesEgress || t == networkingv1.PolicyTypeEgress
	}
	for _, rule := range p.Spec.Ingress {
		r.ingress = append(r.ingress, allow(p.Namespace, rule.From, rule.Ports, pods))
	}
	for _, rule := range p.Spec.Egress {
		r.egress = append(r.egress, allow(p.Namespace, rule.To, rule.Ports, pods))
	}
	return r
}

func (p policy) selects(e endpoint) bool {
	return p.namespace == e.pod.Namespace && p.selector.Matches(e.labels)
}

func allow(namespace string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort, pods []endpoint) allowance {
	a := allowance{anyone: len(peers) == 0, anything: len(ports) == 0, ports: map[corev1.Protocol][]span{}}
	for _, peer := range peers {
		a.peers = append(a.peers, addresses(namespace, peer, pods)...)
	}
	a.peers = union(a.peers)
	if len(a.peers) == 1 && a.peers[0] == spanOf(netip.MustParsePrefix("0.0.0.0/0")) {
		a.anyone, a.peers = true, nil
	}
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = orTCP(*port.Protocol)
		}
		switch {
		case port.Port == nil:
			a.ports[protocol] = append(a.ports[protocol], everyPort)
		case port.Port.Type == intstr.String:
			a.named = append(a.named, namedPort{port.Port.StrVal, protocol})
		default:
			s := span{uint32(port.Port.IntVal), uint32(port.Port.IntVal)}
			if port.EndPort != nil {
				s.last = uint32(*port.EndPort)
			}
			a.ports[protocol] = append(a.ports[protocol], s)
		}
	}
	for protocol, spans := range a.ports {
		a.ports[protocol] = union(spans)
	}
	return a
}

// addresses returns those of a peer: of the block, or of the pods that the
// selectors select.
func addresses(namespace string, peer networkingv1.NetworkPolicyPeer, pods []endpoint) []span {
	if peer.IPBlock != nil {
		return blockOf(*peer.IPBlock)
	}
	if peer.PodSelector == nil && peer.NamespaceSelector == nil {
		return nil
	}
	selector := labels.Everything()
	if peer.PodSelector != nil {
		selector = selectorOf(peer.PodSelector, labels.Nothing())
	}
	inNamespace := func(e endpoint) bool { return e.pod.Namespace == namespace }
	if peer.NamespaceSelector != nil {
		namespaces := selectorOf(peer.NamespaceSelector, labels.Nothing())
		inNamespace = func(e endpoint) bool { return e.namespace != nil && namespaces.Matches(e.namespace) }
	}
	var spans []span
	for _, e := range pods {
		if inNamespace(e) && selector.Matches(e.labels) {
			spans = append(spans, single(e.address))
		}
	}
	return spans
}

// blockOf returns the addresses of a block; one of IPv6 has none here.
func blockOf(b networkingv1.IPBlock) []span {
	whole, err := netip.ParsePrefix(b.CIDR)
	if err != nil || !whole.Addr().Is4() {
		return nil
	}
	var except []span
	for _, text := range b.Except {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			// What should be excepted cannot be told: then it is all.
			return nil
		}
		if p.Addr().Is4() {
			except = append(except, spanOf(p))
		}
	}
	return spanOf(whole).without(except)
}

// selectorOf returns otherwise if the selector is not valid, which the API
// server does not let happen: a caller gives what refuses more.
func selectorOf(s *metav1.LabelSelector, otherwise labels.Selector) labels.Selector {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return otherwise
	}
	return selector
}

// includes tells whether an address is a peer.
func (a allowance) includes(address netip.Addr) bool { return a.anyone || contains(a.peers, address) }

// protocols are those of the numbered ports, in order.
func (a allowance) protocols() []corev1.Protocol {
	var list []corev1.Protocol
	for protocol := range a.ports {
		list = append(list, protocol)
	}
	slices.Sort(list)
	return list
}
