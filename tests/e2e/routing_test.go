//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/e2e/rig"
)

func routing() []Case {
	return []Case{{
		Name:        "an app sees the request that was sent",
		Description: "the Host header reaches the app through both gateways, and so does the client's address",
		Prove:       provePassing,
	}, {
		Name:        "an unknown host is not an error of the cloud",
		Description: "every gateway answers a host that no app has with 404",
		Prove:       proveUnknownHost,
	}, {
		Name:        "both versions answer for themselves",
		Description: "the pages of the two variants say their own version, as HTML to a browser and as JSON to a program",
		Prove:       provePages,
	}}
}

// get asks a cluster's gateway for a path under a host.
func get(t *testing.T, cluster, host, path string, headers map[string]string) (int, http.Header, string) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, rig.Gateway(cluster))
		},
	}}
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+host+path, nil)
	require.NoError(t, err)
	for key, value := range headers {
		request.Header.Set(key, value)
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, response.Header, string(body)
}

func provePassing(t *testing.T, c *rig.Cloud) {
	host := app + "." + c.Domain(t)
	for _, gateway := range []string{"edge", "live", "omega"} {
		status, _, body := get(t, gateway, host, "/api/echo?from=e2e", map[string]string{"X-Request-Id": "e2e-1"})
		require.Equal(t, http.StatusOK, status, body)
		var echo struct {
			Host, Path, Query, App string
			Headers                http.Header
		}
		require.NoError(t, json.Unmarshal([]byte(body), &echo))
		assert.Equal(t, host, echo.Host, "through %s", gateway)
		assert.Equal(t, app, echo.App)
		assert.Equal(t, "/api/echo", echo.Path)
		assert.Equal(t, "from=e2e", echo.Query)
		assert.Equal(t, "e2e-1", echo.Headers.Get("X-Request-Id"))
		assert.Equal(t, host, echo.Headers.Get("X-Forwarded-Host"))
		assert.NotEmpty(t, echo.Headers.Get("X-Forwarded-For"))
	}
}

func proveUnknownHost(t *testing.T, c *rig.Cloud) {
	for _, gateway := range []string{"edge", "live", "omega"} {
		for _, host := range []string{"nobody." + c.Domain(t), "example.com"} {
			status, _, body := get(t, gateway, host, "/", nil)
			assert.Equal(t, http.StatusNotFound, status, "%s through %s: %s", host, gateway, body)
		}
	}
}

func provePages(t *testing.T, c *rig.Cloud) {
	host := app + "." + c.Domain(t)
	status, header, page := get(t, "edge", host, "/", map[string]string{"Accept": "text/html"})
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, header.Get("Content-Type"), "text/html")
	assert.Contains(t, page, "<h1>"+app+"</h1>")
	status, header, body := get(t, "edge", host, "/", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "application/json", header.Get("Content-Type"))

	// The weights are not known here, but both variants have pods.
	versions := map[string]string{}
	who := struct{ Variant, Version string }{}
	require.NoError(t, json.Unmarshal([]byte(body), &who))
	require.Eventually(t, func() bool {
		_, _, body := get(t, "edge", host, "/api/whoami", nil)
		if json.Unmarshal([]byte(body), &who) == nil {
			versions[who.Variant] = who.Version
		}
		return len(versions) == 2
	}, 20*time.Second, 10*time.Millisecond, "both variants answer")
	assert.NotEqual(t, versions["a"], versions["b"])
}
