// Package ingress gives a cluster its shared way in: the Gateway API, and Traefik as its
// implementation. Every app attaches its HTTPRoute to the one Gateway made here.
package ingress

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
	"live-omega/components/placement"
)

const typeToken = "live-omega:ingress:Ingress"

const (
	// Namespace holds everything of the ingress.
	Namespace = "ingress"
	// GatewayName is the name of the Gateway in Namespace.
	GatewayName = "gateway"

	// LoopAddress is where the loops listen; see Args.
	LoopAddress = "127.0.0.1"

	// ReadyHost and ReadyPath are where an ingress that has loaded its routes answers 200. The host is
	// reserved: it is not below any domain, and Traefik answers it by itself.
	ReadyHost = "gateway.internal"
	ReadyPath = "/ready"
)

// MinReplicas is the smallest number of pods: one can be replaced while another serves.
const MinReplicas = 2

// Args describe the ingress of a cluster.
type Args struct {
	// Image of Traefik, the full reference "registry/name@sha256:digest".
	Image string
	// Replicas is the number of pods, MinReplicas or more.
	Replicas int
	// Exposure says how requests from outside reach the pods.
	Exposure Exposure
	// Placement is where the pods go.
	Placement placement.Placement
	// Before is what must be there before pods are placed.
	Before []pulumi.Resource
	// Public says that anyone connects to the pods, and not only the edge. They take longer to drain.
	Public bool
	// TrustedProxies are the networks (CIDR) whose X-Forwarded-* headers are believed.
	TrustedProxies []string
	// Routing is extra dynamic configuration of Traefik in YAML, its file provider; nil for none. Pods
	// are replaced when it changes.
	Routing pulumi.StringInput
	// Loops are further entry points that only the pod itself reaches, by name: their ports at LoopAddress.
	// The routers of Routing say what is behind them.
	Loops map[string]int
	// Middlewares of Routing that every request passes, as "name@file".
	Middlewares []string
}

// Ingress is the shared way into a cluster.
type Ingress struct {
	pulumi.ResourceState

	// Gateway is what routes are attached to.
	Gateway gatewayapi.Parent
	// Address is where requests are sent, "host:port"; "" with NEG, where they are sent to Group.
	Address pulumi.StringOutput
	// Group is the name of the network endpoint group, with NEG; "" otherwise.
	Group pulumi.StringOutput
}

// New creates the ingress. It needs a Kubernetes provider among its options.
//
// The order of the parts is what makes readiness meaningful: the Gateway and the route that answers
// ReadyPath come before the pods, so a pod that answers it has loaded every route there is.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Ingress, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	if args.Exposure.Kind == NEG {
		args.Routing = pulumi.String(copiesRouting)
	}
	component := &Ingress{}
	if err := ctx.RegisterComponentResource(typeToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	build := builder{ctx: ctx, name: name, args: args, parent: pulumi.Parent(component)}

	definitions, err := build.definitions()
	if err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	if err := build.namespace(); err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	if err := build.gateway(definitions); err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	if err := build.identity(); err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	service, err := build.service()
	if err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	if err := build.proxy(); err != nil {
		return nil, fmt.Errorf("ingress %s: %w", name, err)
	}
	component.Gateway = build.parentRef
	component.Address, component.Group = args.Exposure.address(service), args.Exposure.group(service)
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{"address": component.Address, "group": component.Group})
}

// validate finds mistakes that would otherwise show as an ingress that does not start.
func (a Args) validate() error {
	var problems []error
	if a.Image == "" {
		problems = append(problems, errors.New("no image"))
	}
	if a.Replicas < MinReplicas {
		problems = append(problems, fmt.Errorf("%d replicas, want %d or more", a.Replicas, MinReplicas))
	}
	if a.Exposure.Kind == NEG && a.Routing != nil {
		problems = append(problems, errors.New("the routing behind a load balancer of Google Cloud is its own"))
	}
	if len(a.Middlewares) > 0 && a.Routing == nil {
		problems = append(problems, errors.New("middlewares without the routing that defines them"))
	}
	if len(a.Loops) > 0 && a.Routing == nil {
		problems = append(problems, errors.New("loops without the routing that says what is behind them"))
	}
	return errors.Join(append(problems, a.Exposure.validate())...)
}

// builder creates the parts of one ingress, each after those it needs.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent pulumi.ResourceOption

	// Set by the steps, in their order.
	inNamespace []pulumi.ResourceOption
	parentRef   gatewayapi.Parent
	beforePods  []pulumi.Resource
}

// labels are those of every object of the ingress.
func labels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":       "traefik",
		"app.kubernetes.io/component":  "ingress",
		"app.kubernetes.io/managed-by": "pulumi",
		"app.kubernetes.io/part-of":    "live-omega",
	}
}

// selector picks the pods; it can never change.
func selector() pulumi.StringMap {
	return pulumi.ToStringMap(map[string]string{"app.kubernetes.io/name": "traefik"})
}
