package community

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

const (
	// Label is on every namespace of a community, and on everything in it; its value is the name of the community.
	Label = "live-omega.dev/community"

	// formerParent is the type of the component that the namespaces were part of once.
	formerParent = "live-omega:abapp:App"
)

// room is the namespace of one variant of an app, while it is being created.
type room struct {
	ctx     *pulumi.Context
	args    Args
	app     App
	variant string
	parent  pulumi.ResourceOption
	// inside are the options of what is in the namespace.
	inside []pulumi.ResourceOption
}

// create makes the namespace and what is in it, and returns what pods have to wait for.
func (r *room) create() ([]pulumi.Resource, error) {
	namespace, err := r.newNamespace()
	if err != nil {
		return nil, fmt.Errorf("creating it: %w", err)
	}
	r.inside = []pulumi.ResourceOption{r.parent, pulumi.DependsOn([]pulumi.Resource{namespace})}
	before := []pulumi.Resource{namespace}
	for _, part := range []func() ([]pulumi.Resource, error){r.newBounds, r.newPolicies} {
		created, err := part()
		if err != nil {
			return nil, err
		}
		before = append(before, created...)
	}
	return before, r.newMembers()
}

func (r *room) namespace() string { return naming.Namespace(r.app.App.Name, r.variant) }

// logical is the logical name of something in the namespace; nothing more where the type tells it apart.
func (r *room) logical(parts ...string) string {
	return naming.Logical(append([]string{r.app.App.Name, r.variant}, parts...)...)
}

// newNamespace creates the namespace, which admits restricted pods only.
func (r *room) newNamespace() (*corev1.Namespace, error) {
	labels := r.labels()
	for _, mode := range []string{"enforce", "warn", "audit"} {
		labels["pod-security.kubernetes.io/"+mode] = "restricted"
	}
	annotations := map[string]string{
		"live-omega.dev/owner":             r.app.App.Owner,
		"live-omega.dev/contact":           r.app.App.Contact,
		"live-omega.dev/description":       r.app.App.Description,
		"live-omega.dev/community-contact": r.args.Contact,
	}
	if r.args.Until != "" {
		annotations["live-omega.dev/until"] = r.args.Until
	}
	return corev1.NewNamespace(r.ctx, r.logical(), &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name:        pulumi.String(r.namespace()),
			Labels:      pulumi.ToStringMap(labels),
			Annotations: pulumi.ToStringMap(annotations),
		},
	}, r.parent, r.formerly())
}

// formerly makes the namespace of a state in which it is still part of the app this one, instead of
// deleting it with everything that runs in it.
func (r *room) formerly() pulumi.ResourceOption {
	app := pulumi.CreateURN(pulumi.String(r.app.App.Name), pulumi.String(formerParent), nil,
		pulumi.String(r.ctx.Project()), pulumi.String(r.ctx.Stack()))
	return pulumi.Aliases([]pulumi.Alias{{ParentURN: app}})
}

// labels are those of the namespace and of everything in it. Nothing that is free text, and nothing that
// changes with the community.
func (r *room) labels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":       r.app.App.Name,
		"app.kubernetes.io/managed-by": "pulumi",
		"app.kubernetes.io/part-of":    "live-omega",
		"live-omega.dev/variant":       r.variant,
		Label:                          r.args.Name,
	}
}

// metadata is that of an object in the namespace.
func (r *room) metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:      pulumi.String(name),
		Namespace: pulumi.String(r.namespace()),
		Labels:    pulumi.ToStringMap(r.labels()),
	}
}
