package rig

import (
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// More kinds that tests look at.
var (
	Services        = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	Secrets         = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	Nodes           = schema.GroupVersionResource{Version: "v1", Resource: "nodes"}
	ServiceAccounts = schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	RoleBindings    = schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}
)

// TenantKinds are the kinds that a community's namespaces hold.
var TenantKinds = []schema.GroupVersionResource{
	Secrets, Pods, Services, ServiceAccounts, RoleBindings, Deployments, Budgets, Routes,
	{Version: "v1", Resource: "configmaps"},
	{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"},
	{Group: "traefik.io", Version: "v1alpha1", Resource: "traefikservices"},
}

// As is the cluster's API for somebody else, by the admin's right to act for
// others.
func (k Kube) As(t testing.TB, user string, groups ...string) Kube {
	t.Helper()
	config := rest.CopyConfig(k.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	return k.with(t, config)
}

// AsPod is the cluster's API for who holds a token of a ServiceAccount, which
// is asked for here: pods get none.
func (k Kube) AsPod(t testing.TB, namespace, account string) Kube {
	t.Helper()
	request := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
		"metadata": map[string]any{"name": account, "namespace": namespace},
		"spec":     map[string]any{"expirationSeconds": int64(600)},
	}}
	answer, err := k.Resource(ServiceAccounts).Namespace(namespace).Create(t.Context(), request, metav1.CreateOptions{}, "token")
	require.NoError(t, err, "a token of %s/%s", namespace, account)
	token, _, err := unstructured.NestedString(answer.Object, "status", "token")
	require.NoError(t, err)
	require.NotEmpty(t, token)
	config := rest.AnonymousClientConfig(k.config)
	config.BearerToken = token
	return k.with(t, config)
}

func (k Kube) with(t testing.TB, config *rest.Config) Kube {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	return Kube{Interface: client, Cluster: k.Cluster, config: config}
}
