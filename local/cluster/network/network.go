// Package network joins the local clusters: a bridge on the host, and for
// each node a named network namespace with one link to that bridge.
//
// Bridge and links carry the path of the clone that made them as their alias
// (the ifalias of `ip link show`), so that a second clone on the machine can
// say whose they are instead of taking them over.
package network

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"live-omega/local/layout"
)

// nodeLink is the name of a link's end inside the namespace.
const nodeLink = "eth0"

const aliasPrefix = "live-omega "

// Ensure makes the bridge and the namespace and link of the cluster's node
// where they are missing, and leaves good ones alone. It fails, naming the
// owner and the remedy, if another clone or another interface has the bridge
// or its address.
func Ensure(root layout.Root, c layout.Cluster, n layout.Node) error {
	unlock, err := lock(root)
	if err != nil {
		return err
	}
	defer unlock()
	if err := ensureFiltering(); err != nil {
		return err
	}
	bridge, err := ensureBridge(root)
	if err != nil {
		return err
	}
	ns, err := ensureNamespace(n.Netns)
	if err != nil {
		return fmt.Errorf("making network namespace %q: %w", n.Netns, err)
	}
	defer ns.Close()
	if err := ensureLink(root, c, n, bridge, ns); err != nil {
		return fmt.Errorf("linking network namespace %q to bridge %q: %w", n.Netns, layout.Bridge, err)
	}
	return nil
}

// EnsureBridge makes the bridge alone, for what serves the clusters from the
// host, such as the registry.
func EnsureBridge(root layout.Root) error {
	unlock, err := lock(root)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = ensureBridge(root)
	return err
}

// lock keeps the clusters, which start in parallel, from making the bridge at
// the same time.
func lock(root layout.Root) (func(), error) {
	path := root.Local("network.lock")
	if err := os.MkdirAll(root.Local(), 0o755); err != nil {
		return nil, fmt.Errorf("locking the network: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the network: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking the network: %w", err)
	}
	return func() { f.Close() }, nil
}

func ensureBridge(root layout.Root) (netlink.Link, error) {
	link, err := netlink.LinkByName(layout.Bridge)
	if notFound(err) {
		if err := addressIsFree(); err != nil {
			return nil, err
		}
		// A bridge without an address of its own takes the lowest of its
		// ports' and changes it when they come and go, which breaks
		// connections until neighbours notice.
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.HardwareAddr = layout.Bridge, hardwareAddress(layout.BridgePrefix.Addr().As4())
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
			return nil, fmt.Errorf("making bridge %q: %w", layout.Bridge, err)
		}
		link, err = netlink.LinkByName(layout.Bridge)
		if err == nil {
			err = netlink.LinkSetAlias(link, aliasPrefix+string(root))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("making bridge %q: %w", layout.Bridge, err)
	}
	link, err = netlink.LinkByName(layout.Bridge)
	if err != nil {
		return nil, fmt.Errorf("making bridge %q: %w", layout.Bridge, err)
	}
	if err := owned(root, link); err != nil {
		return nil, err
	}
	if err := ensureAddress(netlinkDefault{}, link, layout.BridgePrefix.String()); err != nil {
		return nil, fmt.Errorf("giving bridge %q its address %s: %w", layout.Bridge, layout.BridgePrefix, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("setting bridge %q up: %w", layout.Bridge, err)
	}
	return link, nil
}

// owned fails if the link was made by anyone but this clone.
func owned(root layout.Root, link netlink.Link) error {
	alias := link.Attrs().Alias
	switch owner, ours := strings.CutPrefix(alias, aliasPrefix); {
	case ours && owner == string(root):
		return nil
	case ours:
		if _, err := os.Stat(owner); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("link %q belongs to the clone %s, which is gone: end the processes it left, then free the link with: ip link delete %s",
				link.Attrs().Name, owner, link.Attrs().Name)
		}
		return fmt.Errorf("link %q belongs to the clone %s, and one clone at a time can run: free it with: make -C %s destroy",
			link.Attrs().Name, owner, owner)
	default:
		return fmt.Errorf("link %q exists and was not made by a clone of live-omega: if nothing needs it, free the name with: ip link delete %s",
			link.Attrs().Name, link.Attrs().Name)
	}
}

// addressIsFree fails if an interface has an address in the bridge's subnet.
func addressIsFree() error {
	addresses, err := netlink.AddrList(nil, netlink.FAMILY_V4)
	if err != nil {
		return fmt.Errorf("listing the machine's addresses: %w", err)
	}
	subnet := layout.BridgePrefix.Masked()
	for _, a := range addresses {
		if a.IPNet == nil {
			continue
		}
		ones, _ := a.Mask.Size()
		inside := (&net.IPNet{IP: subnet.Addr().AsSlice(), Mask: net.CIDRMask(subnet.Bits(), 32)}).Contains(a.IP)
		// A default-like route of another interface may cover the subnet
		// without a clash; an address with a mask that covers it may not.
		if !inside && (ones == 0 || !a.IPNet.Contains(subnet.Addr().AsSlice())) {
			continue
		}
		name := "?"
		if link, err := netlink.LinkByIndex(a.LinkIndex); err == nil {
			name = link.Attrs().Name
		}
		return fmt.Errorf("the local clusters need the subnet %s, but interface %q has the address %s: free it with: ip address delete %s dev %s",
			subnet, name, a.IPNet, a.IPNet, name)
	}
	return nil
}

// OnThread runs f on a thread of its own that ends with it: what f does to
// the thread's namespaces reaches nothing else.
func OnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked, so the runtime ends the thread with the goroutine.
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// hardwareAddress makes a link's address from its IP address. A namespace
// that is made anew so keeps its address, and its neighbours need not wait
// for their entries to expire.
func hardwareAddress(ip [4]byte) net.HardwareAddr {
	return net.HardwareAddr{0x02, 0x98, ip[0], ip[1], ip[2], ip[3]}
}

func notFound(err error) bool {
	var missing netlink.LinkNotFoundError
	return errors.As(err, &missing)
}
