package abapp_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/abapp"
	"live-omega/components/gatewayapi"
)

func weight(percent int) *int { return &percent }

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

func TestSharesFollowTheStrategy(t *testing.T) {
	tests := []struct {
		name     string
		variants map[string]abapp.Variant
		release  abapp.Release
		want     []abapp.Share
	}{
		{"ramped with a alone", replicas(1, -1), abapp.Release{Strategy: abapp.Ramped}, []abapp.Share{{Variant: "a", Percent: 100}}},
		{"ramped keeps b known", replicas(1, 1), abapp.Release{Strategy: abapp.Ramped}, []abapp.Share{{Variant: "a", Percent: 100}, {Variant: "b"}}},
		{"canary at 0 keeps b known", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: weight(0)}, []abapp.Share{{Variant: "a", Percent: 100}, {Variant: "b"}}},
		{"canary at 10", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: weight(10)}, []abapp.Share{{Variant: "a", Percent: 90}, {Variant: "b", Percent: 10}}},
		{"canary at 100 keeps a known", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: weight(100)}, []abapp.Share{{Variant: "a"}, {Variant: "b", Percent: 100}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Empty(t, abapp.Validate(test.variants, test.release))
			assert.Equal(t, test.want, abapp.Shares(test.variants, test.release))
		})
	}
}

func TestWhatAReleaseCannotMeanIsRefused(t *testing.T) {
	tests := []struct {
		name     string
		variants map[string]abapp.Variant
		release  abapp.Release
		want     []string
	}{
		{"no strategy", replicas(1, 1), abapp.Release{}, []string{"release.strategy: missing; write one of canary, ramped"}},
		{"an unknown strategy", replicas(1, 1), abapp.Release{Strategy: "yolo"}, []string{`release.strategy: found "yolo"; write one of canary, ramped`}},
		{"a strategy to come", replicas(1, 1), abapp.Release{Strategy: abapp.Shadow}, []string{`release.strategy: found "shadow", which is not supported yet; write one of canary, ramped`}},
		{"a canary without b and without a weight", replicas(1, -1), abapp.Release{Strategy: abapp.Canary}, []string{
			"variants: strategy canary needs variants a and b, found only a; add variant b, or write strategy: ramped",
			"release.weight: missing; write the percentage of requests for variant b, 0 to 100"}},
		{"less than nothing", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: weight(-1)}, []string{"release.weight: found -1; write a percentage from 0 to 100"}},
		{"requests to a without pods", replicas(0, 1), abapp.Release{Strategy: abapp.Canary, Weight: weight(99)}, []string{
			"variants.a.replicas: found 0, but the release sends 1 % of requests to variant a; write 1 or more, or release the other variant first"}},
		{"requests to b without pods", replicas(1, 0), abapp.Release{Strategy: abapp.Canary, Weight: weight(1)}, []string{
			"variants.b.replicas: found 0, but the release sends 1 % of requests to variant b; write 1 or more, or release the other variant first"}},
		{"switched off on purpose", replicas(0, 0), abapp.Release{Strategy: abapp.Canary, Weight: weight(50)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, problem := range abapp.Validate(test.variants, test.release) {
				got = append(got, fmt.Sprintf("%s: %s; %s", problem.Path, problem.Found, problem.Remedy))
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestEveryKnownStrategyIsSupportedOrRefusedByName(t *testing.T) {
	for _, strategy := range []abapp.Strategy{abapp.Recreate, abapp.Ramped, abapp.BlueGreen, abapp.Canary, abapp.ABTest, abapp.Shadow, abapp.Dark} {
		problems := abapp.Validate(replicas(1, 1), abapp.Release{Strategy: strategy, Weight: weight(1)})
		for _, problem := range problems {
			if problem.Path == "release.strategy" {
				assert.Contains(t, problem.Found, "not supported yet", string(strategy))
			}
		}
	}
}

func TestTheRouteSendsTheHostToTheVariantsServices(t *testing.T) {
	args := args()
	args.Release = abapp.Release{Strategy: abapp.Canary, Weight: weight(25)}
	route := abapp.Render(args)
	assert.Equal(t, []string{"wiki.example.test"}, route.Hostnames)
	assert.Equal(t, "wiki-a", route.Namespace)
	assert.Equal(t, []gatewayapi.Backend{
		{Namespace: "wiki-a", Name: "wiki", Port: 80, Weight: 75},
		{Namespace: "wiki-b", Name: "wiki", Port: 80, Weight: 25},
	}, route.Backends)
}
