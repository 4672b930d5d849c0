package edge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const balancerToken = "live-omega:edge:LoadBalancer"

// balancerName is the physical name of everything that a project has one of; other names begin with it.
const balancerName = "live-omega-edge"

// LoadBalancerArgs describe an edge that is a load balancer of Google Cloud.
type LoadBalancerArgs struct {
	// Project is the ID of the project that all of it is in.
	Project string
	// Clusters are the members of the clusters' gateways, by the clusters' names; two or more. The zero Group
	// is a cluster that is away, and no traffic may be for it.
	Clusters map[string]Group
	// Domain below which the apps are, and the name of its DNS zone.
	Domain string
	Zone   pulumi.StringInput
	// Traffic per cluster.
	Traffic Traffic
	// Hosts are, by app, the names that the app has besides <app>.<domain> and its preview's. Only those of
	// the apps in Traffic.Apps are needed.
	Hosts map[string]pulumi.StringArrayInput
	// Certificates are further names that need a certificate, besides the domain and the names right below it.
	Certificates []string
	// RateLimit bounds the requests of one client address; nil bounds nothing.
	RateLimit *RateLimit
	// LogPercent of the requests are logged, 0 to 100.
	LogPercent int
	// Protect keeps the public address from being deleted or replaced.
	Protect bool
}

// Group is a network endpoint group of a cluster: one of the same name in each of the zones.
type Group struct {
	Name  pulumi.StringInput
	Zones pulumi.StringArrayInput
}

func (g Group) away() bool { return g.Name == nil }

// LoadBalancer is an edge that is a global external Application Load Balancer.
type LoadBalancer struct {
	pulumi.ResourceState

	// Address is the public IP address.
	Address pulumi.StringOutput
	// Records are what the owners of Certificates outside the domain have to add to their own zones, "type
	// data" by name.
	Records pulumi.StringMapOutput
}

// NewLoadBalancer creates the edge. It needs a provider of Google Cloud among its options, and nothing of
// the clusters but the names of their groups.
//
// Each cluster is a backend service; which share of the requests each gets is said by the URL map alone. So
// moving traffic changes one resource, in place and at once.
//
// A cluster that is dead is not bypassed, unlike on the other platform. A group could stand by in the
// backend service of the other cluster, with the preference DEFAULT behind the PREFERRED own one, but the
// provider has no preference of backends in version 7 (compute.BackendServiceBackend). Its other means send
// requests to both while both are well, and 0 % has to be none.
func NewLoadBalancer(ctx *pulumi.Context, name string, args LoadBalancerArgs, opts ...pulumi.ResourceOption) (*LoadBalancer, error) {
	clusters := slices.Sorted(maps.Keys(args.Clusters))
	if err := args.validate(clusters); err != nil {
		return nil, fmt.Errorf("edge %s: %w", name, err)
	}
	component := &LoadBalancer{}
	if err := ctx.RegisterComponentResource(balancerToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("edge %s: %w", name, err)
	}
	build := balancerBuilder{
		ctx: ctx, name: name, args: args, clusters: clusters, made: component, parent: pulumi.Parent(component),
		services: map[string]*compute.BackendService{},
	}
	for _, part := range []func() error{build.address, build.dns, build.certificates, build.backends, build.urlMap, build.frontEnds} {
		if err := part(); err != nil {
			return nil, fmt.Errorf("edge %s: %w", name, err)
		}
	}
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{"address": component.Address, "records": component.Records})
}

func (a LoadBalancerArgs) validate(clusters []string) error {
	var problems []error
	if len(clusters) < 2 {
		problems = append(problems, fmt.Errorf("clusters %v, want two or more", clusters))
	}
	if a.Project == "" || a.Domain == "" || a.Zone == nil {
		problems = append(problems, fmt.Errorf("project %q, domain %q or its zone is missing", a.Project, a.Domain))
	}
	if a.LogPercent < 0 || a.LogPercent > 100 {
		problems = append(problems, fmt.Errorf("%d %% of the requests are logged, want 0 to 100", a.LogPercent))
	}
	for _, cluster := range clusters {
		if uses := a.Traffic.Uses(cluster); a.Clusters[cluster].away() && len(uses) > 0 {
			problems = append(problems, fmt.Errorf("cluster %s is away, but traffic %v is for it", cluster, uses))
		}
	}
	for i, host := range a.Certificates {
		if CoveredByCertificate(host, a.Domain, a.Certificates[:i]) {
			problems = append(problems, fmt.Errorf("certificate of %s is there already", host))
		}
	}
	problems = append(problems, a.Traffic.validate(clusters))
	for _, problem := range a.Traffic.UnsupportedOnGCP() {
		problems = append(problems, fmt.Errorf("traffic %s: %s; %s", problem.Path, problem.Found, problem.Remedy))
	}
	return errors.Join(problems...)
}

// balancerBuilder creates the parts of a load balancer, each after those it needs.
type balancerBuilder struct {
	ctx      *pulumi.Context
	name     string
	args     LoadBalancerArgs
	clusters []string
	made     *LoadBalancer
	parent   pulumi.ResourceOption

	// Set by the steps, in their order.
	certificateMap pulumi.StringOutput
	services       map[string]*compute.BackendService
	routes         *compute.URLMap
}

// present are the clusters that are not away.
func (b *balancerBuilder) present() []string {
	return slices.DeleteFunc(slices.Clone(b.clusters), func(cluster string) bool { return b.args.Clusters[cluster].away() })
}

// address reserves the public address, which is in the DNS of others too.
func (b *balancerBuilder) address() error {
	address, err := compute.NewGlobalAddress(b.ctx, b.name, &compute.GlobalAddressArgs{
		Name:        pulumi.String(balancerName),
		AddressType: pulumi.String("EXTERNAL"),
		IpVersion:   pulumi.String("IPV4"),
		Labels:      balancerLabels(),
	}, b.parent, pulumi.Protect(b.args.Protect))
	if err != nil {
		return fmt.Errorf("creating the public address: %w", err)
	}
	b.made.Address = address.Address
	return nil
}

// balancerLabels are those of everything that can have labels.
func balancerLabels() pulumi.StringMap {
	return pulumi.StringMap{"part-of": pulumi.String("live-omega"), "component": pulumi.String("edge")}
}
