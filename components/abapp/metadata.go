package abapp

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
	"live-omega/components/traefik"
)

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

// metadata is that of an object of the variant.
func (a Args) metadata(variant string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:        pulumi.String(a.App.Name),
		Namespace:   pulumi.String(naming.Namespace(a.App.Name, variant)),
		Labels:      pulumi.ToStringMap(a.variantLabels(variant)),
		Annotations: pulumi.ToStringMap(a.annotations()),
	}
}

// object is one of Traefik's, beside variant a.
func (a Args) object(name string) traefik.Object {
	return traefik.Object{
		Namespace: naming.Namespace(a.App.Name, VariantA), Name: name, Labels: a.labels(), Annotations: a.annotations(),
	}
}

// logical is the logical name of a variant's objects; their types tell them apart.
func logical(name, variant string) string { return naming.Logical(name, variant) }
