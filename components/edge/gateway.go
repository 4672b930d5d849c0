package edge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
	"live-omega/components/ingress"
	"live-omega/components/traefik"
)

const typeToken = "live-omega:edge:Gateway"

// GatewayArgs describe an edge that is a gateway on a cluster of its own.
type GatewayArgs struct {
	// Clusters are the addresses ("host:port") of the clusters' gateways, by the clusters' names; two
	// or more.
	Clusters map[string]pulumi.StringInput
	// Domain below which the apps are.
	Domain string
	// Traffic per cluster.
	Traffic Traffic
	// Hosts are, by app, the names that the app has besides <app>.<domain> and its preview's. Only those of
	// the apps in Traffic.Apps are needed.
	Hosts map[string]pulumi.StringArrayInput
	// Ingress of the edge's own cluster; Routing, Loops, Middlewares and Public are the edge's to set.
	Ingress ingress.Args
}

// Gateway is an edge that is a gateway on a cluster of its own.
type Gateway struct {
	pulumi.ResourceState

	// Address is where users' requests are sent, "host:port".
	Address pulumi.StringOutput
}

// NewGateway creates the edge. It needs a Kubernetes provider among its options.
//
// A cluster is a service inside the gateway, known by the cluster's name, and so is a cluster with
// copies being made; which share of the requests each gets is said by HTTPRoutes alone. So moving traffic
// changes one object, and the gateway goes on with the connections and the health that it knows.
func NewGateway(ctx *pulumi.Context, name string, args GatewayArgs, opts ...pulumi.ResourceOption) (*Gateway, error) {
	clusters := slices.Sorted(maps.Keys(args.Clusters))
	if err := args.validate(clusters); err != nil {
		return nil, fmt.Errorf("edge %s: %w", name, err)
	}
	component := &Gateway{}
	if err := ctx.RegisterComponentResource(typeToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("edge %s: %w", name, err)
	}
	parent := pulumi.Parent(component)

	args.Ingress.Public = true
	args.Ingress.Routing = routing(args.Clusters)
	args.Ingress.Loops = loops(clusters)
	args.Ingress.Middlewares = []string{retryMiddleware}
	entry, err := ingress.New(ctx, name, args.Ingress, parent)
	if err != nil {
		return nil, fmt.Errorf("edge %s: %w", name, err)
	}
	if err := routes(ctx, clusters, args, entry.Gateway, parent); err != nil {
		return nil, fmt.Errorf("edge %s: %w", name, err)
	}
	component.Address = entry.Address
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{"address": component.Address})
}

// routes creates the routes, after what sticky ones refer to.
func routes(ctx *pulumi.Context, clusters []string, args GatewayArgs, gateway gatewayapi.Parent, parent pulumi.ResourceOption) error {
	object := traefik.Object{Namespace: ingress.Namespace, Name: cohorts, Labels: labels()}
	choices := traefik.Cohorts{Cookie: CohortCookie, Backends: cohortBackends(clusters)}
	static, err := traefik.NewCohorts(ctx, cohorts, object, choices, parent, gateway.DependsOn())
	if err != nil {
		return err
	}
	more := map[string]pulumi.StringArrayInput{}
	for app := range args.Traffic.Apps {
		more[routeName(app)] = args.Hosts[app]
	}
	for _, route := range Render(clusters, args.Domain, args.Traffic) {
		route.Parent = gateway
		route.MoreHostnames = more[route.Name]
		if _, err := gatewayapi.NewHTTPRoute(ctx, route.Name, route, parent, pulumi.DependsOn(static)); err != nil {
			return err
		}
	}
	return nil
}

func (a GatewayArgs) validate(clusters []string) error {
	var problems []error
	if len(clusters) < 2 {
		problems = append(problems, fmt.Errorf("clusters %v, want two or more", clusters))
	}
	if a.Ingress.Routing != nil || a.Ingress.Loops != nil || len(a.Ingress.Middlewares) > 0 {
		problems = append(problems, errors.New("the routing of the ingress is the edge's to set"))
	}
	return errors.Join(append(problems, a.Traffic.validate(clusters))...)
}
