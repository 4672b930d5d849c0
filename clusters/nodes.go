package clusters

import (
	"maps"
	"slices"

	"live-omega/components/placement"
)

// Both is Nodes.Active when pods may run on either pool.
const Both = "both"

// PoolNames are the names that pools can have.
var PoolNames = []string{"a", "b"}

// Nodes are the node pools of a cluster.
type Nodes struct {
	// Active is the pool of pods that ask for none, or Both.
	Active string
	// Zero lets a pool that is not in use have no nodes. Otherwise its nodes stay, tainted.
	Zero bool
	// Pools by name.
	Pools map[string]Pool
	// Asked are the pools that pods ask for by name.
	Asked []string
}

// Pool is a node pool.
type Pool struct {
	// Nodes are the names of nodes that exist. Platform kubeconfig only.
	Nodes []string
	// GKE is the pool to make. Platform gke only.
	GKE *GKEPool
	// Taints besides the one of pools that are not active.
	Taints []placement.Taint
}

// Closed is whether pods that ask for no pool stay away from this one.
func (n Nodes) Closed(pool string) bool { return n.Active != Both && n.Active != pool }

// InUse is whether pods run on the pool: it is open to all, or some ask for it.
func (n Nodes) InUse(pool string) bool { return !n.Closed(pool) || slices.Contains(n.Asked, pool) }

// names of the pools, sorted.
func (n Nodes) names() []string { return slices.Sorted(maps.Keys(n.Pools)) }

// Placement is where pods go that ask for a pool, or for none with "". Without node pools it is anywhere.
func (n *Nodes) Placement(asked string) placement.Placement {
	switch {
	case n == nil:
		return placement.Placement{Pool: asked}
	case asked == "" && n.Active != Both:
		asked = n.Active
	}
	return placement.Placement{Pool: asked, Taints: n.Pools[asked].Taints}
}

// taints of the nodes of a pool, in a fixed order.
func (n Nodes) taints(pool string) []placement.Taint {
	taints := slices.Clone(n.Pools[pool].Taints)
	if n.Closed(pool) {
		taints = append(taints, placement.Closed(pool))
	}
	return taints
}
