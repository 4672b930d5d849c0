package network

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"live-omega/local/layout"
)

// ensureLink makes the pair of links between the bridge and the namespace,
// with the node's address and route. A half that lost its other half is made
// anew.
func ensureLink(root layout.Root, c layout.Cluster, n layout.Node, bridge netlink.Link, ns netns.NsHandle) error {
	inside, err := netlink.NewHandleAt(ns, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("entering the namespace: %w", err)
	}
	defer inside.Close()
	host, err := netlink.LinkByName(n.Netns)
	if err != nil && !notFound(err) {
		return err
	}
	if err == nil {
		if err := owned(root, host); err != nil {
			return err
		}
	}
	if _, insideErr := inside.LinkByName(nodeLink); err != nil || insideErr != nil {
		if err == nil {
			if err := netlink.LinkDel(host); err != nil {
				return fmt.Errorf("removing the link that lost its other end: %w", err)
			}
		}
		if host, err = addLink(root, n, bridge, ns); err != nil {
			return err
		}
	}
	if err := netlink.LinkSetMaster(host, bridge); err != nil {
		return fmt.Errorf("adding link %q to the bridge: %w", n.Netns, err)
	}
	if err := netlink.LinkSetUp(host); err != nil {
		return fmt.Errorf("setting link %q up: %w", n.Netns, err)
	}
	if err := configureNode(inside, c, n); err != nil {
		return err
	}
	return OnThread(func() error {
		if err := netns.Set(ns); err != nil {
			return fmt.Errorf("entering the namespace: %w", err)
		}
		if err := setForwarding(); err != nil {
			return err
		}
		return setMasquerade(c, n)
	})
}

func addLink(root layout.Root, n layout.Node, bridge netlink.Link, ns netns.NsHandle) (netlink.Link, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MasterIndex = n.Netns, bridge.Attrs().Index
	err := netlink.LinkAdd(&netlink.Veth{
		LinkAttrs:        attrs,
		PeerName:         nodeLink,
		PeerHardwareAddr: hardwareAddress(n.Address.As4()),
		PeerNamespace:    netlink.NsFd(ns),
	})
	if err != nil {
		return nil, fmt.Errorf("making link %q: %w", n.Netns, err)
	}
	host, err := netlink.LinkByName(n.Netns)
	if err != nil {
		return nil, err
	}
	if err := netlink.LinkSetAlias(host, aliasPrefix+string(root)); err != nil {
		return nil, fmt.Errorf("marking link %q: %w", n.Netns, err)
	}
	return host, nil
}

// addressing is what sets addresses, in the host's namespace or in another.
type addressing interface {
	AddrReplace(netlink.Link, *netlink.Addr) error
}

type netlinkDefault struct{}

func (netlinkDefault) AddrReplace(l netlink.Link, a *netlink.Addr) error {
	return netlink.AddrReplace(l, a)
}

func ensureAddress(h addressing, link netlink.Link, prefix string) error {
	addr, err := netlink.ParseAddr(prefix)
	if err != nil {
		return err
	}
	return h.AddrReplace(link, addr)
}

func configureNode(h *netlink.Handle, c layout.Cluster, n layout.Node) error {
	lo, err := h.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := h.LinkSetUp(lo); err != nil {
		return fmt.Errorf("setting the loopback link up: %w", err)
	}
	eth, err := h.LinkByName(nodeLink)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("%s/%d", n.Address, layout.BridgePrefix.Bits())
	if err := ensureAddress(h, eth, address); err != nil {
		return fmt.Errorf("giving the node its address %s: %w", address, err)
	}
	if err := h.LinkSetUp(eth); err != nil {
		return fmt.Errorf("setting the node's link up: %w", err)
	}
	// The API server dials services by their virtual address: the kernel
	// looks for a route before kube-proxy's rules rewrite the destination.
	route := &netlink.Route{
		LinkIndex: eth.Attrs().Index,
		Dst:       &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(0, 32)},
		Gw:        layout.BridgePrefix.Addr().AsSlice(),
	}
	if err := h.RouteReplace(route); err != nil {
		return fmt.Errorf("setting the node's default route: %w", err)
	}
	// The routes to the other node's pods are there also while there is no
	// other node: nothing of this one changes when it comes or goes.
	for _, other := range c.Nodes() {
		if other.Name == n.Name {
			continue
		}
		to := &netlink.Route{
			LinkIndex: eth.Attrs().Index,
			Dst:       &net.IPNet{IP: other.PodCIDR.Addr().AsSlice(), Mask: net.CIDRMask(other.PodCIDR.Bits(), 32)},
			Gw:        other.Address.AsSlice(),
		}
		if err := h.RouteReplace(to); err != nil {
			return fmt.Errorf("setting the route to the pods of %s: %w", other.Name, err)
		}
	}
	return nil
}

// setForwarding lets the node route between its pods and the bridge, and
// shows bridged traffic between pods to kube-proxy's rules. The calling thread
// is in the node's namespace.
func setForwarding() error {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return fmt.Errorf("turning on forwarding: %w", err)
	}
	if err := os.WriteFile(bridgeFilter, []byte("1"), 0); err != nil {
		return fmt.Errorf("turning on filtering of bridged traffic: %w", err)
	}
	return nil
}

const bridgeFilter = "/proc/sys/net/bridge/bridge-nf-call-iptables"

// ensureFiltering has the kernel know how to show bridged traffic to packet
// filters, which most distributions leave to a module.
func ensureFiltering() error {
	if _, err := os.Stat(bridgeFilter); err == nil {
		return nil
	}
	out, err := exec.Command("modprobe", "br_netfilter").CombinedOutput()
	if err != nil {
		return fmt.Errorf("clusters need the kernel module br_netfilter, and `modprobe br_netfilter` failed: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Remove takes the node's link and namespace away. What belongs to another
// clone stays.
func Remove(root layout.Root, n layout.Node) error {
	unlock, err := lock(root)
	if err != nil {
		return err
	}
	defer unlock()
	host, err := netlink.LinkByName(n.Netns)
	switch {
	case notFound(err):
	case err != nil:
		return fmt.Errorf("removing link %q: %w", n.Netns, err)
	case owned(root, host) != nil:
		return nil
	default:
		if err := netlink.LinkDel(host); err != nil {
			return fmt.Errorf("removing link %q: %w", n.Netns, err)
		}
	}
	return removeNamespace(n.Netns)
}

// RemoveBridge takes the bridge away if this clone made it and no cluster is
// linked to it any more. It reports whether the bridge is gone.
func RemoveBridge(root layout.Root) (bool, error) {
	unlock, err := lock(root)
	if err != nil {
		return false, err
	}
	defer unlock()
	bridge, err := netlink.LinkByName(layout.Bridge)
	if notFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("removing bridge %q: %w", layout.Bridge, err)
	}
	if owned(root, bridge) != nil {
		return false, nil
	}
	links, err := netlink.LinkList()
	if err != nil {
		return false, fmt.Errorf("listing the bridge's links: %w", err)
	}
	for _, l := range links {
		if l.Attrs().MasterIndex == bridge.Attrs().Index {
			return false, nil
		}
	}
	if err := netlink.LinkDel(bridge); err != nil {
		return false, fmt.Errorf("removing bridge %q: %w", layout.Bridge, err)
	}
	return true, removeNamespaceFolder()
}
