// Package abapp deploys one app in up to two variants and routes requests to them.
//
// Deploying and releasing are separate. Deploying makes pods run, each variant in a namespace of its
// own; releasing is one HTTPRoute that says who is sent to which variant. The route waits for the
// variants to be ready: capacity comes before traffic.
package abapp

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/apps"
	"live-omega/components/gatewayapi"
	"live-omega/components/naming"
)

const typeToken = "live-omega:abapp:App"

// Args describe an app on one cluster.
type Args struct {
	// App is the app's entry in the catalogue.
	App apps.App
	// Cluster is the name of the cluster; the app can read it and say it.
	Cluster string
	// Host is the name under which the app is reached, such as "guestbook.live-omega.test".
	Host string
	// Variants by name, VariantA and optionally VariantB.
	Variants map[string]Variant
	// Release says who sees which variant.
	Release Release
	// Gateway is what the route is attached to.
	Gateway gatewayapi.Parent
	// Secrets hold a value for each of App.Secrets, by name.
	Secrets map[string]pulumi.StringInput
}

// Variant is one deployed version of an app.
type Variant struct {
	// Image is the full reference, "registry/name@sha256:digest".
	Image string
	// Version is what people call it, such as "v1.2.0"; a valid label value.
	Version string
	// Replicas is the number of pods, 0 or more.
	Replicas int
}

// App is an app on one cluster.
type App struct {
	pulumi.ResourceState
}

// New deploys the variants of an app and then routes to them. It needs a Kubernetes provider among its
// options.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*App, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("app %s: %w", name, err)
	}
	component := &App{}
	if err := ctx.RegisterComponentResource(typeToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("app %s: %w", name, err)
	}
	parent := pulumi.Parent(component)

	var ready []pulumi.Resource
	for _, variant := range sortedNames(args.Variants) {
		deployed, err := newVariant(ctx, name, variant, args, parent)
		if err != nil {
			return nil, fmt.Errorf("app %s: deploying variant %s: %w", name, variant, err)
		}
		ready = append(ready, deployed...)
	}
	if _, err := gatewayapi.NewHTTPRoute(ctx, name, Render(args), parent, pulumi.DependsOn(ready)); err != nil {
		return nil, fmt.Errorf("app %s: releasing: %w", name, err)
	}
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{})
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
	for _, secret := range a.App.Secrets {
		if a.Secrets[secret] == nil {
			problems = append(problems, fmt.Errorf("secret %q has no value", secret))
		}
	}
	for _, problem := range Validate(a.Variants, a.Release) {
		problems = append(problems, fmt.Errorf("%s: %s; %s", problem.Path, problem.Found, problem.Remedy))
	}
	return errors.Join(problems...)
}

// labels are those of the objects that belong to the app as a whole.
func (a Args) labels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":       a.App.Name,
		"app.kubernetes.io/managed-by": "pulumi",
		"app.kubernetes.io/part-of":    "live-omega",
		"live-omega.dev/community":     a.App.Community,
	}
}

// variantLabels are those of the objects of one variant, except what runs.
func (a Args) variantLabels(variant string) map[string]string {
	labels := a.labels()
	labels["live-omega.dev/variant"] = variant
	return labels
}

// runningLabels are those of a Deployment and its pods. Only they carry the version, so that deploying
// a version changes nothing else.
func (a Args) runningLabels(variant string) map[string]string {
	labels := a.variantLabels(variant)
	labels["app.kubernetes.io/version"] = a.Variants[variant].Version
	return labels
}

// selector picks the pods of a variant. It can never change on a Deployment, so it holds only what
// never changes.
func (a Args) selector(variant string) map[string]string {
	return map[string]string{
		"app.kubernetes.io/name": a.App.Name,
		"live-omega.dev/variant": variant,
	}
}

// annotations say what labels cannot hold: free text.
func (a Args) annotations() map[string]string {
	return map[string]string{
		"live-omega.dev/owner":       a.App.Owner,
		"live-omega.dev/contact":     a.App.Contact,
		"live-omega.dev/description": a.App.Description,
	}
}

// env are the plain environment variables of the app's container, by name.
func (a Args) env(variant string) map[string]string {
	return map[string]string{
		"CLOUD_CLUSTER": a.Cluster,
		"CLOUD_APP":     a.App.Name,
		"CLOUD_VARIANT": variant,
		"CLOUD_VERSION": a.Variants[variant].Version,
		"PORT":          fmt.Sprint(appPort),
	}
}

// logical is the logical name of a variant's objects; their types tell them apart.
func logical(name, variant string) string { return naming.Logical(name, variant) }
