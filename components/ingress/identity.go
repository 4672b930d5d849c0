package ingress

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// clusterObject is the name of the cluster-wide role and its binding.
const clusterObject = "live-omega-ingress"

// identity creates the account that the pods act as, and what it may do.
func (b *builder) identity() error {
	account, err := corev1.NewServiceAccount(b.ctx, b.name, &corev1.ServiceAccountArgs{
		Metadata:                     b.metadata(objectName),
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, b.inNamespace...)
	if err != nil {
		return fmt.Errorf("creating ServiceAccount: %w", err)
	}
	clusterMetadata := &metav1.ObjectMetaArgs{Name: pulumi.String(clusterObject), Labels: pulumi.ToStringMap(labels())}
	role, err := rbacv1.NewClusterRole(b.ctx, b.name, &rbacv1.ClusterRoleArgs{
		Metadata: clusterMetadata,
		Rules:    rules(),
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating ClusterRole: %w", err)
	}
	binding, err := rbacv1.NewClusterRoleBinding(b.ctx, b.name, &rbacv1.ClusterRoleBindingArgs{
		Metadata: clusterMetadata,
		RoleRef: &rbacv1.RoleRefArgs{
			ApiGroup: pulumi.String("rbac.authorization.k8s.io"),
			Kind:     pulumi.String("ClusterRole"),
			Name:     pulumi.String(clusterObject),
		},
		Subjects: rbacv1.SubjectArray{&rbacv1.SubjectArgs{
			Kind:      pulumi.String("ServiceAccount"),
			Name:      pulumi.String(objectName),
			Namespace: pulumi.String(Namespace),
		}},
	}, b.parent, pulumi.DependsOn([]pulumi.Resource{role, account}))
	if err != nil {
		return fmt.Errorf("creating ClusterRoleBinding: %w", err)
	}
	b.beforePods = append(b.beforePods, account, binding)
	return nil
}

// rules are what Traefik's providers of the Gateway API and of its own API watch, and the statuses that
// they write. Both do not start without the Secrets of all namespaces, because listeners may take
// certificates from there, and the latter not without the ConfigMaps and without every kind of the API.
func rules() rbacv1.PolicyRuleArray {
	const gateway = "gateway.networking.k8s.io"
	read, write := []string{"list", "watch"}, []string{"update"}
	return rbacv1.PolicyRuleArray{
		rule("", read, "namespaces", "services", "secrets", "configmaps"),
		rule("discovery.k8s.io", read, "endpointslices"),
		rule(gateway, read, "gatewayclasses", "gateways", "httproutes", "grpcroutes", "referencegrants"),
		rule(gateway, write, "gatewayclasses/status", "gateways/status", "httproutes/status", "grpcroutes/status"),
		rule("traefik.io", read, "ingressroutes", "ingressroutetcps", "ingressrouteudps", "middlewares", "middlewaretcps",
			"serverstransports", "serverstransporttcps", "tlsoptions", "tlsstores", "traefikservices"),
	}
}

func rule(group string, verbs []string, resources ...string) *rbacv1.PolicyRuleArgs {
	return &rbacv1.PolicyRuleArgs{
		ApiGroups: pulumi.ToStringArray([]string{group}),
		Resources: pulumi.ToStringArray(resources),
		Verbs:     pulumi.ToStringArray(verbs),
	}
}
