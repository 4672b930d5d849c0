//go:build integration

package kubernetes

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// deadKubeconfig leads to a port that nobody listens on.
func deadKubeconfig(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	text, err := os.ReadFile(server().Kubeconfig)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), server().URL, "https://"+address)), 0o600))
	return file
}

// createAs makes a ConfigMap under the name of a field manager.
func (s *stack) createAs(manager, name string, data map[string]any) *unstructured.Unstructured {
	s.t.Helper()
	o := s.raw("v1", "ConfigMap", s.namespace, name)
	client, err := s.provider.cluster.objects(o.kind, s.namespace)
	require.NoError(s.t, err)
	u := &unstructured.Unstructured{Object: map[string]any{"data": data}}
	u.SetGroupVersionKind(o.kind)
	u.SetName(name)
	live, err := client.Create(s.t.Context(), u, metav1.CreateOptions{FieldManager: manager})
	require.NoError(s.t, err)
	return live
}
