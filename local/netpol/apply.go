package netpol

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"sigs.k8s.io/knftables"
)

// Applier brings rulesets into the kernel, into the network namespace of the
// calling thread. It is not for concurrent use.
//
// No packet meets a moment without rules. Replacing everything in one
// transaction is not enough for that: a packet that is being looked at when
// the transaction ends may jump from the old rules into a new chain, which for
// it is still empty. So an Applier first adds the chains and sets that are
// missing, then switches pods over to them in one transaction, and then removes
// those that no pod needs any more. Chains and sets never change: another
// content has another name.
type Applier struct {
	nft, list knftables.Interface
	bridge    string
	// node and cluster are the ranges of this node's pods and of all.
	node, cluster netip.Prefix
	// now is what the kernel has, nil while that is not known.
	now *content
}

// content is what changes in the tables.
type content struct {
	chains, sets map[string]bool
	// pods are the elements by which the hooks find pods: by set or map, the
	// key and the value, which is empty in a set.
	pods map[string]map[string]string
}

// NewApplier makes one for the pods on that bridge, with addresses of the
// node's range, which is part of the cluster's. It fails if there is no nft on
// PATH or it may not be used.
func NewApplier(bridge string, node, cluster netip.Prefix) (*Applier, error) {
	// Objects name their table themselves, so that one transaction can hold
	// both tables.
	nft, err := knftables.New("", "")
	if err != nil {
		return nil, fmt.Errorf("network policies need nft: %w: install with: apt-get install -y nftables", err)
	}
	list, err := knftables.New(knftables.IPv4Family, table)
	if err != nil {
		return nil, fmt.Errorf("network policies need nft: %w", err)
	}
	return &Applier{nft: nft, list: list, bridge: bridge, node: node, cluster: cluster}, nil
}

// Keep makes the rules that are there, from before, those of these pods only;
// all others are closed. Without rules from before it closes all pods.
func (a *Applier) Keep(ctx context.Context, pods []netip.Addr) error {
	if err := a.keep(ctx, pods); err != nil {
		a.now = nil
		return fmt.Errorf("closing unknown pods: %w", err)
	}
	return nil
}

func (a *Applier) keep(ctx context.Context, pods []netip.Addr) error {
	if err := a.learn(ctx); err != nil {
		return err
	}
	tx := a.nft.NewTransaction()
	a.addHooks(tx)
	kept := content{chains: a.now.chains, sets: a.now.sets, pods: map[string]map[string]string{}}
	for name, elements := range a.now.pods {
		kept.pods[name] = maps.Clone(elements)
		maps.DeleteFunc(kept.pods[name], func(key, _ string) bool {
			return !slices.ContainsFunc(pods, func(p netip.Addr) bool { return p.String() == strings.Fields(key)[0] })
		})
		switchPods(tx, name, elements, kept.pods[name])
	}
	if err := a.nft.Run(ctx, tx); err != nil {
		return err
	}
	a.now = &kept
	return nil
}

// Apply makes the ruleset the kernel's. The pods' policies change in one
// transaction. If it fails, what was before stays in force, and the next call
// starts from what the kernel then has.
func (a *Applier) Apply(ctx context.Context, r Ruleset) error {
	if err := a.apply(ctx, r); err != nil {
		a.now = nil
		return fmt.Errorf("applying network policies: %w", err)
	}
	return nil
}

func (a *Applier) apply(ctx context.Context, r Ruleset) error {
	adding, switching, removing := a.nft.NewTransaction(), a.nft.NewTransaction(), a.nft.NewTransaction()
	if a.now == nil {
		if err := a.learn(ctx); err != nil {
			return err
		}
		a.addHooks(switching)
	}
	want := r.content()
	for _, name := range missing(want.sets, a.now.sets) {
		addSet(adding, name, r.Sets[name])
	}
	for _, name := range missing(want.chains, a.now.chains) {
		addChain(adding, name, r.Chains[name])
	}
	for _, name := range slices.Sorted(maps.Keys(want.pods)) {
		switchPods(switching, name, a.now.pods[name], want.pods[name])
	}
	for _, name := range missing(a.now.chains, want.chains) {
		removing.Flush(chain(name))
		removing.Delete(chain(name))
	}
	for _, name := range missing(a.now.sets, want.sets) {
		removing.Delete(set(name, ""))
	}
	for _, tx := range []*knftables.Transaction{adding, switching, removing} {
		if tx.NumOperations() == 0 {
			continue
		}
		if err := a.nft.Run(ctx, tx); err != nil {
			return err
		}
	}
	a.now = &want
	return nil
}

// learn makes the frame where it is missing and reads what is in it.
func (a *Applier) learn(ctx context.Context) (err error) {
	frame := a.nft.NewTransaction()
	a.addFrame(frame)
	if err := a.nft.Run(ctx, frame); err != nil {
		// They may be tables of another version, with another layout.
		if removeErr := a.remove(ctx); removeErr != nil {
			return errors.Join(err, removeErr)
		}
		if err := a.nft.Run(ctx, frame); err != nil {
			return err
		}
	}
	a.now, err = a.read(ctx)
	return err
}

// content is what the ruleset wants in the tables.
func (r Ruleset) content() content {
	c := content{chains: map[string]bool{}, sets: map[string]bool{}, pods: map[string]map[string]string{known: {}, cluster: {}, self: {}, ingress: {}, egress: {}}}
	for name := range r.Chains {
		c.chains[name] = true
	}
	for name := range r.Sets {
		c.sets[name] = true
	}
	for _, pod := range r.Cluster {
		c.pods[cluster][pod.String()] = ""
	}
	for _, pod := range r.Pods {
		c.pods[known][pod.String()] = ""
		c.pods[self][pod.String()+" . "+pod.String()] = ""
	}
	for name, chains := range map[string]map[netip.Addr]string{ingress: r.Ingress, egress: r.Egress} {
		for pod, chain := range chains {
			c.pods[name][pod.String()] = "jump " + chain
		}
	}
	return c
}

// missing returns the names that are wanted and not there, in order.
func missing(want, there map[string]bool) []string {
	var list []string
	for name := range want {
		if !there[name] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// switchPods changes the elements of a set or map.
func switchPods(tx *knftables.Transaction, name string, from, to map[string]string) {
	element := func(key, value string) *knftables.Element {
		e := &knftables.Element{Family: knftables.IPv4Family, Table: table, Set: name, Key: strings.Split(key, " . ")}
		if name == ingress || name == egress {
			e.Set, e.Map = "", name
			e.Value = []string{value}
		}
		return e
	}
	for _, key := range slices.Sorted(maps.Keys(from)) {
		if value, ok := to[key]; !ok || value != from[key] {
			tx.Delete(element(key, from[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(to)) {
		if value, ok := from[key]; !ok || value != to[key] {
			tx.Add(element(key, to[key]))
		}
	}
}

// read returns what the kernel has in the tables.
func (a *Applier) read(ctx context.Context) (*content, error) {
	c := &content{chains: map[string]bool{}, sets: map[string]bool{}, pods: map[string]map[string]string{}}
	names, err := a.list.ListAll(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names["chain"] {
		// The frame's chains have names without a dash.
		if strings.Contains(name, "-") {
			c.chains[name] = true
		}
	}
	for _, name := range names["set"] {
		if strings.Contains(name, "-") {
			c.sets[name] = true
		}
	}
	for kind, list := range map[string][]string{"set": {known, cluster, self}, "map": {ingress, egress}} {
		for _, name := range list {
			elements, err := a.list.ListElements(ctx, kind, name)
			if err != nil {
				return nil, err
			}
			c.pods[name] = map[string]string{}
			for _, e := range elements {
				c.pods[name][strings.Join(e.Key, " . ")] = strings.Join(e.Value, " ")
			}
		}
	}
	return c, nil
}

// remove takes both tables away.
func (a *Applier) remove(ctx context.Context) error {
	tx := a.nft.NewTransaction()
	for _, family := range []knftables.Family{knftables.BridgeFamily, knftables.IPv4Family} {
		t := &knftables.Table{Family: family, Name: table}
		// Only a table that is there can be deleted.
		tx.Add(t)
		tx.Delete(t)
	}
	return a.nft.Run(ctx, tx)
}
