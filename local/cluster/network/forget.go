package network

import (
	"fmt"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"live-omega/local/layout"
)

// Forget takes away what the node's network still knows of pods that have all
// ended: kube-proxy's rules, and connections, whose addresses other pods will
// have.
//
// kube-proxy (v1.34, nftables) leaves a chain that is there as it is. When it
// has emptied one because its endpoint went away, and ends before it has
// removed it, the next one takes the empty chain for that endpoint's, and the
// service stays refused on this node for an hour. That is what the API server's
// own service meets when a cluster stops.
func Forget(n layout.Node) error {
	nft, err := findNft()
	if err != nil {
		return err
	}
	ns, err := netns.GetFromPath(NamespacePath(n.Netns))
	if err != nil {
		return fmt.Errorf("entering the network of node %q: %w", n.Name, err)
	}
	defer ns.Close()
	return OnThread(func() error {
		if err := netns.Set(ns); err != nil {
			return fmt.Errorf("entering the network of node %q: %w", n.Name, err)
		}
		cmd := exec.Command(nft, "-f", "-")
		cmd.Stdin = strings.NewReader(forgetRules)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("removing kube-proxy's rules of before: %w: %s", err, strings.TrimSpace(string(out)))
		}
		if err := netlink.ConntrackTableFlush(netlink.ConntrackTable); err != nil {
			return fmt.Errorf("forgetting connections of before: %w", err)
		}
		return nil
	})
}

// forgetRules removes tables, whether they are there or not.
const forgetRules = `table ip kube-proxy
delete table ip kube-proxy
table ip6 kube-proxy
delete table ip6 kube-proxy
`
