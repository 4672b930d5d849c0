package abapp

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
	"live-omega/components/naming"
	"live-omega/components/traefik"
)

// foundation is what a variant's pods and the app's routes are built on.
type foundation struct {
	// inside are the options of what is in the variant's namespace.
	inside []pulumi.ResourceOption
	// beforePods must be there before pods are started.
	beforePods []pulumi.Resource
}

// builder creates the objects of an app, in the order in which it is called.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent pulumi.ResourceOption
	// variants are those whose foundation is laid, by name.
	variants map[string]foundation
	// beforeRoutes must be there before requests are sent: what routes refer to, and pods.
	beforeRoutes []pulumi.Resource
}

// addFoundation creates all of a variant but its pods.
func (b *builder) addFoundation(variant string) error {
	inside := []pulumi.ResourceOption{b.parent, pulumi.DependsOn(b.args.Before[variant])}
	beforePods, err := newIdentity(b.ctx, b.name, variant, b.args, inside)
	if err != nil {
		return err
	}
	service, err := newService(b.ctx, b.name, variant, b.args, inside)
	if err != nil {
		return fmt.Errorf("creating Service: %w", err)
	}
	b.beforeRoutes = append(b.beforeRoutes, service)
	if variant != VariantA {
		grant, err := newGrant(b.ctx, b.name, variant, b.args, inside)
		if err != nil {
			return err
		}
		b.beforeRoutes = append(b.beforeRoutes, grant)
	}
	b.variants[variant] = foundation{inside: inside, beforePods: beforePods}
	return nil
}

// addServices creates what an app with two variants has inside Traefik: a service that copies requests
// of a to b, and one that keeps visitors on their variant and chooses what is copied. They are there whatever the strategy says.
// Traefik reads its own objects and those of the Gateway API apart from each other, so a route must never
// refer to one that is only just being made. For the same reason b's pods come after them, and are gone
// before them.
func (b *builder) addServices() error {
	second, ok := b.variants[VariantB]
	if !ok {
		return nil
	}
	app := b.args.App.Name
	toA, toB := serviceOf(app, VariantA), serviceOf(app, VariantB)
	after := append(b.variants[VariantA].inside, pulumi.DependsOn(b.beforeRoutes), b.args.Gateway.DependsOn())
	copies, err := traefik.NewCopies(b.ctx, naming.Logical(b.name, "copies"), b.args.object(copiesName(app)), toA, toB, after...)
	if err != nil {
		return err
	}
	cohorts, err := traefik.NewCohorts(b.ctx, naming.Logical(b.name, "cohorts"), b.args.object(cohortsName(app)), traefik.Cohorts{
		Cookie:   app + "-cohort",
		Backends: map[string]gatewayapi.Backend{VariantA: toA, VariantB: toB, copied: {Traefik: copiesName(app)}},
	}, append(after, pulumi.DependsOn([]pulumi.Resource{copies}))...)
	if err != nil {
		return err
	}
	services := append([]pulumi.Resource{copies}, cohorts...)
	second.beforePods = append(second.beforePods, services...)
	b.variants[VariantB] = second
	b.beforeRoutes = append(b.beforeRoutes, services...)
	return nil
}

// addPods creates the Deployment of a variant and what scales and keeps its pods. Without anything that
// it is to come after, routes come after it.
func (b *builder) addPods(variant string, after ...pulumi.Resource) error {
	on := b.variants[variant]
	opts := append(on.inside, pulumi.DependsOn(on.beforePods), pulumi.DependsOn(after))
	deployment, err := newDeployment(b.ctx, b.name, variant, b.args, opts)
	if err != nil {
		return fmt.Errorf("creating Deployment: %w", err)
	}
	if len(after) == 0 {
		b.beforeRoutes = append(b.beforeRoutes, deployment)
	}
	if scale := b.args.Variants[variant].Autoscale; scale != nil {
		if err := newAutoscaler(b.ctx, b.name, variant, b.args, append(on.inside, pulumi.DependsOn([]pulumi.Resource{deployment}))); err != nil {
			return fmt.Errorf("creating HorizontalPodAutoscaler: %w", err)
		}
	}
	if b.args.Variants[variant].Pods() > 1 {
		if err := newDisruptionBudget(b.ctx, b.name, variant, b.args, on.inside); err != nil {
			return fmt.Errorf("creating PodDisruptionBudget: %w", err)
		}
	}
	return nil
}

// routes creates the HTTPRoutes.
func (b *builder) routes() ([]pulumi.Resource, error) {
	rendered, after := Render(b.args), pulumi.DependsOn(b.beforeRoutes)
	main, err := gatewayapi.NewHTTPRoute(b.ctx, b.name, rendered.Main, b.parent, after)
	if err != nil {
		return nil, err
	}
	routes := []pulumi.Resource{main}
	if rendered.Preview != nil {
		preview, err := gatewayapi.NewHTTPRoute(b.ctx, naming.Logical(b.name, "preview"), *rendered.Preview, b.parent, after)
		if err != nil {
			return nil, err
		}
		routes = append(routes, preview)
	}
	return routes, nil
}
