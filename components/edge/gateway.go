package edge

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
	"live-omega/components/ingress"
)

const typeToken = "live-omega:edge:Gateway"

// defaultRoute is the name of the route of all apps that have none of their own.
const defaultRoute = "default"

// GatewayArgs describe an edge that is a gateway on a cluster of its own.
type GatewayArgs struct {
	// Clusters are the addresses ("host:port") of the clusters' gateways, by the clusters' names; two
	// or more.
	Clusters map[string]pulumi.StringInput
	// Domain below which the apps are.
	Domain string
	// Traffic per cluster.
	Traffic Traffic
	// Ingress of the edge's own cluster; Routing, Middlewares and Public are the edge's to set.
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
// A cluster is a service inside the gateway, known by the cluster's name; which share of the requests
// it gets is said by HTTPRoutes alone. So moving traffic changes one object, and the gateway goes on with
// the connections and the health that it knows.
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
	args.Ingress.Middlewares = []string{retryMiddleware}
	entry, err := ingress.New(ctx, name, args.Ingress, parent)
	if err != nil {
		return nil, fmt.Errorf("edge %s: %w", name, err)
	}
	for _, route := range Render(clusters, args.Domain, args.Traffic) {
		route.Parent = entry.Gateway
		if _, err := gatewayapi.NewHTTPRoute(ctx, route.Name, route, parent); err != nil {
			return nil, fmt.Errorf("edge %s: %w", name, err)
		}
	}
	component.Address = entry.Address
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{"address": component.Address})
}

func (a GatewayArgs) validate(clusters []string) error {
	var problems []error
	if len(clusters) < 2 {
		problems = append(problems, fmt.Errorf("clusters %v, want two or more", clusters))
	}
	if a.Ingress.Routing != nil || len(a.Ingress.Middlewares) > 0 {
		problems = append(problems, errors.New("the routing of the ingress is the edge's to set"))
	}
	return errors.Join(append(problems, a.Traffic.validate(clusters))...)
}

// Render are the edge's routes: the default one, which matches every host, and one for each app that
// differs, which is more specific and so comes first. A pure function; clusters are sorted names.
//
// A cluster at weight 0 keeps its backend, so that every edit of weights is a change of numbers.
func Render(clusters []string, domain string, traffic Traffic) []gatewayapi.HTTPRoute {
	routes := []gatewayapi.HTTPRoute{render(defaultRoute, nil, clusters, traffic.Default)}
	for _, app := range slices.Sorted(maps.Keys(traffic.Apps)) {
		routes = append(routes, render("app-"+app, []string{host(app, domain)}, clusters, traffic.Apps[app]))
	}
	return routes
}

func render(name string, hostnames, clusters []string, weights Weights) gatewayapi.HTTPRoute {
	route := gatewayapi.HTTPRoute{
		Namespace: ingress.Namespace,
		Name:      name,
		Hostnames: hostnames,
		Labels: map[string]string{
			"app.kubernetes.io/component":  "edge",
			"app.kubernetes.io/managed-by": "pulumi",
			"app.kubernetes.io/part-of":    "live-omega",
		},
	}
	for _, cluster := range clusters {
		route.Backends = append(route.Backends, gatewayapi.Backend{
			Traefik: clusterService(cluster) + "@file",
			Weight:  weights[cluster],
		})
	}
	return route
}
