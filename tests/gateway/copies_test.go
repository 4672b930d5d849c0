//go:build integration

package gateway

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/gatewayapi"
	"live-omega/components/traefik"
)

func copiedRule(percent int) gatewayapi.Rule {
	return gatewayapi.Rule{
		Filters:  traefik.Weights("wiki-cohorts", traefik.Choice{Name: "a", Percent: 100, Copied: "copied", CopyPercent: percent}),
		Backends: []gatewayapi.Backend{sticky},
	}
}

func copiesAreMade(t *testing.T, w *world) {
	w.route(t, copiedRule(30))
	count := w.many(t, 1000, func(int) request { return request{} })
	assert.Equal(t, map[string]int{"a": 1000}, count)
	w.await(t, "most copies", func() bool { return len(w.b.requests()) >= 240 })
	w.settleB(t, 300)

	w.route(t, copiedRule(100))
	for _, size := range []int{1, 64 << 10} {
		sent := strings.Repeat("x", size)
		assert.Equal(t, http.StatusOK, w.get(t, request{method: http.MethodPost, path: "/form", body: strings.NewReader(sent)}).status)
		w.await(t, "the copy", func() bool { return len(w.b.requests()) == 1 })
		copied := w.b.requests()[0]
		assert.Equal(t, seen{host: host, method: http.MethodPost, path: "/form", body: sent}, seen{host: copied.host, method: copied.method, path: copied.path, body: copied.body})
		w.settleBoth(t)
	}
	large := w.get(t, request{method: http.MethodPost, body: bytes.NewReader(make([]byte, 64<<10+1))})
	assert.Equal(t, "variant a got 65537 bytes", large.body, "served, and not copied")
	w.b.behave(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusTeapot)
	})
	for range 50 {
		answer := w.get(t, request{})
		assert.Equal(t, http.StatusOK, answer.status)
		assert.Equal(t, "a", answer.variant())
	}
	w.await(t, "all copies", func() bool { return len(w.b.requests()) == 50 })
}

// settleB sees that b got so many copies and no more.
func (w *world) settleB(t *testing.T, want int) {
	t.Helper()
	w.b.mutex.Lock()
	defer w.b.mutex.Unlock()
	assert.InDelta(t, want, len(w.b.seen), 60, "four standard deviations of 1 000 draws at 30 % are 58")
}

// What the mirroring of Traefik 3.5 would change: it reads a body to its end before it serves the
// request.
func copiesChangeNothing(t *testing.T, w *world) {
	w.route(t, copiedRule(100))
	empty := w.get(t, request{method: http.MethodPost, body: io.MultiReader(strings.NewReader(""))})
	assert.Equal(t, http.StatusOK, empty.status, "a body of unknown length that turns out empty: %s", empty.body)

	unknown := w.get(t, request{method: http.MethodPost, body: io.MultiReader(strings.NewReader("text"))})
	assert.Equal(t, "variant a got 4 bytes", unknown.body)
	w.get(t, request{header: http.Header{"Accept": {"text/event-stream"}}})
	w.get(t, request{path: "/last"})
	w.await(t, "the copy of the last", func() bool { return len(w.b.requests()) > 0 })
	assert.Equal(t, "/last", w.b.requests()[0].path)
}

func hangingCopies(t *testing.T, w *world) {
	const requests = 400
	p99 := func() time.Duration {
		var took []time.Duration
		for _, answer := range w.each(t, requests, func(int) request { return request{} }) {
			require.Equal(t, http.StatusOK, answer.status)
			require.Equal(t, "a", answer.variant())
			took = append(took, answer.took)
		}
		slices.Sort(took)
		return took[requests*99/100]
	}
	w.route(t, copiedRule(100))
	w.b.behave(t, func(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() })
	hanging := p99()
	// A second is no measure of speed, but half of what copies wait for.
	assert.Less(t, hanging, time.Second)
	assert.Positive(t, w.b.running())
	w.await(t, "the copies to be given up", func() bool { return w.b.running() == 0 })

	// The pods are gone, but their addresses are not.
	w.b.server.CloseClientConnections()
	assert.Less(t, p99(), time.Second)
	w.await(t, "the copies to be given up", func() bool { return w.b.running() == 0 })
}

func copiesInACohort(t *testing.T, w *world) {
	w.route(t, gatewayapi.Rule{
		Filters: traefik.Weights("wiki-cohorts",
			traefik.Choice{Name: "a", Percent: 90, Copied: "copied", CopyPercent: 50}, traefik.Choice{Name: "b", Percent: 10}),
		Backends: []gatewayapi.Backend{sticky},
	})
	count := w.many(t, 1000, func(int) request { return request{header: cohortCookie(17)} })
	assert.Equal(t, map[string]int{"a": 1000}, count, "copies move nobody")
	w.await(t, "the copies", func() bool { return len(w.b.requests()) > 400 })
	assert.InDelta(t, 500, len(w.b.requests()), 70, "four standard deviations are 63")
	w.settleBoth(t)
	assert.Equal(t, map[string]int{"b": 100}, w.many(t, 100, func(int) request { return request{header: cohortCookie(9500)} }))
	own := 0
	for _, request := range w.b.requests() {
		if strings.Contains(request.header.Get("Cookie"), "wiki-cohort=9500") {
			own++
		}
	}
	assert.Equal(t, 100, own, "users' own, and no copies")
}

// Copies to b are bounded by 2 s; a user who is on b may wait as long as he likes. Both are the same
// Service to Traefik.
func usersAreNotBounded(t *testing.T, w *world) {
	w.route(t, cohortRule(100))
	w.b.behave(t, func(rw http.ResponseWriter, _ *http.Request) {
		time.Sleep(3 * time.Second)
		_, _ = io.WriteString(rw, "late")
	})
	answer := w.get(t, request{})
	assert.Equal(t, http.StatusOK, answer.status)
	assert.Equal(t, "late", answer.body)
}

func nothingToComplain(t *testing.T, w *world) {
	for _, line := range w.traefik.errors() {
		// What the tests bring about themselves.
		if strings.Contains(line, "ready@kubernetescrd") || strings.Contains(line, "ingress-ready") {
			continue
		}
		assert.Fail(t, line)
	}
}
