//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

// move is a series of config edits under load, each of which must move the
// requests to their new shares and lose none.
type move struct {
	// stack is the one whose config is edited; at is where.
	stack string
	at    []string
	// route is the one resource that an edit may touch, the end of its URN.
	route string
	// counts picks from a window the numbers that the steps are about.
	counts func(load.Window) map[string]int
	steps  []step
}

// step is one edit, and the percentages that must follow from it.
type step struct {
	edit map[string]string
	want map[string]float64
}

func moving() []Case {
	return []Case{{
		Name: "traffic moves between clusters",
		Description: "500 requests/s for 60 s through the edge while the weights of live and omega go 100/0, 0/100, 50/50, 100/0: " +
			"none is lost, the shares are right 5 s after `pulumi up` returned, each `up` updates the one route; how long it took is in the log",
		Prove: move{
			stack: "edge", at: []string{"config", "live-omega:traffic", "default"}, route: "HTTPRoute::default",
			counts: func(w load.Window) map[string]int { return w.Clusters },
			steps: []step{
				{map[string]string{"live": "100", "omega": "0"}, map[string]float64{"live": 100, "omega": 0}},
				{map[string]string{"live": "0", "omega": "100"}, map[string]float64{"live": 0, "omega": 100}},
				{map[string]string{"live": "50", "omega": "50"}, map[string]float64{"live": 50, "omega": 50}},
				{map[string]string{"live": "100", "omega": "0"}, map[string]float64{"live": 100, "omega": 0}},
			},
		}.prove,
	}, {
		Name: "a release moves between variants",
		Description: "the same inside a cluster: the weight of a canary goes 0, 100, 50, 0 under 500 requests/s, " +
			"none is lost, the shares are right 5 s after `pulumi up` returned, each `up` updates the one route",
		Prove: move{
			stack: "live", at: []string{"config", "live-omega:apps", app, "release"}, route: "HTTPRoute::" + app,
			counts: func(w load.Window) map[string]int { return w.Variants },
			steps: []step{
				{map[string]string{"weight": "0"}, map[string]float64{"a": 100, "b": 0}},
				{map[string]string{"weight": "100"}, map[string]float64{"a": 0, "b": 100}},
				{map[string]string{"weight": "50"}, map[string]float64{"a": 50, "b": 50}},
				{map[string]string{"weight": "0"}, map[string]float64{"a": 100, "b": 0}},
			},
		}.prove,
	}}
}

func (m move) prove(t *testing.T, c *rig.Cloud) {
	c.Restore(t, m.stack)
	c.Edit(t, m.stack, weights(m.at, m.steps[0].edit)...)
	c.Up(t, m.stack)

	// Through the edge, also for what happens inside live: that is the way
	// the requests of users go.
	sent := send(t, c, "edge")
	type measure struct {
		from time.Time
		want map[string]float64
	}
	measures := []measure{{sent.began, m.steps[0].want}}
	until(t, sent.began.Add(measured))
	for _, step := range m.steps[1:] {
		c.Edit(t, m.stack, weights(m.at, step.edit)...)
		up := c.Up(t, m.stack)
		if assert.Len(t, up.Changed, 1, "resources that the edit touched") {
			assert.True(t, strings.HasPrefix(up.Changed[0], "update ") && strings.HasSuffix(up.Changed[0], m.route),
				"the edit touched %s, want an update of %s", up.Changed[0], m.route)
		}
		measures = append(measures, measure{up.Done.Add(settle), step.want})
		until(t, up.Done.Add(settle+measured))
	}
	until(t, sent.began.Add(time.Minute))

	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests")
	for i, measure := range measures {
		window := report.During(measure.from, measure.from.Add(measured))
		for name, want := range measure.want {
			got := 100 * float64(m.counts(window)[name]) / float64(max(window.Requests, 1))
			assert.InDelta(t, want, got, tolerance, "share of %s after step %d, in %d requests", name, i, window.Requests)
		}
	}
}
