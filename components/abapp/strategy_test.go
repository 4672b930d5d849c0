package abapp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/abapp"
	"live-omega/components/gatewayapi"
)

func number(n int) *int { return &n }

func yes() *bool { value := true; return &value }

// replicas are variants with so many pods; -1 leaves a variant out.
func replicas(a, b int) map[string]abapp.Variant {
	variants := map[string]abapp.Variant{}
	for name, count := range map[string]int{"a": a, "b": b} {
		if count >= 0 {
			variants[name] = abapp.Variant{Image: "demo@sha256:0", Version: "v1", Replicas: count}
		}
	}
	return variants
}

// Backends of the app wiki.
func toA(weight int) gatewayapi.Backend {
	return gatewayapi.Backend{Namespace: "wiki-a", Name: "wiki", Port: 80, Weight: weight}
}

func toB(weight int) gatewayapi.Backend {
	return gatewayapi.Backend{Namespace: "wiki-b", Name: "wiki", Port: 80, Weight: weight}
}

func header(name, value string) gatewayapi.HeaderMatch {
	return gatewayapi.HeaderMatch{Name: name, Value: value}
}

func cookie(value string) gatewayapi.HeaderMatch {
	return gatewayapi.HeaderMatch{Name: "Cookie", Value: value, Regexp: true}
}

func matches(headers ...gatewayapi.HeaderMatch) gatewayapi.Match {
	return gatewayapi.Match{Headers: headers}
}

var (
	onlyA = []gatewayapi.Backend{toA(100), toB(0)}
	onlyB = []gatewayapi.Backend{toA(0), toB(100)}
	whole = []gatewayapi.Rule{{Backends: onlyA}}
)

// chosen are rules that leave the choice to the cohorts.
func chosen(weights string) []gatewayapi.Rule {
	return []gatewayapi.Rule{{
		Filters: []gatewayapi.Filter{
			{SetRequestHeader: &gatewayapi.Header{Name: "X-Cohort-Weights", Value: weights}},
			{Middleware: "wiki-cohorts"},
		},
		Backends: []gatewayapi.Backend{{Traefik: "wiki-cohorts", Weight: 1}},
	}}
}

// releases are one or more of each strategy, with what they mean.
var releases = []struct {
	name    string
	release abapp.Release
	// rules of the main route.
	rules []gatewayapi.Rule
	// a and b are the percentages of requests.
	a, b int
	// preview is the variant on the preview host.
	preview string
}{
	{"recreate", abapp.Release{Strategy: abapp.Recreate}, whole, 100, 0, ""},
	{"ramped keeps b known", abapp.Release{Strategy: abapp.Ramped}, whole, 100, 0, ""},
	{"ramped with pins", abapp.Release{Strategy: abapp.Ramped, Pin: true}, []gatewayapi.Rule{
		{Matches: []gatewayapi.Match{matches(header("X-Variant", "a"))}, Backends: onlyA},
		{Matches: []gatewayapi.Match{matches(header("X-Variant", "b"))}, Backends: onlyB},
		{Backends: onlyA},
	}, 100, 0, ""},
	{"blueGreen on a", abapp.Release{Strategy: abapp.BlueGreen, Active: "a", Preview: yes()}, whole, 100, 0, "b"},
	{"blueGreen on b", abapp.Release{Strategy: abapp.BlueGreen, Active: "b", Preview: yes()}, []gatewayapi.Rule{{Backends: onlyB}}, 0, 100, "a"},
	{"blueGreen without a preview", abapp.Release{Strategy: abapp.BlueGreen, Active: "b"}, []gatewayapi.Rule{{Backends: onlyB}}, 0, 100, ""},
	{"canary at 0", abapp.Release{Strategy: abapp.Canary, Weight: number(0)}, whole, 100, 0, ""},
	{"canary at 10", abapp.Release{Strategy: abapp.Canary, Weight: number(10)}, []gatewayapi.Rule{{Backends: []gatewayapi.Backend{toA(90), toB(10)}}}, 90, 10, ""},
	{"canary at 100 keeps a known", abapp.Release{Strategy: abapp.Canary, Weight: number(100)}, []gatewayapi.Rule{{Backends: onlyB}}, 0, 100, ""},
	{"canary of visitors", abapp.Release{Strategy: abapp.Canary, Weight: number(10), Sticky: yes()}, chosen("b=10,a=90"), 90, 10, ""},
	{"abTest", abapp.Release{Strategy: abapp.ABTest, Match: []abapp.Match{
		{Headers: map[string]string{"X-Beta": "yes", "Accept-Language": "eo"}, Query: map[string]string{"try": "it", "a": "b c"}},
		{Cookies: map[string]string{"group": "b.1"}},
	}}, []gatewayapi.Rule{
		{Matches: []gatewayapi.Match{
			{
				Headers: []gatewayapi.HeaderMatch{header("Accept-Language", "eo"), header("X-Beta", "yes")},
				Query:   []gatewayapi.QueryMatch{{Name: "a", Value: "b c"}, {Name: "try", Value: "it"}},
			},
			matches(cookie(`(^|;\s*)group=b\.1(;|$)`)),
		}, Backends: onlyB},
		{Backends: onlyA},
	}, 100, 0, ""},
	{"abTest that visitors stay in", abapp.Release{Strategy: abapp.ABTest, Sticky: yes(), Match: []abapp.Match{{Query: map[string]string{"try": "it"}}}}, []gatewayapi.Rule{
		{
			Matches: []gatewayapi.Match{{Query: []gatewayapi.QueryMatch{{Name: "try", Value: "it"}}}},
			Filters: []gatewayapi.Filter{{AddResponseHeader: &gatewayapi.Header{
				Name: "Set-Cookie", Value: "wiki-test=b; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax",
			}}},
			Backends: onlyB,
		},
		{Matches: []gatewayapi.Match{matches(cookie(`(^|;\s*)wiki-test=b(;|$)`))}, Backends: onlyB},
		{Backends: onlyA},
	}, 100, 0, ""},
	{"abTest with pins, which win over matches of any length", abapp.Release{
		Strategy: abapp.ABTest, Pin: true, Match: []abapp.Match{{Headers: map[string]string{"X-Beta": "yes"}, Query: map[string]string{"try": "it"}}},
	}, []gatewayapi.Rule{
		{Matches: []gatewayapi.Match{
			matches(header("X-Variant", "a")),
			{Headers: []gatewayapi.HeaderMatch{header("X-Variant", "a"), header("X-Beta", "yes")}, Query: []gatewayapi.QueryMatch{{Name: "try", Value: "it"}}},
		}, Backends: onlyA},
		{Matches: []gatewayapi.Match{
			matches(header("X-Variant", "b")),
			{Headers: []gatewayapi.HeaderMatch{header("X-Variant", "b"), header("X-Beta", "yes")}, Query: []gatewayapi.QueryMatch{{Name: "try", Value: "it"}}},
		}, Backends: onlyB},
		{Matches: []gatewayapi.Match{
			{Headers: []gatewayapi.HeaderMatch{header("X-Beta", "yes")}, Query: []gatewayapi.QueryMatch{{Name: "try", Value: "it"}}},
		}, Backends: onlyB},
		{Backends: onlyA},
	}, 100, 0, ""},
	{"shadow", abapp.Release{Strategy: abapp.Shadow, Percent: number(5)}, chosen("a=100:copied=5"), 100, 0, ""},
	{"shadow of everything", abapp.Release{Strategy: abapp.Shadow, Percent: number(100)}, chosen("a=100:copied=100"), 100, 0, ""},
	{"dark on the preview host", abapp.Release{Strategy: abapp.Dark, Preview: yes()}, whole, 100, 0, "b"},
	{"dark behind a pin", abapp.Release{Strategy: abapp.Dark, Pin: true}, []gatewayapi.Rule{
		{Matches: []gatewayapi.Match{matches(header("X-Variant", "a"))}, Backends: onlyA},
		{Matches: []gatewayapi.Match{matches(header("X-Variant", "b"))}, Backends: onlyB},
		{Backends: onlyA},
	}, 100, 0, ""},
}

func TestRoutesFollowTheRelease(t *testing.T) {
	for _, test := range releases {
		t.Run(test.name, func(t *testing.T) {
			args := args()
			args.Release = test.release
			require.Empty(t, abapp.Validate(args.App, args.Variants, args.Release))
			routes := abapp.Render(args)
			assert.Equal(t, gatewayapi.HTTPRoute{
				Namespace: "wiki-a", Name: "wiki", Parent: args.Gateway, Hostnames: []string{"wiki.example.test", "pages.example.test"},
				Rules: test.rules, Labels: routes.Main.Labels, Annotations: routes.Main.Annotations,
			}, routes.Main)
			assert.Equal(t, "wiki", routes.Main.Labels["app.kubernetes.io/name"])
			assert.Equal(t, "A. Person", routes.Main.Annotations["live-omega.dev/owner"])

			assert.Equal(t, []abapp.Share{{Variant: "a", Percent: test.a}, {Variant: "b", Percent: test.b}}, abapp.Shares(args.Variants, test.release))
			assert.Equal(t, test.preview, abapp.Previewed(test.release))
			if test.preview == "" {
				assert.Nil(t, routes.Preview)
				return
			}
			shown := map[string][]gatewayapi.Backend{"a": onlyA, "b": onlyB}
			assert.Equal(t, gatewayapi.HTTPRoute{
				Namespace: "wiki-a", Name: "wiki-preview", Parent: args.Gateway, Hostnames: []string{"wiki-preview.example.test"},
				Rules: []gatewayapi.Rule{{Backends: shown[test.preview]}}, Labels: routes.Main.Labels, Annotations: routes.Main.Annotations,
			}, *routes.Preview)
		})
	}
}

func TestAnAppWithOneVariantHasOneBackend(t *testing.T) {
	args := args()
	delete(args.Variants, "b")
	for _, strategy := range []abapp.Strategy{abapp.Recreate, abapp.Ramped} {
		args.Release = abapp.Release{Strategy: strategy}
		assert.Equal(t, []gatewayapi.Rule{{Backends: []gatewayapi.Backend{toA(100)}}}, abapp.Render(args).Main.Rules, string(strategy))
	}
}

func TestEveryStrategyIsRendered(t *testing.T) {
	assert.Equal(t, []string{"abTest", "blueGreen", "canary", "dark", "ramped", "recreate", "shadow"}, abapp.Strategies())
	rendered := map[abapp.Strategy]bool{}
	for _, test := range releases {
		rendered[test.release.Strategy] = true
	}
	assert.Len(t, rendered, len(abapp.Strategies()), "each strategy has a case")
}

// The Gateway API takes at most 16 rules with 64 matches each, and 128 matches in all (v1.3).
func TestTheLargestReleaseFitsIntoARoute(t *testing.T) {
	args := args()
	args.Release = abapp.Release{Strategy: abapp.ABTest, Sticky: yes(), Pin: true}
	for range 8 {
		args.Release.Match = append(args.Release.Match, abapp.Match{
			Headers: map[string]string{"A": "1", "B": "1", "C": "1", "D": "1", "E": "1", "F": "1", "G": "1"}, Cookies: map[string]string{"h": "1"},
		})
	}
	require.Empty(t, abapp.Validate(args.App, args.Variants, args.Release))
	rules, sum := abapp.Render(args).Main.Rules, 0
	assert.LessOrEqual(t, len(rules), 16)
	for _, rule := range rules {
		assert.LessOrEqual(t, len(rule.Matches), 64)
		sum += max(1, len(rule.Matches))
		for _, match := range rule.Matches {
			assert.LessOrEqual(t, len(match.Headers), 16)
		}
	}
	assert.LessOrEqual(t, sum, 128)
}
