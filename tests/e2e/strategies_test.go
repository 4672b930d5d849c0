//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

const (
	// soon is how long a gateway gets to hear of a release before its shares
	// are measured.
	soon = 2 * time.Second
	// enough is how many requests a share is measured over.
	enough = 5000
	// asked is the rate of each kind of request that asks for something.
	asked = 20
)

// strategy is a release and who must see what under it.
type strategy struct {
	name, description string
	// release is the config.
	release string
	// b is the percentage of the requests that ask for nothing which b must
	// answer; 0 and 100 are exact.
	b float64
	// asks are requests that ask for something.
	asks []ask
	// copied is the percentage of all requests of which b must get a copy.
	copied float64
	// previewed says that there is a preview host.
	previewed bool
}

// ask is a kind of request that one variant must answer without an exception.
type ask struct {
	name string
	// headers and query of the request.
	headers map[string]string
	query   string
	// preview asks on the preview host.
	preview bool
	variant string
}

func header(name, value string) map[string]string { return map[string]string{name: value} }

func strategies() []Case {
	return []Case{{
		Name: "every strategy shows the variants to whom it should",
		Description: "under each strategy, over 5 000 requests at 500/s: shares within 3 points, matches, pins and previews exact, " +
			"copies at b within 3 points and none of its answers seen",
		Prove: func(t *testing.T, c *rig.Cloud) {
			c.Restore(t, "live")
			for _, s := range strategyTable {
				t.Run(s.name, func(t *testing.T) { s.prove(t, c) })
			}
		},
	}, {
		Name: "a visitor who matched once stays",
		Description: "under abTest the answer to a request that matches gives the visitor a cookie, with which the next one, " +
			"that matches nothing, sees b too",
		Prove: proveTestCookie,
	}}
}

// strategyTable goes from strategy to strategy in the order of the list.
var strategyTable = []strategy{{
	name: "recreate", description: "all to a, whatever a request asks for",
	release: `{strategy: recreate}`,
	asks:    []ask{{name: "variant header", headers: header("X-Variant", "b"), variant: "a"}},
}, {
	name: "ramped", description: "all to a, whatever a request asks for",
	release: `{strategy: ramped}`,
	asks:    []ask{{name: "variant header", headers: header("X-Variant", "b"), variant: "a"}},
}, {
	name: "blueGreen on a", description: "all to a, b on the preview host",
	release:   `{strategy: blueGreen, active: a}`,
	previewed: true,
	asks:      []ask{{name: "preview", preview: true, variant: "b"}},
}, {
	name: "blueGreen on b", description: "the switch is one edit: all to b, a on the preview host",
	release: `{strategy: blueGreen, active: b}`, b: 100,
	previewed: true,
	asks:      []ask{{name: "preview", preview: true, variant: "a"}},
}, {
	name: "blueGreen back on a", description: "and so is the way back; without a preview there is no such host",
	release: `{strategy: blueGreen, active: a, preview: false}`,
}, {
	name: "canary at 10 %", description: "a tenth to b, and a request may not choose",
	release: `{strategy: canary, weight: 10}`, b: 10,
}, {
	name: "canary at 50 % with pin", description: "half to b, and a request may choose",
	release: `{strategy: canary, weight: 50, pin: true}`, b: 50,
	asks: []ask{
		{name: "pinned to a", headers: header("X-Variant", "a"), variant: "a"},
		{name: "pinned to b", headers: header("X-Variant", "b"), variant: "b"},
	},
}, {
	name: "abTest", description: "who fits any of the rules sees b, all others see a",
	release: `{strategy: abTest, match: [{headers: {X-Beta: "yes"}}, {cookies: {beta: "1"}}, {query: {beta: "1"}}, {headers: {X-Team: ops}, query: {deep: "1"}}]}`,
	asks: []ask{
		{name: "header", headers: header("X-Beta", "yes"), variant: "b"},
		{name: "cookie", headers: header("Cookie", "beta=1"), variant: "b"},
		{name: "cookie among others", headers: header("Cookie", "x=1; beta=1; y=2"), variant: "b"},
		{name: "query", query: "x=2&beta=1", variant: "b"},
		{name: "both of two", headers: header("X-Team", "ops"), query: "deep=1", variant: "b"},
		{name: "came before", headers: header("Cookie", app+"-test=b"), variant: "b"},
		{name: "one of two", headers: header("X-Team", "ops"), variant: "a"},
		{name: "other header", headers: header("X-Beta", "no"), variant: "a"},
		{name: "other cookies", headers: header("Cookie", "beta=12; xbeta=1"), variant: "a"},
		{name: "other query", query: "beta=2", variant: "a"},
	},
}, {
	name: "shadow at 30 %", description: "all answered by a, three of ten requests copied to b",
	release: `{strategy: shadow, percent: 30}`, copied: 30,
}, {
	name: "dark with a preview", description: "b only on the preview host",
	release:   `{strategy: dark}`,
	previewed: true,
	asks: []ask{
		{name: "preview", preview: true, variant: "b"},
		{name: "variant header", headers: header("X-Variant", "b"), variant: "a"},
	},
}, {
	name: "dark with pin", description: "b only for requests that choose it",
	release: `{strategy: dark, preview: false, pin: true}`,
	asks: []ask{
		{name: "pinned to b", headers: header("X-Variant", "b"), variant: "b"},
		{name: "pinned to a", headers: header("X-Variant", "a"), variant: "a"},
	},
}}

func previewHost(t *testing.T, c *rig.Cloud) string { return app + "-preview." + c.Domain(t) }

func (s strategy) prove(t *testing.T, c *rig.Cloud) {
	t.Log(s.description)
	c.Set(t, "live", release(s.release))
	up := c.Up(t, "live")
	for _, changed := range up.Changed {
		assert.True(t, ofRelease(changed), "the edit touched %s", changed)
	}
	until(t, up.Done.Add(soon))

	streams := load.Mixed(rate)
	for _, ask := range s.asks {
		stream := load.Stream{Name: ask.name, Method: http.MethodGet, Rate: asked, Headers: ask.headers, Query: ask.query}
		if ask.preview {
			stream.Host = previewHost(t, c)
		}
		streams = append(streams, stream)
	}
	kube := c.Kube(t, "live")
	before := kube.Received(t, app+"-b")
	sent := sendStreams(t, c, "live", streams...)
	sent.atLeast(t, enough+enough/20, rate)
	report := sent.finish(t)

	assert.Zero(t, report.Failed, "lost requests: %s", report)
	plain := report.Of("")
	assert.GreaterOrEqual(t, plain.Requests, enough)
	if s.b == 0 || s.b == 100 {
		assert.Equal(t, s.b, plain.VariantShare("b"), "share of b")
	} else {
		assert.InDelta(t, s.b, plain.VariantShare("b"), tolerance, "share of b")
	}
	for _, ask := range s.asks {
		got := report.Of(ask.name)
		assert.Equal(t, 100.0, got.VariantShare(ask.variant), "share of %s in %d requests with %s", ask.variant, got.Requests, ask.name)
	}
	if s.copied > 0 {
		copies := settledCount(t, func() int { return kube.Received(t, app+"-b") }) - before
		assert.InDelta(t, s.copied, 100*float64(copies)/float64(report.Requests), tolerance, "copies at b, in percent of %d requests", report.Requests)
	}
	want := http.StatusNotFound
	if s.previewed {
		want = http.StatusOK
	}
	for _, gateway := range []string{"live", "edge"} {
		status, _, body := get(t, gateway, previewHost(t, c), "/", nil)
		assert.Equal(t, want, status, "the preview host through %s: %s", gateway, body)
	}
}

// settledCount waits until a count stays as it is, and returns it: what is
// copied may arrive after what it is a copy of was answered.
func settledCount(t *testing.T, count func() int) int {
	t.Helper()
	last := -1
	require.Eventually(t, func() bool {
		now := count()
		same := now == last
		last = now
		return same
	}, 20*time.Second, 500*time.Millisecond, "the count settles")
	return last
}

// ofRelease says that a change is of an object that a release is made of: the
// app's routes, and the Deployment of a, which recreate and ramped replace in
// different ways.
func ofRelease(changed string) bool {
	return ofRoutes(changed) || strings.HasPrefix(changed, "update ") && strings.HasSuffix(changed, ":Deployment::"+app+"-a")
}

// ofRoutes says that a change is of a route of the app.
func ofRoutes(changed string) bool {
	return strings.HasSuffix(changed, ":HTTPRoute::"+app) || strings.HasSuffix(changed, ":HTTPRoute::"+app+"-preview")
}

func proveTestCookie(t *testing.T, c *rig.Cloud) {
	c.Restore(t, "live")
	c.Set(t, "live", release(`{strategy: abTest, match: [{query: {beta: "1"}}]}`))
	until(t, c.Up(t, "live").Done.Add(soon))
	host := app + "." + c.Domain(t)

	_, header, body := get(t, "live", host, "/api/whoami", nil)
	assert.Contains(t, body, `"variant":"a"`)
	assert.Empty(t, header.Values("Set-Cookie"), "who matches nothing gets no cookie")
	_, header, body = get(t, "live", host, "/api/whoami?beta=1", nil)
	assert.Contains(t, body, `"variant":"b"`)
	cookies := (&http.Response{Header: header}).Cookies()
	require.Len(t, cookies, 1)
	assert.Equal(t, app+"-test", cookies[0].Name)
	assert.Equal(t, "/", cookies[0].Path)
	assert.True(t, cookies[0].HttpOnly)
	assert.Positive(t, cookies[0].MaxAge)
	_, _, body = get(t, "live", host, "/api/whoami", map[string]string{"Cookie": cookies[0].Name + "=" + cookies[0].Value})
	assert.Contains(t, body, `"variant":"b"`)
}
