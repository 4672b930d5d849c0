package netpol

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
)

// Ruleset is what the kernel should do, as a value: two that are equal mean the
// same rules.
type Ruleset struct {
	// Pods are the addresses of this node's pods that the ruleset knows.
	Pods []netip.Addr
	// Cluster are the addresses of all pods that it knows.
	Cluster []netip.Addr
	// Ingress and Egress map the pods that are isolated in a direction to
	// the chain with what is allowed them.
	Ingress, Egress map[netip.Addr]string
	// Chains hold what is allowed. Their names derive from their content, so
	// pods to which the same applies share one.
	Chains map[string][]Rule
	// Sets are those that the chains name, by their name, which derives from
	// their content.
	Sets map[string]Set
}

// Rule allows what it matches.
type Rule struct {
	// Match is in nft's language; empty, it matches everything.
	Match string
	// Policy is the <namespace>/<name> of the policy that allows it.
	Policy string
}

// Set is the content of a named set.
type Set struct {
	// Type is nft's type of the elements, with fields joined by " . ".
	Type string
	// Interval says that elements are ranges.
	Interval bool
	// Elements have one string for each field of the type.
	Elements [][]string
}

const (
	addressType = "ipv4_addr"
	// portType is the type of one port at one address.
	portType = "ipv4_addr . inet_proto . inet_service"
)

// addSet adds a set and returns its name.
func (r *Ruleset) addSet(prefix string, s Set) string {
	var content []string
	for _, e := range s.Elements {
		content = append(content, strings.Join(e, " . "))
	}
	name := prefix + digest(append(content, s.Type))
	r.Sets[name] = s
	return name
}

// addChain adds a chain and returns its name.
func (r *Ruleset) addChain(prefix string, rules []Rule) string {
	var content []string
	for _, rule := range rules {
		content = append(content, rule.Match+" # "+rule.Policy)
	}
	name := prefix + digest(content)
	r.Chains[name] = rules
	return name
}

func digest(content []string) string {
	sum := sha256.Sum256([]byte(strings.Join(content, "\n")))
	return hex.EncodeToString(sum[:8])
}
