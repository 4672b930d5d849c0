//go:build integration

package ingress

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/traefik"
)

// A real Traefik runs the plugin and goes round.
func TestACopyReachesTheAppOfItsHost(t *testing.T) {
	seen := make(chan *http.Request, 1)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { seen <- req }))
	t.Cleanup(app.Close)
	address := startTraefik(t, app.URL)
	client := &http.Client{Timeout: 5 * time.Second}
	ask := func(host string) int {
		request, err := http.NewRequest(http.MethodPost, "http://"+address+"/save?x=1", strings.NewReader("body"))
		require.NoError(t, err)
		request.Host = host
		request.Header.Set("X-Forwarded-Proto", "https")
		response, err := client.Do(request)
		if err != nil {
			return 0
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	require.Eventually(t, func() bool { return ask("wiki.test") == http.StatusOK }, time.Minute, 50*time.Millisecond, "Traefik does not serve")
	<-seen

	require.Equal(t, http.StatusOK, ask("wiki.test-shadow"))
	copied := <-seen
	assert.Equal(t, "wiki.test", copied.Host)
	assert.Equal(t, "/save?x=1", copied.URL.String())
	assert.Equal(t, "https", copied.Header.Get("X-Forwarded-Proto"), "the app would send the copy to HTTPS")
	assert.Equal(t, http.StatusNotFound, ask("other.test-shadow"))
}

// startTraefik runs Traefik with the routing of copies and an app called wiki.test, until the test ends.
func startTraefik(t *testing.T, app string) string {
	t.Helper()
	listener, err := net.Listen("tcp", LoopAddress+":0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())

	folder := t.TempDir()
	source, err := traefik.HostsFiles()
	require.NoError(t, err)
	plugin := filepath.Join(folder, "plugins-local", "src", traefik.HostsModule)
	require.NoError(t, os.MkdirAll(plugin, 0o755))
	for name, content := range source {
		require.NoError(t, os.WriteFile(filepath.Join(plugin, name), []byte(content), 0o600))
	}
	routing := strings.Replace(copiesRouting, fmt.Sprintf("%s:%d", LoopAddress, Port), address, 1)
	routing = strings.Replace(routing, "  routers:\n", "  routers:\n    app: {entryPoints: [web], rule: Host(`wiki.test`), service: app}\n", 1)
	routing = strings.Replace(routing, "  services:\n", "  services:\n    app: {loadBalancer: {servers: [{url: "+app+"}]}}\n", 1)
	file := filepath.Join(folder, "routing.yaml")
	require.NoError(t, os.WriteFile(file, []byte(routing), 0o600))

	binary, err := filepath.Abs("../../.local/bin/traefik")
	require.NoError(t, err)
	require.FileExists(t, binary, "make it with: go run ./cmd/cloud local tools")
	process := exec.Command(binary,
		"--entrypoints.web.address="+address,
		"--entrypoints.web.forwardedheaders.trustedips="+strings.Join(Args{Exposure: Exposure{Kind: NEG}}.trusted(), ","),
		"--providers.file.filename="+file,
		fmt.Sprintf("--experimental.localplugins.%s.modulename=%s", traefik.HostsName, traefik.HostsModule))
	process.Dir = folder
	var log strings.Builder
	process.Stdout, process.Stderr = &log, &log
	require.NoError(t, process.Start())
	t.Cleanup(func() {
		// Killing it makes Wait return an error.
		_ = process.Process.Kill()
		_ = process.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return address
}
