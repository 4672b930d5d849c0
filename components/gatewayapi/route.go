// Package gatewayapi creates the objects of the Gateway API that the other components are made of:
// its CustomResourceDefinitions, HTTPRoutes and ReferenceGrants.
//
// Everything that the API server would fill in by default is written out. What is sent and what is
// read back are then the same, and neither a diff nor a refresh shows what nobody changed.
package gatewayapi

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	group             = "gateway.networking.k8s.io"
	version           = group + "/v1"
	versionOfGrants   = group + "/v1beta1"
	groupOfTraefik    = "traefik.io"
	kindOfTraefikRefs = "TraefikService"
)

// Parent is the Gateway that an HTTPRoute is attached to.
type Parent struct {
	Namespace, Name string
	// Resource is the Gateway as a resource; what refers to it is created after it and deleted before
	// it. Nil when the Gateway is not made by this program.
	Resource pulumi.Resource
}

// DependsOn orders a resource after the Gateway, and so after the definitions of the Gateway API.
func (p Parent) DependsOn() pulumi.ResourceOption {
	if p.Resource == nil {
		return pulumi.DependsOn(nil)
	}
	return pulumi.DependsOn([]pulumi.Resource{p.Resource})
}

// HTTPRoute sends the requests for some hosts and one path prefix to weighted backends.
type HTTPRoute struct {
	Namespace, Name string
	Parent          Parent
	// Hostnames are matched against the Host header; none means every host.
	Hostnames []string
	// Path is the path prefix; "" means "/".
	Path     string
	Backends []Backend
	// Labels and Annotations are the metadata of the object.
	Labels, Annotations map[string]string
}

// Backend is where a share of the requests goes: a Service, or a service of Traefik itself.
type Backend struct {
	// Namespace and Name are those of a Service. In a namespace other than the route's, the Service
	// needs a ReferenceGrant.
	Namespace, Name string
	// Port of the Service.
	Port int
	// Traefik names a service of one of Traefik's providers, "name@provider", instead of a Service.
	// Traefik resolves it by its name alone, so no object of that kind has to exist.
	Traefik string
	// Weight is the share of this backend among the weights of the route, at most 1,000,000. At 0 the
	// backend gets nothing, but stays known to the gateway.
	Weight int
}

// NewHTTPRoute creates the route, after its Gateway.
func NewHTTPRoute(ctx *pulumi.Context, name string, route HTTPRoute, opts ...pulumi.ResourceOption) (*apiextensions.CustomResource, error) {
	object, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion:  pulumi.String(version),
		Kind:        pulumi.String("HTTPRoute"),
		Metadata:    metadata(route.Namespace, route.Name, route.Labels, route.Annotations),
		OtherFields: kubernetes.UntypedArgs{"spec": route.spec()},
	}, append(opts, route.Parent.DependsOn())...)
	if err != nil {
		return nil, fmt.Errorf("creating HTTPRoute %s/%s: %w", route.Namespace, route.Name, err)
	}
	return object, nil
}

// spec is the route as the API server stores it, defaults included.
func (r HTTPRoute) spec() map[string]any {
	path := r.Path
	if path == "" {
		path = "/"
	}
	backends := make([]any, len(r.Backends))
	for i, backend := range r.Backends {
		backends[i] = backend.ref()
	}
	spec := map[string]any{
		"parentRefs": []any{map[string]any{
			"group": group, "kind": "Gateway", "namespace": r.Parent.Namespace, "name": r.Parent.Name,
		}},
		"rules": []any{map[string]any{
			"matches":     []any{map[string]any{"path": map[string]any{"type": "PathPrefix", "value": path}}},
			"backendRefs": backends,
		}},
	}
	if len(r.Hostnames) > 0 {
		hostnames := make([]any, len(r.Hostnames))
		for i, host := range r.Hostnames {
			hostnames[i] = host
		}
		spec["hostnames"] = hostnames
	}
	return spec
}

func (b Backend) ref() map[string]any {
	if b.Traefik != "" {
		return map[string]any{
			"group": groupOfTraefik, "kind": kindOfTraefikRefs, "name": b.Traefik, "weight": b.Weight,
		}
	}
	return map[string]any{
		"group": "", "kind": "Service", "namespace": b.Namespace, "name": b.Name, "port": b.Port, "weight": b.Weight,
	}
}

// ReferenceGrant lets the HTTPRoutes of one namespace send requests to the Services of another.
type ReferenceGrant struct {
	// Namespace is that of the Services, and of the grant.
	Namespace, Name string
	// From is the namespace of the HTTPRoutes.
	From                string
	Labels, Annotations map[string]string
}

// NewReferenceGrant creates the grant.
func NewReferenceGrant(ctx *pulumi.Context, name string, grant ReferenceGrant, opts ...pulumi.ResourceOption) (*apiextensions.CustomResource, error) {
	object, err := apiextensions.NewCustomResource(ctx, name, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(versionOfGrants),
		Kind:       pulumi.String("ReferenceGrant"),
		Metadata:   metadata(grant.Namespace, grant.Name, grant.Labels, grant.Annotations),
		OtherFields: kubernetes.UntypedArgs{"spec": map[string]any{
			"from": []any{map[string]any{"group": group, "kind": "HTTPRoute", "namespace": grant.From}},
			"to":   []any{map[string]any{"group": "", "kind": "Service"}},
		}},
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating ReferenceGrant %s/%s: %w", grant.Namespace, grant.Name, err)
	}
	return object, nil
}

// metadata leaves out what is empty, as the API server does.
func metadata(namespace, name string, labels, annotations map[string]string) *metav1.ObjectMetaArgs {
	meta := &metav1.ObjectMetaArgs{Name: pulumi.String(name), Namespace: pulumi.String(namespace)}
	if len(labels) > 0 {
		meta.Labels = pulumi.ToStringMap(labels)
	}
	if len(annotations) > 0 {
		meta.Annotations = pulumi.ToStringMap(annotations)
	}
	return meta
}
