//go:build integration

package gateway

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/apps"
	"live-omega/components/abapp"
	"live-omega/components/gatewayapi"
)

// rules are those of the app's route under a release.
func rules(t *testing.T, release abapp.Release) []gatewayapi.Rule {
	t.Helper()
	app := apps.App{Name: "wiki"}
	variants := map[string]abapp.Variant{"a": {Replicas: 1}, "b": {Replicas: 1}}
	require.Empty(t, abapp.Validate(app, variants, release))
	return abapp.Render(abapp.Args{App: app, Variants: variants, Release: release, Hosts: []string{host}}).Main.Rules
}

// asks is a request with headers, given by name and value, and who answers it.
type asks struct {
	path    string
	headers []string
	want    string
}

func (w *world) answers(t *testing.T, expected ...asks) {
	t.Helper()
	for _, one := range expected {
		header := http.Header{}
		for i := 0; i < len(one.headers); i += 2 {
			header.Add(one.headers[i], one.headers[i+1])
		}
		assert.Equal(t, one.want, w.get(t, request{path: one.path, header: header}).variant(), "%s %v", one.path, one.headers)
	}
}

// The gateway has an order of its own among matches; each release must get through what it means.
func releasesDecide(t *testing.T, w *world) {
	yes := true
	w.route(t, rules(t, abapp.Release{Strategy: abapp.BlueGreen, Active: "b"})...)
	w.answers(t, asks{"", nil, "b"}, asks{"", []string{"X-Variant", "a"}, "b"})

	w.route(t, rules(t, abapp.Release{Strategy: abapp.Dark, Pin: true})...)
	w.answers(t, asks{"", nil, "a"}, asks{"", []string{"X-Variant", "a"}, "a"}, asks{"", []string{"X-Variant", "b"}, "b"}, asks{"", []string{"X-Variant", "c"}, "a"})

	none, everyone := 0, 100
	w.route(t, rules(t, abapp.Release{Strategy: abapp.Canary, Weight: &none, Sticky: &yes})...)
	w.answers(t, asks{"", nil, "a"}, asks{"", []string{"Cookie", "wiki-cohort=0"}, "a"})
	w.route(t, rules(t, abapp.Release{Strategy: abapp.Canary, Weight: &everyone, Sticky: &yes, Pin: true})...)
	w.answers(t, asks{"", nil, "b"}, asks{"", []string{"Cookie", "wiki-cohort=9999"}, "b"}, asks{"", []string{"X-Variant", "a"}, "a"})

	w.route(t, rules(t, abapp.Release{Strategy: abapp.Shadow, Percent: &everyone})...)
	w.answers(t, asks{"", nil, "a"}, asks{"", []string{"X-Variant", "b"}, "a"})
	w.await(t, "both copies at b", func() bool { return len(w.b.requests()) == 2 })

	test := abapp.Release{Strategy: abapp.ABTest, Sticky: &yes, Pin: true, Match: []abapp.Match{
		{Headers: map[string]string{"X-Branch": "harbour"}},
		{Cookies: map[string]string{"beta": "y.s"}},
		{Query: map[string]string{"campaign": "autumn", "n": "1"}, Headers: map[string]string{"Accept-Language": "de", "X-Kind": "letter"}},
	}}
	w.route(t, rules(t, test)...)
	letter := []string{"Accept-Language", "de", "X-Kind", "letter"}
	w.answers(t,
		asks{"", nil, "a"},
		asks{"", []string{"X-Branch", "harbour"}, "b"},
		asks{"", []string{"X-Branch", "hill"}, "a"},
		asks{"", []string{"Cookie", "x=1; beta=y.s"}, "b"},
		asks{"", []string{"Cookie", "beta=yes"}, "a"},
		asks{"?campaign=autumn&n=1", letter, "b"},
		asks{"?campaign=autumn", letter, "a"},
		asks{"?campaign=autumn&n=1", letter[:2], "a"},
		asks{"", []string{"Cookie", "wiki-test=b"}, "b"},

		// A pin wins over matches of every length.
		asks{"", []string{"X-Variant", "a", "X-Branch", "harbour"}, "a"},
		asks{"", []string{"X-Variant", "a", "Cookie", "beta=y.s; wiki-test=b", "X-Branch", "harbour"}, "a"},
		asks{"?campaign=autumn&n=1", append([]string{"X-Variant", "a"}, letter...), "a"},
		asks{"", []string{"X-Variant", "b"}, "b"},
	)
	matched := w.get(t, request{header: http.Header{"X-Branch": {"harbour"}}})
	require.Len(t, matched.cookies, 1)
	cookie := matched.cookies[0]
	assert.Equal(t, []any{"wiki-test", "b", "/", 30 * 24 * 3600, true, http.SameSiteLaxMode},
		[]any{cookie.Name, cookie.Value, cookie.Path, cookie.MaxAge, cookie.HttpOnly, cookie.SameSite})
	assert.Empty(t, w.get(t, request{}).cookies)
	assert.Empty(t, w.get(t, request{header: http.Header{"X-Variant": {"b"}}}).cookies, "a pin is no match")
}

// Whatever config is accepted, the API server accepts too.
func theLargestReleaseIsStored(t *testing.T, w *world) {
	yes := true
	largest := abapp.Release{Strategy: abapp.ABTest, Sticky: &yes, Pin: true}
	for range 8 {
		largest.Match = append(largest.Match, abapp.Match{
			Headers: map[string]string{"!#$%&'*+-.^_|~": "~ a!\"#\\", "B": "1", "C": "1"}, Cookies: map[string]string{"!#$%&'*+-.^_|~": "!#[]+$^"},
			Query: map[string]string{"!#$%&'*+-.^_|~": "\"ä\\;é & ö", "f": "1", "g": "1", "h": "1"},
		})
	}
	w.route(t, rules(t, largest)...)
	w.answers(t, asks{"", nil, "a"}, asks{"", []string{"X-Variant", "b"}, "b"},
		asks{"?!%23$%25%26'*%2B-.%5E_%7C~=%22%C3%A4%5C%3B%C3%A9+%26+%C3%B6&f=1&g=1&h=1", []string{
			"!#$%&'*+-.^_|~", "~ a!\"#\\", "B", "1", "C", "1", "Cookie", "!#$%&'*+-.^_|~=!#[]+$^",
		}, "b"})
}
