//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

// visitors are many enough for their shares to be within 3 points of the
// weights by more than three standard deviations: each draws for itself, so at
// 50 % one standard deviation of n visitors is 50/√n points.
const visitors = 4000

// sticking is a share that grows step by step and then goes back to nothing,
// for visitors with cookies.
type sticking struct {
	// stack is the one whose config is edited; cluster's gateway is visited.
	stack, cluster string
	// set is the edit that gives the newer side so many percent.
	set func(percent int) rig.Set
	// side is who answered a visit, older and newer are its values.
	side         func(load.Visit) string
	older, newer string
}

func stickiness() []Case {
	const promise = " goes 0, 10, 50, 100, 0 %: nobody who is on the newer side goes back while it grows, " +
		"the shares of the visitors are within 3 points, and at 0 % all are on the older side"
	return []Case{{
		Name:        "visitors stay on their variant",
		Description: "4 000 visitors with cookies while a sticky canary" + promise,
		Prove: sticking{
			stack: "live", cluster: "live", older: "a", newer: "b",
			set: func(percent int) rig.Set {
				return release(fmt.Sprintf("{strategy: canary, weight: %d, sticky: true}", percent))
			},
			side: func(v load.Visit) string { return v.Variant },
		}.prove,
	}, {
		Name:        "visitors stay on their cluster",
		Description: "4 000 visitors with cookies while the weight of omega, sticky," + promise,
		Prove: sticking{
			stack: "edge", cluster: "edge", older: "live", newer: "omega",
			set:  func(percent int) rig.Set { return split("{live: %d, omega: %d, sticky: true}", 100-percent, percent) },
			side: func(v load.Visit) string { return v.Cluster },
		}.prove,
	}, {
		Name: "visitors stay where they are on both levels",
		Description: "4 000 visitors with cookies, half of them on each cluster and half of those on each variant: " +
			"whoever comes again sees the same variant of the same cluster",
		Prove: proveBothLevels,
	}}
}

// split is the edit that divides all traffic between the clusters.
func split(format string, values ...any) rig.Set {
	return rig.Set{Path: []string{"config", "live-omega:traffic", "default"}, Value: fmt.Sprintf(format, values...)}
}

func invite(t *testing.T, c *rig.Cloud, cluster string) *load.Visitors {
	t.Helper()
	invited, err := load.NewVisitors(load.VisitorOptions{
		Address: rig.Gateway(cluster), Host: app + "." + c.Domain(t), Count: visitors,
	})
	require.NoError(t, err)
	return invited
}

// round lets every visitor come once and counts them by what side says.
func round(t *testing.T, invited *load.Visitors, side func(load.Visit) string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for i, visit := range invited.Round(t.Context()) {
		require.Empty(t, visit.Error, "visitor %d", i)
		counts[side(visit)]++
	}
	return counts
}

func (s sticking) prove(t *testing.T, c *rig.Cloud) {
	c.Restore(t, s.stack)
	invited := invite(t, c, s.cluster)
	growing := 0
	for _, percent := range []int{0, 10, 50, 100, 0} {
		c.Set(t, s.stack, s.set(percent))
		until(t, c.Up(t, s.stack).Done.Add(soon))
		// Twice: visitors must also stay while nothing is changed.
		for range 2 {
			counts := round(t, invited, s.side)
			t.Logf("at %d %%: %v", percent, counts)
			share := 100 * float64(counts[s.newer]) / visitors
			if percent == 0 || percent == 100 {
				assert.Equal(t, float64(percent), share, "visitors on %s at %d %%", s.newer, percent)
			} else {
				assert.InDelta(t, float64(percent), share, tolerance, "visitors on %s at %d %%", s.newer, percent)
			}
			growing++
		}
	}
	// The last two rounds are those after the way back.
	growing -= 2
	flipped := 0
	for _, visits := range invited.History() {
		for i := 1; i < growing; i++ {
			if s.side(visits[i-1]) == s.newer && s.side(visits[i]) == s.older {
				flipped++
			}
		}
	}
	assert.Zero(t, flipped, "visitors who went back to %s while %s grew", s.older, s.newer)
}

func proveBothLevels(t *testing.T, c *rig.Cloud) {
	for _, cluster := range []string{"live", "omega"} {
		c.Restore(t, cluster)
		c.Set(t, cluster, release("{strategy: canary, weight: 50, sticky: true}"))
		c.Up(t, cluster)
	}
	c.Restore(t, "edge")
	c.Set(t, "edge", split("{live: 50, omega: 50, sticky: true}"))
	until(t, c.Up(t, "edge").Done.Add(soon))

	invited := invite(t, c, "edge")
	place := func(v load.Visit) string { return v.Cluster + " " + v.Variant }
	for range 3 {
		counts := round(t, invited, place)
		t.Logf("%v", counts)
		for _, name := range []string{"live a", "live b", "omega a", "omega b"} {
			assert.InDelta(t, 25, 100*float64(counts[name])/visitors, tolerance, "visitors on %s", name)
		}
	}
	moved := 0
	for _, visits := range invited.History() {
		if place(visits[0]) != place(visits[1]) || place(visits[1]) != place(visits[2]) {
			moved++
		}
	}
	assert.Zero(t, moved, "visitors who did not stay")
}
