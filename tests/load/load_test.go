package load

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func answerAs(w http.ResponseWriter, cluster, variant string) {
	_ = json.NewEncoder(w).Encode(Answer{Cluster: cluster, App: "demo", Variant: variant, Version: "v1.0.0"})
}

func kept(method string, rate int) []Stream { return []Stream{{Method: method, Rate: rate}} }

// under starts a server and a load on it; the report comes when enough
// requests have been answered.
func under(t *testing.T, options Options, enough int, handler http.HandlerFunc) *Report {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	options.Address = strings.TrimPrefix(server.URL, "http://")
	if options.Host == "" {
		options.Host = "demo.test"
	}
	run, err := Start(context.Background(), options)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return run.Window(run.started, time.Now()).Requests >= enough
	}, time.Minute, 5*time.Millisecond)
	return run.Stop()
}

func TestEveryRequestIsCountedByWhoAnswered(t *testing.T) {
	var served atomic.Int64
	report := under(t, Options{Streams: Mixed(500)}, 200, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "demo.test", r.Host)
		assert.Equal(t, "/api/echo", r.URL.Path)
		if served.Add(1)%4 == 0 {
			answerAs(w, "omega", "b")
			return
		}
		answerAs(w, "live", "a")
	})
	assert.Equal(t, int(served.Load()), report.Requests)
	assert.Equal(t, report.Requests, report.Clusters["live"]+report.Clusters["omega"])
	assert.InDelta(t, 25, report.ClusterShare("omega"), 1)
	assert.InDelta(t, 75, report.VariantShare("a"), 1)
	assert.Zero(t, report.Failed)
	assert.Empty(t, report.Failures)
	assert.LessOrEqual(t, report.P50, report.P99)
	assert.LessOrEqual(t, report.P99, report.Max)
}

func TestWhatIsNotAnAppsAnswerIsAFailure(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		status int
		want   string
	}{
		{"server error", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no server", 502) }, 502, `status 502: "no server\n"`},
		{"not found", http.NotFound, 404, `status 404: "404 page not found\n"`},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", 302) }, 302, `status 302: `},
		{"somebody else", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("welcome")) }, 200,
			`status 200, but the answer does not say who gave it: "welcome"`},
		{"other JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }, 200,
			`status 200, but the answer does not say who gave it: "{}"`},
		{"dropped connection", drop, 0, "EOF"},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("{"))
		}, 0, "unexpected EOF"},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := under(t, Options{Streams: kept("GET", 100)}, 10, c.answer)
			assert.Equal(t, report.Requests, report.Failed)
			require.Len(t, report.Failures, report.Failed)
			assert.Equal(t, c.status, report.Failures[0].Status)
			assert.Contains(t, report.Failures[0].Error, c.want)
			assert.Equal(t, kept("GET", 100)[0], report.Failures[0].Stream)
			assert.Empty(t, report.Clusters)
		})
	}
}

func drop(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestOneDroppedRequestAmongManyIsFound(t *testing.T) {
	var served atomic.Int64
	report := under(t, Options{Streams: kept("POST", 500)}, 300, func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) == 100 {
			drop(w, r)
			return
		}
		answerAs(w, "live", "a")
	})
	require.Equal(t, 1, report.Failed)
	assert.Contains(t, report.String(), "1 failed")
	assert.Contains(t, report.String(), "POST on a kept connection: ")
	assert.Contains(t, report.String(), "EOF")
}

func TestARequestThatHangsIsAFailureAndHoldsNothingUp(t *testing.T) {
	var served atomic.Int64
	report := under(t, Options{Streams: []Stream{{Method: "GET", Rate: 200, Fresh: true}}, Timeout: 300 * time.Millisecond}, 150, func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) == 10 {
			<-r.Context().Done()
			return
		}
		answerAs(w, "live", "a")
	})
	require.Equal(t, 1, report.Failed)
	failure := report.Failures[0]
	assert.Contains(t, failure.Error, "Client.Timeout exceeded")
	assert.GreaterOrEqual(t, failure.Latency, 300*time.Millisecond)
	assert.True(t, failure.Stream.Fresh)
	assert.Equal(t, failure.Latency, report.Max)
}

func TestARefusedConnectionIsAFailure(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	run, err := Start(context.Background(), Options{Address: address, Host: "x", Streams: kept("GET", 100)})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return run.Window(run.started, time.Now()).Failed >= 5 }, time.Minute, 5*time.Millisecond)
	report := run.Stop()
	assert.Equal(t, report.Requests, report.Failed)
	assert.Contains(t, report.Failures[0].Error, "connection refused")
}

func TestTheEndOfTheContextEndsTheLoad(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answerAs(w, "live", "a") }))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	run, err := Start(ctx, Options{Address: server.Listener.Addr().String(), Host: "x", Streams: kept("GET", 200)})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return run.Window(run.started, time.Now()).Requests > 10 }, time.Minute, time.Millisecond)
	cancel()
	run.collected.Wait()
	first, second := run.Stop(), run.Stop()
	assert.Equal(t, first.Requests, second.Requests)
	assert.Zero(t, first.Failed)
}

func TestBadOptionsAreReportedAtOnce(t *testing.T) {
	_, err := Start(context.Background(), Options{Address: "here", Streams: []Stream{{Method: "GET", Rate: -1}, {Rate: 5}}, Timeout: -time.Second})
	require.Error(t, err)
	for _, want := range []string{
		`Address: found "here", want host:port`, "Host: found none",
		`Streams[0]: found method "GET" at -1/s`, `Streams[1]: found method "" at 5/s`, "Timeout: found -1s",
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = Start(context.Background(), Options{Address: "127.0.0.1:1", Host: "x"})
	assert.ErrorContains(t, err, "Streams: found none")
}

func TestMixedTrafficAddsUpToItsRate(t *testing.T) {
	for _, rate := range []int{5, 7, 500} {
		assert.Equal(t, rate, Options{Streams: Mixed(rate)}.Rate())
	}
}

func TestStreamsAreSentAsTheySayAndReportedApart(t *testing.T) {
	streams := []Stream{
		{Method: "GET", Rate: 100},
		{Name: "beta", Method: "GET", Rate: 100, Host: "other.test", Path: "/api/whoami", Query: "beta=1",
			Headers: map[string]string{"x-beta": "yes", "Cookie": "a=1; b=2"}},
	}
	report := under(t, Options{Streams: streams}, 60, func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "demo.test" {
			assert.Empty(t, r.Header.Get("X-Beta"))
			assert.Equal(t, "/api/echo", r.RequestURI)
			answerAs(w, "live", "a")
			return
		}
		cookie, err := r.Cookie("b")
		if assert.NoError(t, err) {
			assert.Equal(t, "2", cookie.Value)
		}
		assert.Equal(t, "/api/whoami?beta=1", r.RequestURI)
		assert.Equal(t, "yes", r.Header.Get("X-Beta"))
		http.Error(w, "no", http.StatusTeapot)
	})
	plain, beta := report.Of(""), report.Of("beta")
	assert.Equal(t, report.Requests, plain.Requests+beta.Requests)
	assert.Equal(t, plain.Requests, plain.Variants["a"])
	assert.Zero(t, plain.Failed)
	assert.Equal(t, beta.Requests, beta.Failed)
	assert.Positive(t, beta.Failed)
	assert.Equal(t, streams[1:], beta.Options.Streams)
	assert.Contains(t, beta.String(), `beta: GET on a kept connection: status 418`)
}
