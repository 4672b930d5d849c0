// Package foundation makes what both clusters share on Google Cloud: network, registry, zone, backup
// bucket, and the accounts of the nodes.
package foundation

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const typeToken = "live-omega:foundation:Foundation"

// cloud is the physical name of everything that a project has one of.
const cloud = "live-omega"

// Args describe what the clusters of a cloud share.
type Args struct {
	// Project is its ID, and Region where everything is that is in a region.
	Project, Region string
	// Domain below which the apps are.
	Domain string
	// Networks are the ranges of addresses, by cluster.
	Networks map[string]Network
	// Ports of the nodes and their pods that load balancers send requests and health checks to.
	Ports   []int
	Backups Backups
	// Protect keeps what cannot be made again as it was from being deleted or replaced.
	Protect bool
}

// Network holds a cluster's ranges in CIDR notation; none overlaps another of the cloud.
type Network struct {
	// Nodes is the primary range of the subnetwork, Pods and Services are the secondary ones.
	Nodes, Pods, Services string
	// ControlPlane is a /28. Nothing is made of it here; it is written beside the others so that all ranges
	// are seen together.
	ControlPlane string
}

// Backups say where backups are kept, and for how long at least.
type Backups struct {
	// Location is a region or a multi-region of Cloud Storage.
	Location string
	// RetentionDays is MinRetention to MaxRetention.
	RetentionDays int
}

// Foundation is what the clusters of a cloud share.
type Foundation struct {
	pulumi.ResourceState

	// Clusters are the parts of the network, by cluster.
	Clusters map[string]Cluster
	// Registry is the prefix of images.
	Registry pulumi.StringOutput
	// Zone is the name of the DNS zone, and NameServers are what the domain has to be delegated to.
	Zone        pulumi.StringOutput
	NameServers pulumi.StringArrayOutput
	// Backups is the name of the bucket.
	Backups pulumi.StringOutput
}

// Cluster is what a cluster is made in.
type Cluster struct {
	// Network and Subnetwork are self links.
	Network, Subnetwork pulumi.StringOutput
	// PodsRange and ServicesRange are the names of the secondary ranges.
	PodsRange, ServicesRange string
	// ControlPlane is a /28 in CIDR notation.
	ControlPlane string
	// NodeAccount is the e-mail address of the nodes' service account.
	NodeAccount pulumi.StringOutput
}

// New makes what the clusters share. It needs a provider of Google Cloud among its options.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Foundation, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("foundation %s: %w", name, err)
	}
	component := &Foundation{}
	if err := ctx.RegisterComponentResource(typeToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("foundation %s: %w", name, err)
	}
	build := builder{
		ctx: ctx, name: name, args: args, made: component, child: []pulumi.ResourceOption{pulumi.Parent(component)},
		subnetworks: map[string]*compute.Subnetwork{}, accounts: map[string]*serviceaccount.Account{},
	}
	for _, part := range []func() error{
		build.apis, build.network, build.nat, build.nodeAccounts, build.firewall, build.registry, build.zone, build.backups,
	} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("foundation %s: %w", name, err)
		}
	}
	component.Clusters = build.parts()
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{
		"registry": component.Registry, "zone": component.Zone, "nameServers": component.NameServers, "backups": component.Backups,
	})
}

// validate finds mistakes that would otherwise show as half a foundation, and a retention that would be
// none.
func (a Args) validate() error {
	var problems []error
	if a.Project == "" || a.Region == "" || a.Domain == "" || a.Backups.Location == "" {
		problems = append(problems, fmt.Errorf("project %q, region %q, domain %q or location of backups %q is missing",
			a.Project, a.Region, a.Domain, a.Backups.Location))
	}
	if len(a.Networks) == 0 {
		problems = append(problems, errors.New("no cluster has a network"))
	}
	for _, cluster := range a.clusters() {
		problems = append(problems, a.Networks[cluster].validate(cluster))
	}
	if len(a.Ports) == 0 {
		problems = append(problems, errors.New("no ports for the load balancer"))
	}
	for _, port := range a.Ports {
		if port < 1 || port > 65535 {
			problems = append(problems, fmt.Errorf("port %d, want 1 to 65535", port))
		}
	}
	if days := a.Backups.RetentionDays; days < MinRetention || days > MaxRetention {
		problems = append(problems, fmt.Errorf("backups are retained for %d days, want %d to %d", days, MinRetention, MaxRetention))
	}
	return errors.Join(problems...)
}

func (n Network) validate(cluster string) error {
	var problems []error
	for _, each := range []struct{ name, cidr string }{
		{"nodes", n.Nodes}, {"pods", n.Pods}, {"services", n.Services}, {"control plane", n.ControlPlane},
	} {
		if prefix, err := netip.ParsePrefix(each.cidr); err != nil || prefix != prefix.Masked() {
			problems = append(problems, fmt.Errorf("range %q for the %s of cluster %s is no network in CIDR notation", each.cidr, each.name, cluster))
		}
	}
	return errors.Join(problems...)
}

// clusters are the names of the clusters, sorted.
func (a Args) clusters() []string { return slices.Sorted(maps.Keys(a.Networks)) }

// builder makes the parts, each after those it needs.
type builder struct {
	ctx  *pulumi.Context
	name string
	args Args
	made *Foundation
	// child are the options of every part; from apis on, they make it wait for the APIs.
	child []pulumi.ResourceOption

	// Set by the steps, in their order.
	vpc         *compute.Network
	subnetworks map[string]*compute.Subnetwork
	accounts    map[string]*serviceaccount.Account
}

// kept are the options of what cannot be made again as it was.
func (b *builder) kept() []pulumi.ResourceOption {
	return append(slices.Clone(b.child), pulumi.Protect(b.args.Protect))
}

// parts are what the clusters are made in.
func (b *builder) parts() map[string]Cluster {
	parts := map[string]Cluster{}
	for _, cluster := range b.args.clusters() {
		parts[cluster] = Cluster{
			Network:       b.vpc.SelfLink,
			Subnetwork:    b.subnetworks[cluster].SelfLink,
			PodsRange:     podsRange,
			ServicesRange: servicesRange,
			ControlPlane:  b.args.Networks[cluster].ControlPlane,
			NodeAccount:   b.accounts[cluster].Email,
		}
	}
	return parts
}
