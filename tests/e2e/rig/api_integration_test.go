//go:build integration

package rig

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"live-omega/local/layout"
	"live-omega/tests/apiserver"
)

// apiOf is a cloud whose live is an API server with nothing behind it.
func apiOf(t *testing.T) *Cloud {
	t.Helper()
	c := &Cloud{Root: layout.Root(t.TempDir())}
	text, err := os.ReadFile(apiserver.Start(t).Kubeconfig)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(c.Root.Kubeconfig("live")), 0o755))
	require.NoError(t, os.WriteFile(c.Root.Kubeconfig("live"), text, 0o600))
	return c
}

func create(t *testing.T, kube Kube, resource schema.GroupVersionResource, namespace string, object map[string]any) {
	t.Helper()
	_, err := kube.Resource(resource).Namespace(namespace).Create(t.Context(), &unstructured.Unstructured{Object: object}, metav1.CreateOptions{})
	require.NoError(t, err)
}

func meta(name string) map[string]any {
	return map[string]any{"name": name, "labels": map[string]any{"community": "makers"}}
}

func TestTheRigSeesARealAPIAsOthersDo(t *testing.T) {
	c := apiOf(t)
	kube := c.Kube(t, "live")
	create(t, kube, Namespaces, "", map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": meta("wiki")})
	create(t, kube, Secrets, "wiki", map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": meta("wiki")})
	create(t, kube, ServiceAccounts, "wiki", map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("wiki")})
	create(t, kube, RoleBindings, "wiki", map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": meta("members"),
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
		"subjects": []any{map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "makers"}},
	})
	assert.Equal(t, []string{"Namespace /wiki", "RoleBinding wiki/members", "Secret wiki/wiki", "ServiceAccount wiki/wiki"},
		c.Labelled(t, "live", "community=makers"))

	list := func(kube Kube, resource schema.GroupVersionResource) error {
		_, err := kube.Resource(resource).Namespace("wiki").List(t.Context(), metav1.ListOptions{})
		return err
	}
	pod := kube.AsPod(t, "wiki", "wiki")
	assert.True(t, apierrors.IsForbidden(list(pod, Secrets)))
	assert.ErrorContains(t, list(pod, Secrets), "system:serviceaccount:wiki:wiki")
	assert.True(t, apierrors.IsForbidden(list(kube.As(t, "grace"), Pods)))
	member := kube.As(t, "grace", "makers")
	assert.Eventually(t, func() bool { return list(member, Pods) == nil }, 10*time.Second, 50*time.Millisecond, "members may look")
	assert.True(t, apierrors.IsForbidden(list(member, Secrets)))
	assert.NoError(t, list(kube, Secrets), "the admin is still the admin")

	kube.Remove(t, Secrets, "wiki", "wiki")
	kube.Remove(t, Secrets, "wiki", "wiki")
	assert.NotContains(t, c.Labelled(t, "live", "community=makers"), "Secret wiki/wiki")
}
