package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var testIdentity = identity{Cluster: "live", App: "guestbook", Variant: "b", Version: "v2.0.0", Pod: "guestbook-7"}

const testIdentityJSON = `{"cluster":"live","app":"guestbook","variant":"b","version":"v2.0.0","pod":"guestbook-7"}` + "\n"

func testServer() *server {
	cfg := config{identity: testIdentity}
	return &server{cfg: cfg, log: slog.New(slog.DiscardHandler), metrics: newMetrics(testIdentity)}
}

func get(h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		target string
		code   int
		body   string
	}{
		{"/", 200, testIdentityJSON},
		{"/api/whoami", 200, testIdentityJSON},
		{"/api/delay?ms=1", 200, testIdentityJSON},
		{"/api/delay", 400, `{"error":"ms: found \"\", want 0 to 30000"}` + "\n"},
		{"/api/delay?ms=-1", 400, `{"error":"ms: found \"-1\", want 0 to 30000"}` + "\n"},
		{"/api/delay?ms=30001", 400, `{"error":"ms: found \"30001\", want 0 to 30000"}` + "\n"},
		{"/api/status?code=503", 503, testIdentityJSON},
		{"/api/status?code=418", 418, testIdentityJSON},
		{"/api/status?code=101", 400, `{"error":"code: found \"101\", want 200 to 599"}` + "\n"},
		{"/api/status?code=600", 400, `{"error":"code: found \"600\", want 200 to 599"}` + "\n"},
		{"/livez", 200, "ok\n"},
		{"/readyz", 200, "ok\n"},
		{"/nowhere", 404, "404 page not found\n"},
	} {
		t.Run(c.target, func(t *testing.T) {
			w := get(testServer().handler(), c.target)
			assert.Equal(t, c.code, w.Code)
			assert.Equal(t, c.body, w.Body.String())
			assert.Empty(t, w.Header().Get("Connection"))
		})
	}
}

func TestPageGoesToWhoAsksForHTML(t *testing.T) {
	h := testServer().handler()
	html := get(h, "/", "Accept", "text/html,application/xhtml+xml")
	assert.Equal(t, "text/html; charset=utf-8", html.Header().Get("Content-Type"))
	assert.Equal(t, "Accept", html.Header().Get("Vary"))
	for _, want := range []string{"<h1>guestbook</h1>", `<body class="c2">`, "v2.0.0", "live", "guestbook-7"} {
		assert.Contains(t, html.Body.String(), want)
	}
	assert.NotContains(t, html.Body.String(), "ZgotmplZ", "html/template refused something")
	assert.Equal(t, testIdentityJSON, get(h, "/?json", "Accept", "text/html").Body.String())
}

func TestPagePolicyMatchesItsStyleAndScript(t *testing.T) {
	w := get(testServer().handler(), "/", "Accept", "text/html")
	between := func(from, to string) string {
		_, rest, ok := strings.Cut(w.Body.String(), from)
		require.True(t, ok)
		inner, _, ok := strings.Cut(rest, to)
		require.True(t, ok)
		return inner
	}
	policy := w.Header().Get("Content-Security-Policy")
	assert.Contains(t, policy, "style-src '"+sourceHash(between("<style>", "</style>"))+"'")
	assert.Contains(t, policy, "script-src '"+sourceHash(between("<script>", "</script>"))+"'")
}

func TestMajorVersionsDifferInColour(t *testing.T) {
	for version, want := range map[string]string{
		"v1.0.0": "c1", "v1.9.3": "c1", "v2.0.0": "c2", "3.1": "c3", "v7.0.0": "c1", "dev": "c0", "": "c0", "v-1.0": "c0",
	} {
		assert.Equal(t, want, colour(version), version)
	}
}

func TestEchoShowsTheRequestAsItArrived(t *testing.T) {
	r := httptest.NewRequest("POST", "/api/echo?x=1", strings.NewReader("hello"))
	r.Host = "guestbook.live-omega.test"
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	w := httptest.NewRecorder()
	testServer().handler().ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
	var got echoed
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	assert.Equal(t, echoed{identity: testIdentity, Method: "POST", Host: "guestbook.live-omega.test", Path: "/api/echo",
		Query: "x=1", Remote: "192.0.2.1:1234", Headers: http.Header{"X-Forwarded-For": {"192.0.2.7"}}, Bytes: 5}, got)
}

func TestEchoRefusesALargeBody(t *testing.T) {
	r := httptest.NewRequest("POST", "/api/echo", io.LimitReader(zeros{}, maxBody+1))
	w := httptest.NewRecorder()
	testServer().handler().ServeHTTP(w, r)
	assert.Equal(t, 400, w.Code)
	assert.Contains(t, w.Body.String(), "request body too large")
}

func TestDrainingIsNotReadyButAliveAndAsksConnectionsToClose(t *testing.T) {
	s := testServer()
	s.draining.Store(true)
	h := s.handler()
	assert.Equal(t, 503, get(h, "/readyz").Code)
	assert.Equal(t, 200, get(h, "/livez").Code)
	w := get(h, "/api/whoami")
	assert.Equal(t, 200, w.Code)
	assert.Equal(t, "close", w.Header().Get("Connection"))
}

func TestMetricsCountByCodeMethodAndRoute(t *testing.T) {
	s := testServer()
	h := s.handler()
	get(h, "/api/whoami")
	get(h, "/api/whoami")
	get(h, "/api/status?code=503")
	get(h, "/random/path")
	r := httptest.NewRequest("BREW", "/api/echo", nil)
	h.ServeHTTP(httptest.NewRecorder(), r)

	body := get(s.metrics.handler(), "/metrics").Body.String()
	for _, want := range []string{
		`http_requests_total{code="200",method="GET",route="/api/whoami"} 2`,
		`http_requests_total{code="503",method="GET",route="/api/status"} 1`,
		`http_requests_total{code="404",method="GET",route="none"} 1`,
		`http_requests_total{code="200",method="other",route="/api/echo"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/api/whoami"} 2`,
		`http_requests_in_flight 0`,
		`demo_build_info{app="guestbook",cluster="live",variant="b",version="v2.0.0"} 1`,
	} {
		assert.Contains(t, body, want+"\n")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
