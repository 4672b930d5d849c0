package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
		Edge:    edgeOutput{Traffic: trafficOutput{Default: map[string]float64{"live": 100, "omega": 0}, Apps: map[string]map[string]float64{"guestbook": {"live": 80, "omega": 20}}}},
		Clusters: map[string]clusterOutput{
			"live":  {Name: "live", Gateway: "10.98.0.11:80", Apps: guestbook(90, 10, "v2.0.0")},
			"omega": {Name: "omega", Gateway: "10.98.0.12:80", Apps: guestbook(50, 50, "v3.0.0")},
		},
	}
	assert.Equal(t, [][]string{
		{"guestbook", "a", "Ada", "neighbours", "canary", "v1.0.0 ×2 72 %", "v1.0.0 ×2 10 %"},
		{"guestbook", "b", "Ada", "neighbours", "canary", "v2.0.0 ×1 8 %", "v3.0.0 ×1 10 %"},
	}, o.rows([]string{"live", "omega"}))

	var out bytes.Buffer
	require.NoError(t, o.print(&out))
	lines := strings.Split(out.String(), "\n")
	assert.Equal(t, []string{"live", "10.98.0.11:80", "100", "%", "primary", "1"}, strings.Fields(lines[1]))
	assert.Equal(t, []string{"omega", "10.98.0.12:80", "0", "%", "follows", "1"}, strings.Fields(lines[2]))
}

func TestAnAppOnOneClusterOnlyIsShownAsSuch(t *testing.T) {
	o := overview{
		Edge:     edgeOutput{Traffic: trafficOutput{Default: map[string]float64{"live": 100, "omega": 0}}},
		Clusters: map[string]clusterOutput{"live": {}, "omega": {Apps: guestbook(100, 0, "v2.0.0")}},
	}
	assert.Equal(t, []string{"guestbook", "a", "Ada", "neighbours", "canary", "-", "v1.0.0 ×2 0 %"}, o.rows([]string{"live", "omega"})[0])
	assert.Equal(t, []string{"guestbook.test"}, o.hosts())
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
