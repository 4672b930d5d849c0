// Package abapp deploys one app in up to two variants and routes requests to them.
//
// Deploying and releasing are separate. Deploying makes pods run, each variant in a namespace of its
// own; releasing is one HTTPRoute that says who is sent to which variant, and a second one for a variant
// that is only previewed. All else that takes part in routing is static and exists whatever the release
// says, so that an edit of a release changes routes only.
package abapp

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/apps"
	"live-omega/components/gatewayapi"
	"live-omega/components/placement"
)

const typeToken = "live-omega:abapp:App"

// Args describe an app on one cluster.
type Args struct {
	// App is the app's entry in the catalogue.
	App apps.App
	// Cluster is the name of the cluster; the app can read it and say it.
	Cluster string
	// Hosts are the names under which the app is reached, its own first, such as
	// "guestbook.live-omega.test".
	Hosts []string
	// Preview is the name under which a variant is reached that users do not see, where the release
	// has one.
	Preview string
	// Variants by name, VariantA and optionally VariantB.
	Variants map[string]Variant
	// Release says who sees which variant.
	Release Release
	// Gateway is what the route is attached to.
	Gateway gatewayapi.Parent
	// Secrets hold a value for each of App.Secrets, by name.
	Secrets map[string]pulumi.StringInput
	// Before is, by variant, what must be there before anything of the variant is created: its
	// namespace (naming.Namespace), and what bounds and isolates what runs in it.
	Before map[string][]pulumi.Resource
}

// Variant is one deployed version of an app.
type Variant struct {
	// Image is the full reference, "registry/name@sha256:digest".
	Image string
	// Version is what people call it, such as "v1.2.0"; a valid label value.
	Version string
	// Replicas is the number of pods, 0 to 100. Without a meaning where Autoscale is set.
	Replicas int
	// Autoscale lets the number of pods follow the load; nil keeps it.
	Autoscale *Autoscale
	// Env are further environment variables, by name.
	Env map[string]string
	// Args are the arguments of the process; none for the image's.
	Args []string
	// Resources of a pod where they differ from the catalogue's; what is "" is as there.
	Resources apps.Resources
	// Placement is where the pods go: a pool of Pools, or anywhere.
	Placement placement.Placement
}

// Autoscale are the bounds of a HorizontalPodAutoscaler.
type Autoscale struct {
	// Min and Max are numbers of pods, 1 to 100; Min is not above Max.
	Min, Max int
	// CPU is the wanted use, in percent of what the pods request, 1 to 100.
	CPU int
}

// Pods is how many pods the variant has at least.
func (v Variant) Pods() int {
	if v.Autoscale != nil {
		return v.Autoscale.Min
	}
	return v.Replicas
}

// App is an app on one cluster.
type App struct {
	pulumi.ResourceState
}

// New deploys the variants of an app and routes to them. It needs a Kubernetes provider among its options.
//
// Capacity comes before traffic, and goes after it. The routes wait for the pods of the variants that
// they send requests to. The pods of a variant to which they send none wait for the routes instead: when
// one edit takes requests away from a variant and scales it down, the requests leave first. A variant that
// is to have no pods counts as one of the latter even if it is previewed or pinned; nothing could be
// ready there.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*App, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("app %s: %w", name, err)
	}
	component := &App{}
	if err := ctx.RegisterComponentResource(typeToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("app %s: %w", name, err)
	}
	app := &builder{ctx: ctx, name: name, args: args, parent: pulumi.Parent(component), variants: map[string]foundation{}}
	for _, variant := range sortedNames(args.Variants) {
		if err := app.addFoundation(variant); err != nil {
			return nil, fmt.Errorf("app %s: preparing variant %s: %w", name, variant, err)
		}
	}
	if err := app.addServices(); err != nil {
		return nil, fmt.Errorf("app %s: %w", name, err)
	}
	with, without := args.byAudience()
	for _, variant := range with {
		if err := app.addPods(variant); err != nil {
			return nil, fmt.Errorf("app %s: deploying variant %s: %w", name, variant, err)
		}
	}
	routes, err := app.routes()
	if err != nil {
		return nil, fmt.Errorf("app %s: releasing: %w", name, err)
	}
	for _, variant := range without {
		if err := app.addPods(variant, routes...); err != nil {
			return nil, fmt.Errorf("app %s: deploying variant %s: %w", name, variant, err)
		}
	}
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{})
}

// byAudience divides the variants into those whose pods get requests and the others, each sorted.
func (a Args) byAudience() (with, without []string) {
	for _, variant := range sortedNames(a.Variants) {
		if a.Variants[variant].Pods() > 0 && reaches(a.Release, variant) {
			with = append(with, variant)
		} else {
			without = append(without, variant)
		}
	}
	return with, without
}

// validate finds mistakes that would otherwise show as half an app.
func (a Args) validate() error {
	var problems []error
	if _, ok := a.Variants[VariantA]; !ok {
		problems = append(problems, errors.New("variant a is missing"))
	}
	for _, name := range sortedNames(a.Variants) {
		if name != VariantA && name != VariantB {
			problems = append(problems, fmt.Errorf("variant %q is neither a nor b", name))
		}
	}
	if len(a.Hosts) == 0 {
		problems = append(problems, errors.New("no host"))
	}
	for _, secret := range a.App.Secrets {
		if a.Secrets[secret] == nil {
			problems = append(problems, fmt.Errorf("secret %q has no value", secret))
		}
	}
	for _, problem := range Validate(a.App, a.Variants, a.Release) {
		problems = append(problems, fmt.Errorf("%s: %s; %s", problem.Path, problem.Found, problem.Remedy))
	}
	return errors.Join(problems...)
}
