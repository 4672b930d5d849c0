package ingress

import (
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
)

const (
	gatewayClass   = "traefik"
	gatewayVersion = "gateway.networking.k8s.io/v1"

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

	ready, err := gatewayapi.NewHTTPRoute(b.ctx, b.name, readyRoute(b.parentRef), b.inNamespace...)
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
			"name": "http", "protocol": "HTTP", "port": webPort,
			"allowedRoutes": map[string]any{"namespaces": map[string]any{"from": "All"}},
		}},
	}
}

// readyRoute answers through the same routing as every app's route. It exists in a pod only once the
// pod has loaded its routes, which Traefik's own /ping does not tell.
func readyRoute(parent gatewayapi.Parent) gatewayapi.HTTPRoute {
	return gatewayapi.HTTPRoute{
		Namespace:   Namespace,
		Name:        "ready",
		Parent:      parent,
		Hostnames:   []string{ReadyHost},
		Path:        ReadyPath,
		Backends:    []gatewayapi.Backend{{Traefik: readyService, Weight: 1}},
		Labels:      labels(),
		Annotations: map[string]string{"pulumi.com/skipAwait": "true"},
	}
}

func skipAwait() pulumi.StringMap {
	return pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
}
