package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var bothClusters = []string{"live", "omega"}

func guestbook(weightA, weightB float64, versionB string) map[string]appOutput {
	return map[string]appOutput{"guestbook": {
		Owner: "Ada", Community: "neighbours", Host: "guestbook.test", Strategy: "canary",
		Variants: map[string]variantOutput{
			"a": {Version: "v1.0.0", Replicas: 2, Weight: weightA},
			"b": {Version: versionB, Replicas: 1, Weight: weightB},
		},
	}}
}

func TestOverviewMultipliesTheSharesOfBothLevels(t *testing.T) {
	o := overview{
		Primary: "live",
		Edge:    edgeOutput{Traffic: trafficOutput{Default: splitOutput{Live: 100}, Apps: map[string]splitOutput{"guestbook": {Live: 80, Omega: 20}}}},
		Clusters: map[string]clusterOutput{
			"live":  {Name: "live", Gateway: "10.98.0.11:80", Apps: guestbook(90, 10, "v2.0.0")},
			"omega": {Name: "omega", Gateway: "10.98.0.12:80", Apps: guestbook(50, 50, "v3.0.0")},
		},
	}
	const strategy, traffic = "live: canary 10 %; omega: canary 50 %", "live 80 % omega 20 %"
	assert.Equal(t, [][]string{
		{"guestbook", "a", "Ada", "neighbours", strategy, traffic, "v1.0.0 ×2 72 %", "v1.0.0 ×2 10 %"},
		{"guestbook", "b", "Ada", "neighbours", strategy, traffic, "v2.0.0 ×1 8 %", "v3.0.0 ×1 10 %"},
	}, o.rows(bothClusters))
	assert.Equal(t, [][]string{
		{"live", "10.98.0.11:80", "100 %", "primary", "1"},
		{"omega", "10.98.0.12:80", "0 %", "follows", "1"},
	}, o.clusterRows(bothClusters))
}

func TestAnAppOnOneClusterOnlyIsShownAsSuch(t *testing.T) {
	o := overview{
		Edge:     edgeOutput{Traffic: trafficOutput{Default: splitOutput{Live: 100}}},
		Clusters: map[string]clusterOutput{"live": {}, "omega": {Apps: guestbook(100, 0, "v2.0.0")}},
	}
	assert.Equal(t, []string{"guestbook", "a", "Ada", "neighbours", "canary 0 %", "default", "-", "v1.0.0 ×2 0 %"}, o.rows(bothClusters)[0])
	assert.Equal(t, []string{"guestbook.test"}, o.hosts())
}

func TestTrafficIsToldInWords(t *testing.T) {
	mirror := &mirrorOutput{To: "omega", Percent: 5}
	tests := []struct {
		split            splitOutput
		live, omega, app string
	}{
		{splitOutput{Live: 100}, "100 %", "0 %", "live 100 % omega 0 %"},
		{splitOutput{Live: 90, Omega: 10, Sticky: true}, "90 % sticky", "10 % sticky", "live 90 % omega 10 % sticky"},
		{splitOutput{Live: 90, Omega: 10, Mirror: mirror}, "90 %, copies 5 % → omega", "10 %", "live 90 % omega 10 %, copies 5 % → omega"},
		{splitOutput{Live: 100, Pin: true}, "100 %, pin", "0 %, pin", "live 100 % omega 0 %, pin"},
		{splitOutput{Live: 90, Omega: 10, Sticky: true, Pin: true, Mirror: mirror},
			"90 % sticky, copies 5 % → omega, pin", "10 % sticky, pin", "live 90 % omega 10 % sticky, copies 5 % → omega, pin"},
	}
	for _, test := range tests {
		t.Run(test.app, func(t *testing.T) {
			o := overview{
				Edge:     edgeOutput{Traffic: trafficOutput{Default: test.split, Apps: map[string]splitOutput{"wiki": test.split}}},
				Clusters: map[string]clusterOutput{"live": {}, "omega": {}},
			}
			rows := o.clusterRows(bothClusters)
			assert.Equal(t, []string{test.live, test.omega}, []string{rows[0][2], rows[1][2]})
			assert.Equal(t, test.app, o.traffic("wiki", bothClusters))
			assert.Equal(t, "default", o.traffic("hello", bothClusters))
		})
	}
}

func TestAReleaseIsToldInWords(t *testing.T) {
	variants := func(b float64) map[string]variantOutput {
		return map[string]variantOutput{"a": {Weight: 100 - b}, "b": {Weight: b}}
	}
	tests := map[string]appOutput{
		"recreate":                     {Strategy: "recreate", Variants: variants(0)},
		"blueGreen active a, preview":  {Strategy: "blueGreen", Variants: variants(0), Preview: "wiki-preview.test"},
		"blueGreen active b":           {Strategy: "blueGreen", Variants: variants(100)},
		"canary 10 %":                  {Strategy: "canary", Variants: variants(10)},
		"canary 10 % sticky, pin":      {Strategy: "canary", Variants: variants(10), Sticky: true, Pin: true},
		"abTest sticky":                {Strategy: "abTest", Variants: variants(0), Sticky: true},
		"shadow 25 %":                  {Strategy: "shadow", Variants: variants(0), Percent: 25},
		"dark, preview, pin":           {Strategy: "dark", Variants: variants(0), Preview: "wiki-preview.test", Pin: true},
		"a strategy of another decade": {Strategy: "a strategy of another decade"},
	}
	for want, app := range tests {
		assert.Equal(t, want, app.release())
	}
}

// recorded are outputs as the stacks export them.
var recorded = map[string]string{
	"edge": `{"gateway": "10.98.0.13:80", "traffic": {
		"default": {"live": 90, "omega": 10, "sticky": true, "pin": false},
		"apps": {"wiki": {"live": 100, "omega": 0, "sticky": false, "pin": true, "mirror": {"to": "omega", "percent": 5}}}}}`,
	"live": `{"name": "live", "gateway": "10.98.0.11:80",
		"apps": {"wiki": {"owner": "Ada", "community": "readers", "description": "Pages.", "host": "wiki.test",
			"hosts": ["wiki.test", "wiki-preview.test"], "preview": "wiki-preview.test", "strategy": "blueGreen", "pin": false, "sticky": false,
			"variants": {"a": {"image": "i", "version": "v1", "replicas": 2, "weight": 0}, "b": {"image": "i", "version": "v2", "replicas": 2, "weight": 100}}}},
		"communities": {
			"readers": {"contact": "board@readers.test", "until": "", "hosts": {"read.test": "wiki"}, "namespaces": ["wiki-a", "wiki-b"],
				"members": [{"kind": "User", "name": "ada@readers.test", "role": "edit"}, {"kind": "Group", "name": "readers", "role": "view"}]},
			"guests": {"contact": "guests@readers.test", "until": "2026-01-31", "hosts": {}, "members": [], "namespaces": []}}}`,
	"omega": `{"name": "omega", "gateway": "10.98.0.12:80", "apps": {},
		"communities": {"guests": {"contact": "guests@readers.test", "until": "2026-01-31", "hosts": {}, "members": [], "namespaces": []}}}`,
}

func recordedOverview(t *testing.T, now time.Time) overview {
	t.Helper()
	var live, omega clusterOutput
	o := overview{Primary: "live"}
	for stack, into := range map[string]any{"edge": &o.Edge, "live": &live, "omega": &omega} {
		require.NoError(t, json.Unmarshal([]byte(recorded[stack]), into), stack)
	}
	o.Clusters = map[string]clusterOutput{"live": live, "omega": omega}
	o.expire(now)
	return o
}

func TestStatusIsThreeTables(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, recordedOverview(t, time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)).print(&out))
	assert.Equal(t, strings.TrimPrefix(`
CLUSTER  GATEWAY        TRAFFIC      DATABASES  APPS
live     10.98.0.11:80  90 % sticky  primary    1
omega    10.98.0.12:80  10 % sticky  follows    0

APP   VARIANT  OWNER  COMMUNITY  STRATEGY                     TRAFFIC                                        LIVE         OMEGA
wiki  a        Ada    readers    blueGreen active b, preview  live 100 % omega 0 %, copies 5 % → omega, pin  v1 ×2 0 %    -
wiki  b        Ada    readers    blueGreen active b, preview  live 100 % omega 0 %, copies 5 % → omega, pin  v2 ×2 100 %  -

COMMUNITY  CONTACT              MEMBERS  UNTIL                ON
guests     guests@readers.test  0        2026-01-31, expired  live, omega
readers    board@readers.test   2        stays                live
`, "\n"), out.String())
}

func TestACommunityExpiresWhenItsLastDayIsOver(t *testing.T) {
	for day, want := range map[int]string{30: "2026-01-31", 31: "2026-01-31", 32: "2026-01-31, expired"} {
		o := recordedOverview(t, time.Date(2026, 1, day, 23, 59, 0, 0, time.UTC))
		assert.Equal(t, want, o.Clusters["live"].Communities["guests"].stay(), "on day %d", day)
		assert.Equal(t, "stays", o.Clusters["live"].Communities["readers"].stay())
	}
}

func TestStatusAsJSONHasAllThatTheTablesSay(t *testing.T) {
	text, err := json.Marshal(recordedOverview(t, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)))
	require.NoError(t, err)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal(text, &decoded))
	traffic := decoded["edge"].(map[string]any)["traffic"].(map[string]any)
	assert.Equal(t, map[string]any{
		"default": map[string]any{"live": 90.0, "omega": 10.0, "sticky": true, "pin": false},
		"apps": map[string]any{"wiki": map[string]any{
			"live": 100.0, "omega": 0.0, "sticky": false, "pin": true, "mirror": map[string]any{"to": "omega", "percent": 5.0},
		}},
	}, traffic)
	communities := decoded["clusters"].(map[string]any)["live"].(map[string]any)["communities"].(map[string]any)
	guests := communities["guests"].(map[string]any)
	assert.Equal(t, []any{true, "2026-01-31", "guests@readers.test"}, []any{guests["expired"], guests["until"], guests["contact"]})
}

func TestSummaryCountsWhatChanged(t *testing.T) {
	for want, changes := range map[string]map[string]int{
		"no changes":           {"same": 12},
		"3 created, 1 updated": {"create": 3, "update": 1, "same": 2},
	} {
		assert.Equal(t, want, summary(&changes))
	}
	assert.Equal(t, "done", summary(nil))
}
