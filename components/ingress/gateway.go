package ingress

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
	"live-omega/components/traefik"
)

const (
	gatewayClass   = "traefik"
	gatewayVersion = "gateway.networking.k8s.io/v1"

	// readyName is the name of the route that answers ReadyPath, and of its middleware.
	readyName = "ready"

	// readyService is the service inside Traefik that answers 200 until Traefik is told to stop, and
	// 503 from then on.
	readyService = "ping@internal"
)

// namespace creates the namespace, which admits restricted pods only.
func (b *builder) namespace() error {
	namespaceLabels := labels()
	for _, mode := range []string{"enforce", "warn", "audit"} {
		namespaceLabels["pod-security.kubernetes.io/"+mode] = "restricted"
	}
	namespace, err := corev1.NewNamespace(b.ctx, b.name, &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(Namespace), Labels: pulumi.ToStringMap(namespaceLabels)},
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating namespace %s: %w", Namespace, err)
	}
	b.inNamespace = []pulumi.ResourceOption{b.parent, pulumi.DependsOn([]pulumi.Resource{namespace})}
	return nil
}

// definitions creates those of both APIs that Traefik reads.
func (b *builder) definitions() ([]pulumi.Resource, error) {
	standard, err := gatewayapi.NewDefinitions(b.ctx, b.parent)
	if err != nil {
		return nil, err
	}
	own, err := traefik.NewDefinitions(b.ctx, b.parent)
	return append(standard, own...), err
}

// gateway creates the class, the Gateway and the route for readiness. None of them can be waited for:
// they are accepted when Traefik runs, which is started after them.
func (b *builder) gateway(definitions []pulumi.Resource) error {
	afterDefinitions := pulumi.DependsOn(definitions)
	class, err := apiextensions.NewCustomResource(b.ctx, b.name, &apiextensions.CustomResourceArgs{
		ApiVersion: pulumi.String(gatewayVersion),
		Kind:       pulumi.String("GatewayClass"),
		Metadata:   &metav1.ObjectMetaArgs{Name: pulumi.String(gatewayClass), Labels: pulumi.ToStringMap(labels()), Annotations: skipAwait()},
		OtherFields: kubernetes.UntypedArgs{
			"spec": map[string]any{"controllerName": "traefik.io/gateway-controller"},
		},
	}, b.parent, afterDefinitions)
	if err != nil {
		return fmt.Errorf("creating GatewayClass %s: %w", gatewayClass, err)
	}

	metadata := b.metadata(GatewayName)
	metadata.Annotations = skipAwait()
	gateway, err := apiextensions.NewCustomResource(b.ctx, b.name, &apiextensions.CustomResourceArgs{
		ApiVersion:  pulumi.String(gatewayVersion),
		Kind:        pulumi.String("Gateway"),
		Metadata:    metadata,
		OtherFields: kubernetes.UntypedArgs{"spec": gatewaySpec()},
	}, append(b.inNamespace, pulumi.DependsOn([]pulumi.Resource{class}))...)
	if err != nil {
		return fmt.Errorf("creating Gateway %s: %w", GatewayName, err)
	}
	b.parentRef = gatewayapi.Parent{Namespace: Namespace, Name: GatewayName, Resource: gateway}

	// A pod without the objects of Traefik's own API would answer 404 where a route refers to one.
	passage, filters, err := traefik.NewReadiness(b.ctx, b.name, traefik.Object{
		Namespace: Namespace, Name: readyName, Labels: labels(), Annotations: map[string]string{"pulumi.com/skipAwait": "true"},
	}, append(b.inNamespace, afterDefinitions)...)
	if err != nil {
		return err
	}
	ready, err := gatewayapi.NewHTTPRoute(b.ctx, b.name, readyRoute(b.parentRef, filters), append(b.inNamespace, pulumi.DependsOn([]pulumi.Resource{passage}))...)
	if err != nil {
		return err
	}
	b.beforePods = append(b.beforePods, gateway, ready)
	return nil
}

// gatewaySpec has one listener for plain HTTP, on the port that Traefik's entry point has, open to the
// routes of all namespaces.
func gatewaySpec() map[string]any {
	return map[string]any{
		"gatewayClassName": gatewayClass,
		"listeners": []any{map[string]any{
			"name": "http", "protocol": "HTTP", "port": Port,
			"allowedRoutes": map[string]any{"namespaces": map[string]any{"from": "All"}},
		}},
	}
}

// readyRoute answers through the same routing as every app's route. It exists in a pod only once the
// pod has loaded its routes, which Traefik's own /ping does not tell, and what they refer to.
func readyRoute(parent gatewayapi.Parent, filters []gatewayapi.Filter) gatewayapi.HTTPRoute {
	return gatewayapi.HTTPRoute{
		Namespace:   Namespace,
		Name:        readyName,
		Parent:      parent,
		Hostnames:   []string{ReadyHost},
		Path:        ReadyPath,
		Rules:       []gatewayapi.Rule{{Filters: filters, Backends: []gatewayapi.Backend{{Traefik: readyService, Weight: 1}}}},
		Labels:      labels(),
		Annotations: map[string]string{"pulumi.com/skipAwait": "true"},
	}
}

func skipAwait() pulumi.StringMap {
	return pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
}
