// Package netpol enforces NetworkPolicies (networking.k8s.io/v1) on one node of
// a local cluster: it watches pods, namespaces and policies, and keeps two
// nftables tables in the node's network namespace that refuse what no policy
// allows.
//
// Render is the whole of the semantics, a pure function from objects to a
// Ruleset. Applier brings a Ruleset into the kernel in one transaction. Run is
// the process that joins them to a cluster.
//
// What the API leaves to the implementation is decided here as follows.
//
//   - What a policy refuses is answered: with a TCP reset, or ICMP
//     "administratively prohibited". On GKE it is dropped. The answer shows a
//     developer at once what a timeout would show after a minute.
//   - What comes from, or goes to, an address of this node's range that no pod
//     is known to have is dropped, so that a pod talks only once its policies
//     are known. So is what a pod of another node may not do as long as it is
//     not known here. TCP tries again by itself.
//   - Connections that are established when a policy changes go on.
//   - Policies see addresses after kube-proxy has translated a service's into
//     a pod's, also in ipBlock.
//   - ICMP is allowed only by rules without ports.
//   - A named port belongs to the destination pod, also under an ipBlock.
//   - Traffic of the node itself, and pods in its network, are not subject.
//   - There is no IPv6 here: pods' frames other than IPv4 and ARP are dropped.
package netpol

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
)

// Config is what the process of a node needs to know.
type Config struct {
	// Kubeconfig is the path of a kubeconfig that may list and watch pods,
	// namespaces and networkpolicies in all namespaces.
	Kubeconfig string
	// Node is the node's name, for the log.
	Node string
	// Pods is the range that this node's pods have their addresses from.
	Pods netip.Prefix
	// Cluster is the range of all pods of the cluster.
	Cluster netip.Prefix
	// Bridge is the link that the node's pods hang on.
	Bridge string
	// Results is the folder in which the container runtime's CNI library
	// keeps the results of its plugins, usually DefaultResults.
	Results string
	// Health is the address at which /healthz answers 200 while the rules in
	// the kernel are those of the policies, and 503 otherwise.
	Health string
}

// DefaultResults is where libcni keeps results if it is not told otherwise.
const DefaultResults = "/var/lib/cni/results"

// Flags defines a flag for every field, which sets it.
func (c *Config) Flags(flags *flag.FlagSet) {
	flags.StringVar(&c.Kubeconfig, "kubeconfig", "", "path of the kubeconfig")
	flags.StringVar(&c.Node, "node", "", "name of the node")
	flags.TextVar(&c.Pods, "pods", netip.Prefix{}, "range of the node's pods, such as 10.111.0.0/17")
	flags.TextVar(&c.Cluster, "cluster", netip.Prefix{}, "range of all the cluster's pods, such as 10.111.0.0/16")
	flags.StringVar(&c.Bridge, "bridge", "cni0", "link that the node's pods hang on")
	flags.StringVar(&c.Results, "results", DefaultResults, "folder of the CNI plugins' results")
	flags.StringVar(&c.Health, "health", "", "address to serve /healthz at, such as 127.0.0.1:10300")
}

// Args are the command line that sets the same config.
func (c Config) Args() []string {
	return []string{
		"--kubeconfig=" + c.Kubeconfig, "--node=" + c.Node, "--pods=" + c.Pods.String(), "--cluster=" + c.Cluster.String(),
		"--bridge=" + c.Bridge, "--results=" + c.Results, "--health=" + c.Health,
	}
}

func (c Config) validate() error {
	var problems []error
	if c.Kubeconfig == "" {
		problems = append(problems, errors.New("no kubeconfig: want its path"))
	}
	if !c.Pods.IsValid() || !c.Pods.Addr().Is4() {
		problems = append(problems, fmt.Errorf("pods %q: want the node's IPv4 range, such as 10.111.0.0/17", c.Pods))
	}
	if c.Pods.IsValid() && (!c.Cluster.Contains(c.Pods.Addr()) || c.Cluster.Bits() > c.Pods.Bits()) {
		problems = append(problems, fmt.Errorf("cluster %q: want a range that holds %s", c.Cluster, c.Pods))
	}
	if c.Bridge == "" || c.Results == "" {
		problems = append(problems, fmt.Errorf("bridge %q, results %q: want both", c.Bridge, c.Results))
	}
	if _, err := netip.ParseAddrPort(c.Health); err != nil {
		problems = append(problems, fmt.Errorf("health address %q: want one such as 127.0.0.1:10300", c.Health))
	}
	return errors.Join(problems...)
}
