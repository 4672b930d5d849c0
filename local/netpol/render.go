package netpol

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Render makes the rules that the state asks for. It follows the API's
// documentation of NetworkPolicySpec, and KEP-2079 for port ranges:
//
//   - a pod is isolated in a direction if a policy of that type selects it,
//     and may then do only what one of these policies allows;
//   - a connection between two pods needs both sides' consent;
//   - a rule without peers allows all peers, one without ports all ports, a
//     rule without either everything; a policy without rules allows nothing.
func Render(s State) Ruleset {
	r := Ruleset{
		Ingress: map[netip.Addr]string{}, Egress: map[netip.Addr]string{},
		Chains: map[string][]Rule{}, Sets: map[string]Set{},
	}
	pods := s.endpoints()
	policies := map[string][]policy{}
	for _, p := range s.Policies {
		policies[p.Namespace] = append(policies[p.Namespace], resolve(p, pods))
	}
	for _, e := range pods {
		r.Cluster = append(r.Cluster, e.address)
		if !e.local {
			continue
		}
		r.Pods = append(r.Pods, e.address)
		var selecting []policy
		for _, p := range policies[e.pod.Namespace] {
			if p.selects(e) {
				selecting = append(selecting, p)
			}
		}
		if rules, isolated := r.ingressRules(selecting, e); isolated {
			r.Ingress[e.address] = r.addChain("ingress-", rules)
		}
		if rules, isolated := r.egressRules(selecting, pods); isolated {
			r.Egress[e.address] = r.addChain("egress-", rules)
		}
	}
	for _, list := range []*[]netip.Addr{&r.Pods, &r.Cluster} {
		slices.SortFunc(*list, netip.Addr.Compare)
		*list = slices.Compact(*list)
	}
	return r
}

// ingressRules are what the policies that select a pod let in, and whether
// they isolate it at all.
func (r *Ruleset) ingressRules(selecting []policy, pod endpoint) (rules []Rule, isolated bool) {
	for _, p := range selecting {
		if !p.isolatesIngress {
			continue
		}
		isolated = true
		for _, a := range p.ingress {
			// A named port is the selected pod's, so it is a number here.
			ports := maps.Clone(a.ports)
			for _, n := range a.named {
				for _, number := range pod.port(n.name, n.protocol) {
					ports[n.protocol] = union(append(slices.Clone(ports[n.protocol]), span{number, number}))
				}
			}
			a.ports = ports
			rules = append(rules, r.rules(p, a, "saddr")...)
		}
	}
	return ordered(rules), isolated
}

// egressRules are what the policies that select a pod let out, and whether
// they isolate it at all.
func (r *Ruleset) egressRules(selecting []policy, pods []endpoint) (rules []Rule, isolated bool) {
	for _, p := range selecting {
		if !p.isolatesEgress {
			continue
		}
		isolated = true
		for _, a := range p.egress {
			rules = append(rules, r.rules(p, a, "daddr")...)
			if match := r.namedPorts(a, pods); match != "" {
				rules = append(rules, Rule{Match: match, Policy: p.namespace + "/" + p.name})
			}
		}
	}
	return ordered(rules), isolated
}

// ordered makes the same rules the same value: they only allow, so their order
// does not matter.
func ordered(rules []Rule) []Rule {
	slices.SortFunc(rules, func(a, b Rule) int { return strings.Compare(a.Match+"#"+a.Policy, b.Match+"#"+b.Policy) })
	return slices.Compact(rules)
}

// rules writes an allowance, but for named ports. field is where the peer's
// address stands in a packet.
func (r *Ruleset) rules(p policy, a allowance, field string) []Rule {
	if !a.anyone && len(a.peers) == 0 {
		return nil
	}
	var peers []string
	if !a.anyone {
		peers = []string{"ip " + field, r.peers(a.peers)}
	}
	rule := func(words ...string) Rule {
		return Rule{Match: strings.Join(append(slices.Clone(peers), words...), " "), Policy: p.namespace + "/" + p.name}
	}
	if a.anything {
		return []Rule{rule()}
	}
	var list []Rule
	for _, protocol := range a.protocols() {
		name, ok := protocolNames[protocol]
		if !ok {
			continue
		}
		spans := a.ports[protocol]
		if slices.Equal(spans, []span{everyPort}) {
			list = append(list, rule("meta l4proto", name))
			continue
		}
		var ports []string
		for _, s := range spans {
			ports = append(ports, s.ports())
		}
		list = append(list, rule(name, "dport {", strings.Join(ports, ", "), "}"))
	}
	return list
}

var protocolNames = map[corev1.Protocol]string{corev1.ProtocolTCP: "tcp", corev1.ProtocolUDP: "udp", corev1.ProtocolSCTP: "sctp"}

// peers refers to addresses: one by itself, more by a set.
func (r *Ruleset) peers(spans []span) string {
	if len(spans) == 1 {
		return spans[0].addresses()
	}
	s := Set{Type: addressType, Interval: true}
	for _, one := range spans {
		s.Elements = append(s.Elements, []string{one.addresses()})
	}
	return "@" + r.addSet("peers-", s)
}

// namedPorts matches the named ports of an allowance at every pod that is a
// peer and has them.
func (r *Ruleset) namedPorts(a allowance, pods []endpoint) string {
	var elements []string
	for _, n := range a.named {
		protocol, ok := protocolNames[n.protocol]
		if !ok {
			continue
		}
		for _, e := range pods {
			if !a.includes(e.address) {
				continue
			}
			for _, number := range e.port(n.name, n.protocol) {
				elements = append(elements, fmt.Sprintf("%s %s %d", e.address, protocol, number))
			}
		}
	}
	if len(elements) == 0 {
		return ""
	}
	slices.Sort(elements)
	s := Set{Type: portType}
	for _, e := range slices.Compact(elements) {
		s.Elements = append(s.Elements, strings.Fields(e))
	}
	return "ip daddr . meta l4proto . th dport @" + r.addSet("ports-", s)
}
