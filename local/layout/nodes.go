package layout

import (
	"fmt"
	"net/netip"
)

// PoolLabel is the label by which a node says to which node pool it belongs.
// An app's variant may ask for a pool by it.
const PoolLabel = "live-omega.dev/node-pool"

// Node is what is fixed of one node of a local cluster.
type Node struct {
	// Name is the node's name in Kubernetes.
	Name string
	// Netns is the network namespace's name, and the name of the host's end
	// of its link.
	Netns string
	// Address is the node's address on the bridge.
	Address netip.Addr
	// PodCIDR is the half of the cluster's range from which its pods have
	// their addresses.
	PodCIDR netip.Prefix
	// Pool is its node pool, the value of PoolLabel.
	Pool string
}

// nodeBits is the length of a node's pod range: half of the cluster's.
const nodeBits = 17

// First is the node that every cluster has. It runs the control plane, and
// has the cluster's own name, namespace and address.
func (c Cluster) First() Node {
	return Node{Name: c.Name, Netns: c.Netns, Address: c.Address, PodCIDR: netip.PrefixFrom(c.Pods.Addr(), nodeBits), Pool: "a"}
}

// Second is the node that a cluster may have besides, so that the first can
// be drained. Its address is the first's plus ten.
func (c Cluster) Second() Node {
	address, pods := c.Address.As4(), c.Pods.Addr().As4()
	address[3] += 10
	pods[2] |= 128
	return Node{
		Name: c.Name + "-b", Netns: c.Netns + "-b", Address: netip.AddrFrom4(address),
		PodCIDR: netip.PrefixFrom(netip.AddrFrom4(pods), nodeBits), Pool: "b",
	}
}

// Nodes are both, whether the second is there or not: what is fixed of it is
// known before it is.
func (c Cluster) Nodes() []Node { return []Node{c.First(), c.Second()} }

// NodeNamed returns the node of that name; the error lists the names.
func (c Cluster) NodeNamed(name string) (Node, error) {
	names := make([]string, 0, 2)
	for _, n := range c.Nodes() {
		if n.Name == name {
			return n, nil
		}
		names = append(names, n.Name)
	}
	return Node{}, fmt.Errorf("cluster %s has no node %q: want one of %q", c.Name, name, names)
}

// NodeDir is the folder of one node's state: of the first the cluster's own,
// of the second one in there.
func (r Root) NodeDir(c Cluster, n Node, names ...string) string {
	if n.Name == c.First().Name {
		return r.ClusterDir(c.Name, names...)
	}
	return r.ClusterDir(c.Name, append([]string{"nodes", n.Name}, names...)...)
}
