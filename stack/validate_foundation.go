package stack

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"live-omega/components/foundation"
	"live-omega/stack/strict"
)

// rangeKind is what a range of a cluster is for, with the sizes that it can have, as prefix lengths.
type rangeKind struct {
	key     string
	of      func(Network) string
	example map[string]string
	// widest and narrowest are prefix lengths: the first is the smaller number.
	widest, narrowest int
}

// rangeKinds are a cluster's ranges. The sizes are those of the documentation of GKE ("VPC-native clusters",
// IP address ranges; a control plane has a /28). Every node takes a /24 of the pods' range, so that a /21
// is the least that two pools of the default size and a surge fit into.
var rangeKinds = []rangeKind{
	{"nodes", func(n Network) string { return n.Nodes }, map[string]string{"live": "10.10.0.0/20", "omega": "10.11.0.0/20"}, 8, 29},
	{"pods", func(n Network) string { return n.Pods }, map[string]string{"live": "10.16.0.0/14", "omega": "10.20.0.0/14"}, 9, 21},
	{"services", func(n Network) string { return n.Services }, map[string]string{"live": "10.10.16.0/20", "omega": "10.11.16.0/20"}, 16, 27},
	{"controlPlane", func(n Network) string { return n.ControlPlane }, map[string]string{"live": "10.10.32.0/28", "omega": "10.11.32.0/28"}, 28, 28},
}

// private are the ranges that a cloud may use as it likes: those of RFC 1918 and RFC 6598. GKE takes them all.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
}

// docker0 is the bridge of the container runtime on every node of GKE, which hides whatever else has an
// address of it (documentation of VPC, "Subnets", IPv4 ranges that conflict with other products).
var docker0 = netip.MustParsePrefix("172.17.0.0/16")

// multiRegions are the locations of buckets that are no region (Cloud Storage documentation, "Bucket
// locations").
var multiRegions = []string{"ASIA", "ASIA1", "EU", "EUR4", "EUR5", "EUR7", "EUR8", "NAM4", "US"}

// foundation checks what both clusters share.
func (v *validator) foundation() {
	foundation := v.config.Foundation
	if foundation == nil || !v.belongs("foundation") {
		return
	}
	v.networks("foundation.networks", foundation.Networks)
	if foundation.Backups != nil {
		v.backups("foundation.backups", *foundation.Backups)
	}
}

// placed is a range that can be read, at its path.
type placed struct {
	path  string
	block netip.Prefix
}

// networks checks every range by itself, and then that none overlaps another, whichever cluster's.
func (v *validator) networks(path string, networks map[string]Network) {
	for _, name := range ClusterNames {
		if _, ok := networks[name]; !ok {
			v.report(strict.Join(path, name), "missing", "write "+exampleNetwork(name))
		}
	}
	var all []placed
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		if !v.oneOf(strict.Join(path, name), name, ClusterNames) {
			continue
		}
		for _, kind := range rangeKinds {
			path := strict.Join(path, name) + "." + kind.key
			if block, ok := v.block(path, kind, kind.of(networks[name]), kind.example[name]); ok {
				all = append(all, placed{path, block})
			}
		}
	}
	for i, one := range all {
		for _, other := range all[:i] {
			if one.block.Overlaps(other.block) {
				v.report(one.path, fmt.Sprintf("found %s, which overlaps %s of %s", one.block, other.block, other.path),
					"write a range that overlaps no other one of the cloud")
			}
		}
	}
}

// block is one range of a cluster.
func (v *validator) block(path string, kind rangeKind, text, example string) (netip.Prefix, bool) {
	block, ok := v.network(path, text, example)
	if !ok {
		return block, false
	}
	switch {
	case block.Bits() < kind.widest || block.Bits() > kind.narrowest:
		v.report(path, "found "+quote(text)+", a /"+fmt.Sprint(block.Bits()), "write "+kind.sizes()+", such as "+example)
		return block, false
	case !slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Bits() <= block.Bits() && p.Contains(block.Addr()) }):
		v.report(path, "found "+quote(text)+", which is not private", "write a range within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10")
		return block, false
	case block.Overlaps(docker0):
		v.report(path, fmt.Sprintf("found %s, which overlaps %s, the bridge on every node", quote(text), docker0), "write a range outside of it, such as "+example)
		return block, false
	}
	return block, true
}

func (k rangeKind) sizes() string {
	if k.widest == k.narrowest {
		return fmt.Sprintf("a /%d", k.widest)
	}
	return fmt.Sprintf("a range from /%d to /%d", k.narrowest, k.widest)
}

// network reads a network in CIDR notation, IPv4 and without bits of a host.
func (v *validator) network(path, text, example string) (netip.Prefix, bool) {
	block, err := netip.ParsePrefix(text)
	switch {
	case text == "":
		v.report(path, "missing", "write a network in CIDR notation, such as "+example)
	case err != nil || !block.Addr().Is4():
		v.report(path, "found "+quote(text), "write an IPv4 network in CIDR notation, such as "+example)
	case block != block.Masked():
		v.report(path, "found "+quote(text)+", an address inside of a network", "write the network, "+block.Masked().String())
	default:
		return block, true
	}
	return block, false
}

// exampleNetwork is what to write for a cluster whose ranges are missing.
func exampleNetwork(cluster string) string {
	var parts []string
	for _, kind := range rangeKinds {
		parts = append(parts, kind.key+": "+kind.example[cluster])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (v *validator) backups(path string, backups Backups) {
	location := backups.Location
	switch upper := strings.ToUpper(location); {
	case location == "", region.MatchString(location), slices.Contains(multiRegions, location):
		// Without one it is the region, and what is wrong with that is reported there.
	case v.config.GCP != nil && location == v.config.GCP.Region:
	case slices.Contains(multiRegions, upper):
		v.report(path+".location", "found "+quote(location), "write "+upper)
	default:
		v.report(path+".location", "found "+quote(location),
			"write a region, such as europe-west3, or one of "+strings.Join(multiRegions, ", "))
	}
	if days := backups.RetentionDays; days != nil && (*days < foundation.MinRetention || *days > foundation.MaxRetention) {
		v.report(path+".retentionDays", fmt.Sprintf("found %d", *days),
			fmt.Sprintf("write %d to %d, the bounds of Cloud Storage's soft delete", foundation.MinRetention, foundation.MaxRetention))
	}
}
