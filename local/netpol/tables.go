package netpol

import (
	"fmt"
	"strings"

	"sigs.k8s.io/knftables"
)

// table is the name of both tables: the one of family ip that holds the
// policies, and the one of family bridge that lets nothing by beside it.
const table = "network-policy"

// Names of the sets and maps by which the hooks find pods.
const (
	known   = "pods"
	cluster = "cluster"
	self    = "self"
	ingress = "ingress"
	egress  = "egress"
)

// refuse is the chain that answers what no policy allows.
const refuse = "refuse"

// addFrame adds the tables and what in them does not depend on any object,
// but for the hooks.
func (a *Applier) addFrame(tx *knftables.Transaction) {
	for _, family := range []knftables.Family{knftables.BridgeFamily, knftables.IPv4Family} {
		tx.Add(&knftables.Table{Family: family, Name: table})
	}
	tx.Add(set(known, addressType))
	tx.Add(set(cluster, addressType))
	tx.Add(set(self, addressType+" . "+addressType))
	for _, name := range []string{ingress, egress} {
		tx.Add(&knftables.Map{Family: knftables.IPv4Family, Table: table, Name: name, Type: addressType + " : verdict"})
	}
	tx.Add(chain(refuse))
	tx.Flush(chain(refuse))
	// A new pod of another node is not known here before the API knows its
	// address. It may be allowed; it is to try again.
	for _, field := range []string{"saddr", "daddr"} {
		tx.Add(rule(refuse, fmt.Sprintf("ip %s %s ip %s != @%s counter drop", field, a.cluster, field, cluster)))
	}
	// A reset would bear the pod's address where the client waits for that
	// of the service which it called: the kernel answers bridged packets
	// without translating back. In ICMP it does.
	tx.Add(rule(refuse, "meta l4proto tcp ct status and dnat == 0 counter reject with tcp reset"))
	tx.Add(rule(refuse, "counter reject with icmp type admin-prohibited"))
}

// addHooks hooks the rules into what passes between pods and between them and
// the world, and into what pods send to the node itself. What the node sends
// passes neither.
func (a *Applier) addHooks(tx *knftables.Transaction) {
	established := "ct state established,related accept"
	unknown := fmt.Sprintf("iifname %q ip saddr != @%s counter drop", a.bridge, known)
	// No pod sends by another link than the bridge.
	forged := fmt.Sprintf("iifname != { %q, \"lo\" } ip saddr %s counter drop", a.bridge, a.node)
	out := "ip saddr vmap @" + egress
	hook(tx, knftables.IPv4Family, knftables.ForwardHook, established,
		// A pod may always reach itself, through a service.
		fmt.Sprintf("ip saddr . ip daddr @%s accept", self),
		unknown, forged,
		fmt.Sprintf("ip daddr %s ip daddr != @%s counter drop", a.node, known),
		out, "ip daddr vmap @"+ingress)
	hook(tx, knftables.IPv4Family, knftables.InputHook, established, unknown, forged, out)
	// Pods must not speak what the policies do not see: IPv6, of which every
	// link has an address by itself, or frames with a VLAN's tag.
	hook(tx, knftables.BridgeFamily, knftables.PreroutingHook, "ether type != { ip, arp } drop")
}

func hook(tx *knftables.Transaction, family knftables.Family, name knftables.BaseChainHook, rules ...string) {
	c := &knftables.Chain{
		Family: family, Table: table, Name: string(name),
		Type: knftables.PtrTo(knftables.FilterType), Hook: knftables.PtrTo(name), Priority: knftables.PtrTo(knftables.FilterPriority),
	}
	tx.Add(c)
	tx.Flush(c)
	for _, text := range rules {
		tx.Add(&knftables.Rule{Family: family, Table: table, Chain: string(name), Rule: text})
	}
}

func addSet(tx *knftables.Transaction, name string, s Set) {
	object := set(name, s.Type)
	if s.Interval {
		object.Flags = []knftables.SetFlag{knftables.IntervalFlag}
	}
	tx.Add(object)
	for _, e := range s.Elements {
		tx.Add(&knftables.Element{Family: knftables.IPv4Family, Table: table, Set: name, Key: e})
	}
}

func addChain(tx *knftables.Transaction, name string, rules []Rule) {
	tx.Add(chain(name))
	for _, r := range rules {
		// What one side of a connection allows, the other's chain still sees.
		object := rule(name, strings.TrimSpace(r.Match+" return"))
		object.Comment = knftables.PtrTo(r.Policy[:min(len(r.Policy), commentLimit)])
		tx.Add(object)
	}
	tx.Add(rule(name, "goto "+refuse))
}

// commentLimit is what nft takes in a comment, in bytes.
const commentLimit = 120

func chain(name string) *knftables.Chain {
	return &knftables.Chain{Family: knftables.IPv4Family, Table: table, Name: name}
}

func set(name, elements string) *knftables.Set {
	return &knftables.Set{Family: knftables.IPv4Family, Table: table, Name: name, Type: elements}
}

func rule(chain, text string) *knftables.Rule {
	return &knftables.Rule{Family: knftables.IPv4Family, Table: table, Chain: chain, Rule: text}
}
