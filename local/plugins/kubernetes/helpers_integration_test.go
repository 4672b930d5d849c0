//go:build integration

package kubernetes

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
