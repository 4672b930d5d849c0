// Package gatewayapi creates the objects of the Gateway API that the other components are made of:
// its CustomResourceDefinitions, HTTPRoutes and ReferenceGrants.
//
// Everything that the API server would fill in by default is written out. What is sent and what is
// read back are then the same, and neither a diff nor a refresh shows what nobody changed.
package gatewayapi

import (
	"cmp"
	"fmt"
	"slices"

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

// HTTPRoute sends the requests for some hosts to weighted backends, by rules.
type HTTPRoute struct {
	Namespace, Name string
	Parent          Parent
	// Hostnames are matched against the Host header; none means every host.
	Hostnames []string
	// MoreHostnames are known only when other resources are; nil for none. Names that are among Hostnames
	// already are left out. At most 16 together.
	MoreHostnames pulumi.StringArrayInput
	// Path is the path prefix of every rule; "" means "/".
	Path string
	// Rules in the order of precedence among those whose matches are equally specific; at most 16.
	Rules []Rule
	// Labels and Annotations are the metadata of the object.
	Labels, Annotations map[string]string
}

// Rule sends the requests that fit any of its matches to weighted backends.
type Rule struct {
	// Matches are at most 64; none means every request. The API prefers the match with more headers,
	// then the one with more query parameters, then the first rule.
	Matches []Match
	// Filters change the requests of the rule and their responses, in this order; at most 16.
	Filters []Filter
	// Backends get the requests by their weights; 1 to 16.
	Backends []Backend
}

// Match is fitted by requests that have all of the headers and all of the query parameters.
type Match struct {
	// Headers by name; a name at most once, whatever its case.
	Headers []HeaderMatch
	Query   []QueryMatch
}

// HeaderMatch wants a header to have a value, or to fit a regular expression (RE2) somewhere.
type HeaderMatch struct {
	Name, Value string
	Regexp      bool
}

// QueryMatch wants a query parameter to have a value.
type QueryMatch struct{ Name, Value string }

// Filter changes requests or responses; exactly one field is set.
type Filter struct {
	// SetRequestHeader puts a header in the place of all of its name that came with the request.
	SetRequestHeader *Header
	// AddResponseHeader adds a header to those of the response.
	AddResponseHeader *Header
	// Middleware names a Middleware of Traefik in the namespace of the route.
	Middleware string
}

// Header is a header with its value.
type Header struct{ Name, Value string }

// Backend is where a share of the requests goes: a Service, or a service of Traefik itself.
type Backend struct {
	// Namespace and Name are those of a Service. In a namespace other than the route's, the Service
	// needs a ReferenceGrant.
	Namespace, Name string
	// Port of the Service.
	Port int
	// Traefik names a service of Traefik's own instead of a Service: a TraefikService in the namespace of
	// the route, or "name@provider", which Traefik resolves by its name alone, so that no object of that
	// kind has to exist.
	Traefik string
	// Weight is the share of this backend among the weights of the rule, at most 1,000,000. At 0 the
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
	rules := make([]any, len(r.Rules))
	for i, rule := range r.Rules {
		rules[i] = rule.spec(cmp.Or(r.Path, "/"))
	}
	spec := map[string]any{
		"parentRefs": []any{map[string]any{
			"group": group, "kind": "Gateway", "namespace": r.Parent.Namespace, "name": r.Parent.Name,
		}},
		"rules": rules,
	}
	if r.MoreHostnames != nil {
		spec["hostnames"] = r.MoreHostnames.ToStringArrayOutput().ApplyT(r.allHostnames).(pulumi.StringArrayOutput)
	} else if len(r.Hostnames) > 0 {
		spec["hostnames"] = r.Hostnames
	}
	return spec
}

// maxHostnames is what the API allows a route to have.
const maxHostnames = 16

// allHostnames are the hostnames with more of them, each once.
func (r HTTPRoute) allHostnames(more []string) ([]string, error) {
	all := slices.Clone(r.Hostnames)
	for _, host := range more {
		if !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	if len(all) > maxHostnames {
		return nil, fmt.Errorf("HTTPRoute %s/%s has %d hostnames, want %d or fewer", r.Namespace, r.Name, len(all), maxHostnames)
	}
	return all, nil
}

func (r Rule) spec(path string) map[string]any {
	matches := r.Matches
	if len(matches) == 0 {
		matches = []Match{{}}
	}
	matchSpecs := make([]any, len(matches))
	for i, match := range matches {
		matchSpecs[i] = match.spec(path)
	}
	backends := make([]any, len(r.Backends))
	for i, backend := range r.Backends {
		backends[i] = backend.ref()
	}
	spec := map[string]any{"matches": matchSpecs, "backendRefs": backends}
	if len(r.Filters) > 0 {
		filters := make([]any, len(r.Filters))
		for i, filter := range r.Filters {
			filters[i] = filter.spec()
		}
		spec["filters"] = filters
	}
	return spec
}

func (m Match) spec(path string) map[string]any {
	spec := map[string]any{"path": map[string]any{"type": "PathPrefix", "value": path}}
	if len(m.Headers) > 0 {
		headers := make([]any, len(m.Headers))
		for i, header := range m.Headers {
			kind := "Exact"
			if header.Regexp {
				kind = "RegularExpression"
			}
			headers[i] = map[string]any{"type": kind, "name": header.Name, "value": header.Value}
		}
		spec["headers"] = headers
	}
	if len(m.Query) > 0 {
		query := make([]any, len(m.Query))
		for i, parameter := range m.Query {
			query[i] = map[string]any{"type": "Exact", "name": parameter.Name, "value": parameter.Value}
		}
		spec["queryParams"] = query
	}
	return spec
}

func (f Filter) spec() map[string]any {
	modifier := func(action string, header *Header) map[string]any {
		return map[string]any{action: []any{map[string]any{"name": header.Name, "value": header.Value}}}
	}
	switch {
	case f.SetRequestHeader != nil:
		return map[string]any{"type": "RequestHeaderModifier", "requestHeaderModifier": modifier("set", f.SetRequestHeader)}
	case f.AddResponseHeader != nil:
		return map[string]any{"type": "ResponseHeaderModifier", "responseHeaderModifier": modifier("add", f.AddResponseHeader)}
	}
	return map[string]any{"type": "ExtensionRef", "extensionRef": map[string]any{
		"group": groupOfTraefik, "kind": "Middleware", "name": f.Middleware,
	}}
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
