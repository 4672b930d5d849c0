//go:build integration

package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"live-omega/components/ingress"
)

// gateway is a real Traefik with the edge's routing file, and a router in the place of the HTTPRoute.
type gateway struct {
	url      string
	clusters map[string]*cluster
	process  *exec.Cmd
	stopped  sync.Once
}

// client keeps connections; every test asks its own gateway.
var client = &http.Client{
	Timeout:   20 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 10},
}

// warmUpHost is that of requests that do not count.
const warmUpHost = "warm-up.test"

// startGateway returns when requests reach a cluster.
func startGateway(t *testing.T, split Split) *gateway {
	t.Helper()
	g := &gateway{clusters: map[string]*cluster{"live": newCluster(t, "live"), "omega": newCluster(t, "omega")}}
	addresses := map[string]string{}
	for name, cluster := range g.clusters {
		addresses[name] = cluster.server.Listener.Addr().String()
	}
	file, err := renderRouting(addresses)
	require.NoError(t, err)
	web := freePort(t)
	args := []string{
		"--log.level=ERROR",
		fmt.Sprintf("--entrypoints.web.address=127.0.0.1:%d", web),
		"--entrypoints.web.http.middlewares=" + retryMiddleware,
	}
	for name, port := range loops([]string{"live", "omega"}) {
		// The ports of the pod may be taken on the machine of the test.
		free := freePort(t)
		file = strings.ReplaceAll(file, fmt.Sprintf("%s:%d", ingress.LoopAddress, port), fmt.Sprintf("%s:%d", ingress.LoopAddress, free))
		args = append(args,
			fmt.Sprintf("--entrypoints.%s.address=%s:%d", name, ingress.LoopAddress, free),
			fmt.Sprintf("--entrypoints.%s.forwardedheaders.trustedips=%s/32", name, ingress.LoopAddress))
	}
	path := filepath.Join(t.TempDir(), "routing.yaml")
	require.NoError(t, os.WriteFile(path, withRoute(t, file, split), 0o600))
	g.start(t, append(args, "--providers.file.filename="+path))

	g.url = fmt.Sprintf("http://127.0.0.1:%d", web)
	require.Eventually(t, func() bool { return g.reaches() }, time.Minute, 50*time.Millisecond, "Traefik does not serve")
	return g
}

// withRoute adds what Traefik makes of an HTTPRoute with the split's weights.
func withRoute(t *testing.T, file string, split Split) []byte {
	t.Helper()
	var decoded map[string]map[string]map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(file), &decoded))
	var services []any
	for _, backend := range split.backends([]string{"live", "omega"}) {
		services = append(services, map[string]any{"name": strings.TrimSuffix(backend.Traefik, "@file"), "weight": backend.Weight})
	}
	decoded["http"]["services"]["route"] = map[string]any{"weighted": map[string]any{"services": services}}
	decoded["http"]["routers"]["route"] = router("web", "PathPrefix(`/`)", "route")
	text, err := yaml.Marshal(decoded)
	require.NoError(t, err)
	return text
}

// start runs Traefik until the test ends.
func (g *gateway) start(t *testing.T, args []string) {
	t.Helper()
	binary, err := filepath.Abs("../../.local/bin/traefik")
	require.NoError(t, err)
	require.FileExists(t, binary, "make it with: go run ./cmd/cloud local tools")
	log, err := os.Create(filepath.Join(t.TempDir(), "traefik.log"))
	require.NoError(t, err)
	g.process = exec.Command(binary, args...)
	g.process.Stdout, g.process.Stderr = log, log
	g.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, g.process.Start())
	t.Cleanup(func() {
		g.stop(t)
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("Traefik's log:\n%s", text)
		}
	})
}

// stop ends Traefik, so that nothing of it is under way any more.
func (g *gateway) stop(t *testing.T) {
	t.Helper()
	g.stopped.Do(func() {
		if err := g.process.Process.Kill(); err != nil {
			t.Errorf("stopping Traefik: %v", err)
		}
		// It was killed, so there is an error.
		_ = g.process.Wait()
	})
}

// reaches is whether every way that a request can take is open.
func (g *gateway) reaches() bool {
	for range 100 {
		request, err := http.NewRequest(http.MethodGet, g.url, nil)
		if err != nil {
			return false
		}
		request.Host = warmUpHost
		response, err := client.Do(request)
		if err != nil {
			return false
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return false
		}
	}
	return true
}

func (g *gateway) request(t *testing.T, method, path string, body io.Reader) *http.Request {
	request, err := http.NewRequestWithContext(context.Background(), method, g.url+path, body)
	if err != nil {
		t.Error(err)
	}
	request.Host = host
	return request
}

// answer is the cluster that answered, or why none did.
func answer(t *testing.T, request *http.Request) string {
	response, err := client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	if response.StatusCode != http.StatusOK {
		return response.Status
	}
	return string(body)
}

// cluster stands for the gateway of a cluster.
type cluster struct {
	server *httptest.Server
	// requests that came, without health checks; given are those that hung until they were given up,
	// longest the longest of them in nanoseconds.
	requests, given, longest atomic.Int64
	hang                     atomic.Bool

	mutex sync.Mutex
	got   []seen
}

// seen is what a cluster saw of a request.
type seen struct{ method, uri, host, body, proto string }

func newCluster(t *testing.T, name string) *cluster {
	t.Helper()
	c := &cluster{}
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == ingress.ReadyHost || r.Host == warmUpHost {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.requests.Add(1)
		c.mutex.Lock()
		c.got = []seen{{r.Method, r.RequestURI, r.Host, string(body), r.Header.Get("X-Forwarded-Proto")}}
		c.mutex.Unlock()
		if c.hang.Load() {
			begin := time.Now()
			<-r.Context().Done()
			c.longest.Store(max(c.longest.Load(), int64(time.Since(begin))))
			c.given.Add(1)
			return
		}
		// The client of a test sees a failure by itself.
		_, _ = io.WriteString(w, name)
	}))
	t.Cleanup(c.server.Close)
	return c
}

// last is the request that came last.
func (c *cluster) last() (seen, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.got) == 0 {
		return seen{}, false
	}
	return c.got[0], true
}

// kill lets requests that are being answered finish, and answers nothing any more.
func (c *cluster) kill(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.server.Config.Shutdown(ctx); err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("stopping a cluster: %v", err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
