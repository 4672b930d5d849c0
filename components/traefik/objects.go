// Package traefik creates the objects of Traefik's own API that the Gateway API has no equal for: one
// service that copies requests, one that keeps visitors where they are, and the middleware that draws
// who goes where.
//
// All of them are static: they name what there is, and the HTTPRoute that refers to them holds every
// number. So a release or a traffic edit changes one object, and what the route refers to is always there
// before it: Traefik reads the two APIs apart from each other, and a route that arrives before its service
// would answer 404.
package traefik

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
)

const version = "traefik.io/v1alpha1"

// Object is the metadata of an object.
type Object struct {
	Namespace, Name     string
	Labels, Annotations map[string]string
}

// newObject creates an object. Nothing reports whether Traefik has read it, so nothing is waited for.
func newObject(ctx *pulumi.Context, name, kind string, object Object, spec map[string]any, opts ...pulumi.ResourceOption) (*apiextensions.CustomResource, error) {
	if id := object.Namespace + "-" + object.Name; id != normalized(id) {
		return nil, fmt.Errorf("creating %s %s/%s: a route would not find it: Traefik calls it %s", kind, object.Namespace, object.Name, normalized(id))
	}
	metadata := &metav1.ObjectMetaArgs{Name: pulumi.String(object.Name), Namespace: pulumi.String(object.Namespace)}
	if len(object.Labels) > 0 {
		metadata.Labels = pulumi.ToStringMap(object.Labels)
	}
	if len(object.Annotations) > 0 {
		metadata.Annotations = pulumi.ToStringMap(object.Annotations)
	}
	resource, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion:  pulumi.String(version),
		Kind:        pulumi.String(kind),
		Metadata:    metadata,
		OtherFields: kubernetes.UntypedArgs{"spec": spec},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating %s %s/%s: %w", kind, object.Namespace, object.Name, err)
	}
	return resource, nil
}

// reference names a backend in the spec of a TraefikService.
func reference(backend gatewayapi.Backend) map[string]any {
	if backend.Traefik != "" {
		return map[string]any{"kind": "TraefikService", "name": backend.Traefik}
	}
	return map[string]any{"kind": "Service", "namespace": backend.Namespace, "name": backend.Name, "port": backend.Port}
}

// The suffix of what Traefik reads from its own API.
const provider = "kubernetescrd"

// resolved is the name that Traefik gives to what a reference from a namespace means
// (fullServiceName in pkg/provider/kubernetes/crd/kubernetes_http.go, v3.5.4).
func resolved(namespace string, backend gatewayapi.Backend) string {
	if backend.Traefik == "" {
		return normalized(fmt.Sprintf("%s-%s-%d", backend.Namespace, backend.Name, backend.Port))
	}
	at := strings.LastIndex(backend.Traefik, "@")
	if at < 0 {
		return normalized(namespace + "-" + backend.Traefik)
	}
	name, from := backend.Traefik[:at], backend.Traefik[at+1:]
	if from == provider {
		return normalized(namespace + "-" + name)
	}
	return normalized(name) + "@" + from
}

// normalized is what Traefik makes of a name: letters and digits, and one "-" for whatever is between.
func normalized(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }), "-")
}
