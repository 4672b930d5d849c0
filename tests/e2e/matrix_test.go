//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/e2e/rig"
)

// switching is the load in requests per second while strategies change.
const switching = 200

// forms are the strategies, each in two forms that differ in a number, or in
// the little that strategies without one can say.
var forms = []struct{ name, first, second string }{
	{"recreate", `{strategy: recreate}`, `{strategy: recreate, pin: true}`},
	{"ramped", `{strategy: ramped}`, `{strategy: ramped, pin: true}`},
	{"blueGreen", `{strategy: blueGreen, active: b}`, `{strategy: blueGreen, active: a}`},
	{"canary", `{strategy: canary, weight: 10}`, `{strategy: canary, weight: 60, sticky: true}`},
	{"abTest", `{strategy: abTest, match: [{headers: {X-Beta: "1"}}]}`, `{strategy: abTest, match: [{headers: {X-Beta: "2"}}]}`},
	{"shadow", `{strategy: shadow, percent: 20}`, `{strategy: shadow, percent: 80}`},
	{"dark", `{strategy: dark}`, `{strategy: dark, pin: true}`},
}

func switches() []Case {
	return []Case{{
		Name: "every strategy changes to every other",
		Description: "all 7 × 7 changes of strategy in one walk, those from a strategy to itself change a number in it, under 200 requests/s: " +
			"none is lost, and each `up` touches the app's routes and, for recreate, the Deployment of a",
		Prove: proveSwitches,
	}}
}

// walk is a path over n places that goes once from each to each, itself
// included: n² steps, beginning and ending at start. There is one because as
// many steps leave each place as arrive there (Hierholzer's algorithm).
func walk(n, start int) []int {
	next := make([]int, n)
	var path, stack []int
	for stack = []int{start}; len(stack) > 0; {
		from := stack[len(stack)-1]
		if next[from] < n {
			// To itself first, and then on around the circle.
			stack = append(stack, (from+next[from])%n)
			next[from]++
			continue
		}
		path, stack = append(path, from), stack[:len(stack)-1]
	}
	slices.Reverse(path)
	return path
}

func TestTheWalkTakesEveryStepOnce(t *testing.T) {
	path := walk(7, 3)
	require.Len(t, path, 50)
	assert.Equal(t, 3, path[0])
	assert.Equal(t, 3, path[49])
	taken := map[[2]int]bool{}
	for i := 1; i < len(path); i++ {
		taken[[2]int{path[i-1], path[i]}] = true
	}
	assert.Len(t, taken, 49)
}

func proveSwitches(t *testing.T, c *rig.Cloud) {
	path := walk(len(forms), 0)
	c.Restore(t, "live")
	c.Set(t, "live", release(forms[path[0]].first))
	c.Up(t, "live")

	// To the gateway of the cluster: the edge tries again what was not sent,
	// which would hide what is looked for here.
	sent := sendAt(t, c, "live", switching)
	until(t, sent.began.Add(time.Second))
	type change struct {
		name string
		at   time.Time
	}
	var changes []change
	for i := 1; i < len(path); i++ {
		from, to := forms[path[i-1]], forms[path[i]]
		value := to.first
		if from.name == to.name {
			value = to.second
		}
		changes = append(changes, change{fmt.Sprintf("%s to %s", from.name, to.name), time.Now()})
		c.Set(t, "live", release(value))
		up := c.Up(t, "live")
		assert.NotEmpty(t, up.Changed, "%s to %s", from.name, to.name)
		recreates := (from.name == "recreate") != (to.name == "recreate")
		for _, changed := range up.Changed {
			assert.True(t, ofRoutes(changed) || recreates && ofRelease(changed), "%s to %s touched %s", from.name, to.name, changed)
		}
	}
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
	var lost []string
	for i, change := range changes {
		end := report.To
		if i+1 < len(changes) {
			end = changes[i+1].at
		}
		if failed := report.During(change.at, end).Failed; failed > 0 {
			lost = append(lost, fmt.Sprintf("%s: %d", change.name, failed))
		}
	}
	assert.Empty(t, lost, "changes that lost requests")
	t.Logf("%d changes, lost: %s", len(changes), strings.Join(lost, ", "))
}
