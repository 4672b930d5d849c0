package edge_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/edge"
	"live-omega/components/gatewayapi"
)

var clusters = []string{"live", "omega"}

// rules are those of the default route for a split.
func rules(t *testing.T, split edge.Split) []gatewayapi.Rule {
	t.Helper()
	routes := edge.Render(clusters, "example.test", edge.Traffic{Default: split})
	require.Len(t, routes, 1)
	return routes[0].Rules
}

func TestASplitIsRenderedIntoOneRoute(t *testing.T) {
	half := &edge.Mirror{To: "omega", Percent: 50}
	anything := []gatewayapi.Match{{}}
	pins := []gatewayapi.Rule{
		{Matches: header("live"), Backends: []gatewayapi.Backend{{Traefik: "live@file", Weight: 1}}},
		{Matches: header("omega"), Backends: []gatewayapi.Backend{{Traefik: "omega@file", Weight: 1}}},
	}
	cohorts := func(weights string) gatewayapi.Rule {
		return gatewayapi.Rule{
			Matches: anything,
			Filters: []gatewayapi.Filter{
				{SetRequestHeader: &gatewayapi.Header{Name: "X-Cohort-Weights", Value: weights}},
				{Middleware: "clusters"},
			},
			Backends: []gatewayapi.Backend{{Traefik: "clusters", Weight: 1}},
		}
	}
	weights := func(backends ...gatewayapi.Backend) gatewayapi.Rule {
		return gatewayapi.Rule{Matches: anything, Backends: backends}
	}
	plain := weights(gatewayapi.Backend{Traefik: "live@file", Weight: 90}, gatewayapi.Backend{Traefik: "omega@file", Weight: 10})
	copied := weights(
		gatewayapi.Backend{Traefik: "live@file", Weight: 4500},
		gatewayapi.Backend{Traefik: "live-copied@file", Weight: 4500},
		gatewayapi.Backend{Traefik: "omega@file", Weight: 1000})
	tests := []struct {
		name  string
		split edge.Split
		want  []gatewayapi.Rule
	}{
		{"weights", edge.Split{}, []gatewayapi.Rule{plain}},
		{"weights and copies", edge.Split{Mirror: half}, []gatewayapi.Rule{copied}},
		{"copies of everything", edge.Split{Mirror: &edge.Mirror{To: "omega", Percent: 100}}, []gatewayapi.Rule{weights(
			gatewayapi.Backend{Traefik: "live@file", Weight: 0},
			gatewayapi.Backend{Traefik: "live-copied@file", Weight: 9000},
			gatewayapi.Backend{Traefik: "omega@file", Weight: 1000})}},
		{"copies the other way", edge.Split{Mirror: &edge.Mirror{To: "live", Percent: 5}}, []gatewayapi.Rule{weights(
			gatewayapi.Backend{Traefik: "live@file", Weight: 9000},
			gatewayapi.Backend{Traefik: "omega@file", Weight: 950},
			gatewayapi.Backend{Traefik: "omega-copied@file", Weight: 50})}},
		{"pin", edge.Split{Pin: true}, append(pins[:2:2], plain)},
		{"pin and copies", edge.Split{Pin: true, Mirror: half}, append(pins[:2:2], copied)},
		{"sticky", edge.Split{Sticky: true}, []gatewayapi.Rule{cohorts("omega=10,live=90")}},
		{"sticky and copies", edge.Split{Sticky: true, Mirror: half}, []gatewayapi.Rule{cohorts("omega=10,live=90:live-copied=50")}},
		{"sticky and copies the other way", edge.Split{Sticky: true, Mirror: &edge.Mirror{To: "live", Percent: 5}}, []gatewayapi.Rule{cohorts("omega=10:omega-copied=5,live=90")}},
		{"sticky and pin", edge.Split{Sticky: true, Pin: true}, append(pins[:2:2], cohorts("omega=10,live=90"))},
		{"everything", edge.Split{Sticky: true, Pin: true, Mirror: half}, append(pins[:2:2], cohorts("omega=10,live=90:live-copied=50"))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.split.Weights = edge.Weights{"live": 90, "omega": 10}
			assert.Equal(t, test.want, rules(t, test.split))
		})
	}
}

func header(cluster string) []gatewayapi.Match {
	return []gatewayapi.Match{{Headers: []gatewayapi.HeaderMatch{{Name: "X-Cluster", Value: cluster}}}}
}

func TestAClusterThatGetsNothingKeepsItsBackend(t *testing.T) {
	assert.Equal(t, []gatewayapi.Backend{{Traefik: "live@file", Weight: 100}, {Traefik: "omega@file", Weight: 0}}, rules(t, split(100))[0].Backends)
}

// The weights of a mirror are products; they must stay exact, and in proportion with those without copies.
func TestCopiesTakeNothingFromTheWeights(t *testing.T) {
	for live := 0; live <= 100; live++ {
		for percent := 1; percent <= 100; percent++ {
			mirrored := split(live)
			mirrored.Mirror = &edge.Mirror{To: "omega", Percent: percent}
			got := map[string]int{}
			for _, backend := range rules(t, mirrored)[0].Backends {
				got[backend.Traefik] = backend.Weight
			}
			require.Equal(t, map[string]int{
				"live@file": live * (100 - percent), "live-copied@file": live * percent, "omega@file": (100 - live) * 100,
			}, got)
		}
	}
}

func TestAnAppThatDiffersHasARouteForItsHosts(t *testing.T) {
	routes := edge.Render(clusters, "example.test", edge.Traffic{Default: split(100), Apps: map[string]edge.Split{"wiki": split(30)}})
	require.Len(t, routes, 2)
	assert.Equal(t, "default", routes[0].Name)
	assert.Empty(t, routes[0].Hostnames, "the default is for every host")
	assert.Equal(t, "app-wiki", routes[1].Name)
	assert.Equal(t, []string{"wiki.example.test", "wiki-preview.example.test"}, routes[1].Hostnames)
	assert.Equal(t, []gatewayapi.Backend{{Traefik: "live@file", Weight: 30}, {Traefik: "omega@file", Weight: 70}}, routes[1].Rules[0].Backends)
}

// Traefik takes a match of a header for more specific than one of a host.
func TestADefaultThatPinsDoesNotPinAnAppThatDoesNot(t *testing.T) {
	pinned := split(100)
	pinned.Pin = true
	routes := edge.Render(clusters, "example.test", edge.Traffic{Default: pinned, Apps: map[string]edge.Split{"wiki": split(30)}})
	require.Len(t, routes[1].Rules, 1)
	assert.Equal(t, []gatewayapi.Match{{}, {Headers: []gatewayapi.HeaderMatch{{Name: "X-Cluster", Value: ".", Regexp: true}}}}, routes[1].Rules[0].Matches)
}
