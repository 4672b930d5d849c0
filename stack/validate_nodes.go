package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"live-omega/clusters"
	"live-omega/stack/strict"
)

// nodes checks the node pools of a cluster, and that pods find the pools that they ask for.
func (v *validator) nodes() {
	nodes := v.config.Nodes
	if nodes == nil || !v.belongs("nodes") {
		return
	}
	platform := v.config.platform()
	v.activePool(*nodes, platform)
	v.standby(nodes.Standby, platform)
	for _, name := range slices.Sorted(maps.Keys(nodes.Pools)) {
		path := strict.Join("nodes.pools", name)
		if !slices.Contains(clusters.PoolNames, name) {
			v.report(path, "found "+quote(name), "write a or b; a cluster has at most these two pools")
			continue
		}
		switch pool := nodes.Pools[name]; platform {
		case clusters.OnGKE:
			v.poolOnGKE(path, pool)
		case clusters.Kubeconfig:
			v.poolOfNodes(path, pool)
		}
	}
	if platform == clusters.OnGKE {
		v.roomForTheSystem(*nodes)
	} else {
		v.nodeInTwoPools(nodes.Pools)
	}
	v.poolsAsked(*nodes)
}

// examplePool is what to write for a pool that is missing.
func examplePool(platform clusters.Platform) string {
	if platform == clusters.OnGKE {
		return "{image: cos, machineType: e2-standard-4}"
	}
	return "{nodes: [live-b]}"
}

// activePool names a pool that exists, or both of them.
func (v *validator) activePool(nodes Nodes, platform clusters.Platform) {
	if !v.oneOf("nodes.active", nodes.Active, append(slices.Clone(clusters.PoolNames), clusters.Both)) {
		return
	}
	for _, name := range clusters.PoolNames {
		if nodes.Active != name && nodes.Active != clusters.Both {
			continue
		}
		if _, ok := nodes.Pools[name]; !ok {
			v.report(strict.Join("nodes.pools", name), "missing, but nodes.active is "+nodes.Active, "write "+examplePool(platform)+", or another pool in nodes.active")
		}
	}
}

// standby is what the pool that is not active can be.
func (v *validator) standby(standby string, platform clusters.Platform) {
	switch {
	case platform == clusters.OnGKE:
		v.oneOf("nodes.standby", standby, []string{standbyTainted, standbyZero})
	case platform == clusters.Kubeconfig && standby == standbyZero:
		v.report("nodes.standby", "found "+quote(standby)+" on platform kubeconfig, which makes and removes no nodes", "write tainted, or remove it")
	case platform == clusters.Kubeconfig:
		v.oneOf("nodes.standby", standby, []string{standbyTainted})
	}
}

// poolOfNodes is a pool on the platform kubeconfig.
func (v *validator) poolOfNodes(path string, pool Pool) {
	for _, field := range []struct {
		key     string
		written bool
	}{
		{"image", pool.Image != ""}, {"version", pool.Version != ""}, {"machineType", pool.MachineType != ""},
		{"spot", pool.Spot != nil}, {"min", pool.Min != nil}, {"max", pool.Max != nil}, {"diskGB", pool.DiskGB != nil},
		{"taints", pool.Taints != nil}, {"upgrade", pool.Upgrade != nil},
	} {
		if field.written {
			v.report(path+"."+field.key, "does not belong to platform kubeconfig", "remove it, or write cluster.platform: gke")
		}
	}
	if len(pool.Nodes) == 0 {
		v.report(path+".nodes", "missing", "write the names of nodes that exist, such as [live-b]; kubectl get nodes lists them")
	}
	for i, name := range pool.Nodes {
		path := fmt.Sprintf("%s.nodes[%d]", path, i)
		switch {
		case len(name) > maxHost || !dnsName.MatchString(name):
			v.report(path, "found "+quote(name), "write the name of a node, as kubectl get nodes shows it")
		case slices.Contains(pool.Nodes[:i], name):
			v.report(path, "found "+quote(name)+" again", "remove one of the two")
		}
	}
}

// nodeInTwoPools finds nodes that would get two labels of one key.
func (v *validator) nodeInTwoPools(pools map[string]Pool) {
	first, second := clusters.PoolNames[0], clusters.PoolNames[1]
	for i, name := range pools[second].Nodes {
		if slices.Contains(pools[first].Nodes, name) {
			v.report(fmt.Sprintf("nodes.pools.%s.nodes[%d]", second, i), fmt.Sprintf("found %s, which is in pool %s already", quote(name), first), "remove it from one of them")
		}
	}
}

// poolsAsked finds variants that ask for a pool that does not exist. Their pods would wait for nodes forever.
func (v *validator) poolsAsked(nodes Nodes) {
	existing := slices.Sorted(maps.Keys(nodes.Pools))
	for _, app := range slices.Sorted(maps.Keys(v.config.Apps)) {
		variants := v.config.Apps[app].Variants
		for _, name := range slices.Sorted(maps.Keys(variants)) {
			asked := variants[name].Pool
			if !slices.Contains(clusters.PoolNames, asked) || slices.Contains(existing, asked) {
				continue // What is no name of a pool is reported with the variant.
			}
			remedy := "remove it"
			if len(existing) > 0 {
				remedy = "write " + strings.Join(existing, " or ") + ", or remove it"
			}
			v.report(strict.Join(strict.Join("apps", app)+".variants", name)+".pool",
				fmt.Sprintf("found %s, but nodes.pools has no %s", quote(asked), asked), fmt.Sprintf("%s, or write nodes.pools.%s", remedy, asked))
		}
	}
}
