package netpol

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// State is everything that a ruleset follows from.
type State struct {
	// Node is the range of this node's pods.
	Node netip.Prefix
	// Attachments are the pods that this node's bridge has. Their addresses
	// are from here and not from the API, which learns them a second later,
	// and after a restart of the node tells those of before.
	Attachments []Attachment
	// Pods, Namespaces and Policies are all of the cluster, as the API has
	// them.
	Pods       []*corev1.Pod
	Namespaces []*corev1.Namespace
	Policies   []*networkingv1.NetworkPolicy
}

// Attachment is a pod's link to the bridge.
type Attachment struct {
	Pod     types.NamespacedName
	UID     types.UID
	Address netip.Addr
}

// endpoint is a pod at an address.
type endpoint struct {
	pod     *corev1.Pod
	address netip.Addr
	labels  labels.Set
	// namespace is the labels of its namespace, nil if that is not known:
	// then no namespaceSelector selects it, not even the empty one.
	namespace labels.Set
	// local says that it is on this node, where it is subject to policies.
	local bool
}

// endpoints joins pods to addresses: this node's by their attachments, others
// by their status.
func (s State) endpoints() []endpoint {
	namespaces := map[string]labels.Set{}
	for _, n := range s.Namespaces {
		namespaces[n.Name] = labels.Set{}
		for key, value := range n.Labels {
			namespaces[n.Name][key] = value
		}
	}
	pods := map[types.NamespacedName]*corev1.Pod{}
	var list []endpoint
	add := func(p *corev1.Pod, a netip.Addr, local bool) {
		list = append(list, endpoint{pod: p, address: a, labels: p.Labels, namespace: namespaces[p.Namespace], local: local})
	}
	for _, p := range s.Pods {
		pods[types.NamespacedName{Namespace: p.Namespace, Name: p.Name}] = p
		ended := p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
		a, err := netip.ParseAddr(p.Status.PodIP)
		if err == nil && a.Is4() && !s.Node.Contains(a) && !p.Spec.HostNetwork && !ended {
			add(p, a, false)
		}
	}
	for _, a := range s.Attachments {
		// A pod of the same name and another UID is another pod.
		if p := pods[a.Pod]; p != nil && p.UID == a.UID {
			add(p, a.Address, true)
		}
	}
	return list
}

// port returns the numbers that the pod's containers give a named port.
func (e endpoint) port(name string, protocol corev1.Protocol) []uint32 {
	var numbers []uint32
	collect := func(containers []corev1.Container, sidecarsOnly bool) {
		for _, c := range containers {
			// Of the init containers, sidecars run along with the others.
			if sidecarsOnly && (c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways) {
				continue
			}
			for _, p := range c.Ports {
				if p.Name == name && orTCP(p.Protocol) == protocol {
					numbers = append(numbers, uint32(p.ContainerPort))
				}
			}
		}
	}
	collect(e.pod.Spec.Containers, false)
	collect(e.pod.Spec.InitContainers, true)
	return numbers
}

// orTCP is the API's default of a protocol.
func orTCP(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}
