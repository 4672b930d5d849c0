//go:build e2e

package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

// crossing is a division of the traffic between the clusters and who must see
// what under it; the same as strategy, one level up.
type crossing struct {
	name, description string
	// split is the config.
	split string
	// omega is the percentage of the requests that ask for nothing which omega
	// must answer.
	omega float64
	// pinned says that a request may ask for a cluster.
	pinned bool
	// copied is the percentage of all requests of which omega must get a copy.
	copied float64
}

// crossingRate is the load in requests per second: a request that is copied
// passes the edge three times and is answered twice, all on this machine.
const crossingRate = 300

func crossings() []Case {
	return []Case{{
		Name: "the edge divides, pins and copies",
		Description: "over 5 000 requests at 300/s through the edge: shares of the clusters within 3 points; the header X-Cluster chooses where " +
			"the config allows it and means nothing elsewhere; copies at omega within 3 points and none of its answers seen",
		Prove: func(t *testing.T, c *rig.Cloud) {
			c.Restore(t, "edge")
			for _, x := range crossingTable {
				t.Run(x.name, func(t *testing.T) { x.prove(t, c) })
			}
		},
	}}
}

var crossingTable = []crossing{
	{name: "weights", description: "a fifth to omega; a request may not choose", split: "{live: 80, omega: 20}", omega: 20},
	{name: "pin", description: "all to live, but a request may choose", split: "{live: 100, omega: 0, pin: true}", pinned: true},
	{
		name: "mirror", description: "all answered by live, a quarter copied to omega",
		split: "{live: 100, omega: 0, mirror: {to: omega, percent: 25}}", copied: 25,
	},
	{
		name: "mirror with pin", description: "what is pinned to omega is answered by it, the rest is copied all the same",
		split: "{live: 100, omega: 0, pin: true, mirror: {to: omega, percent: 50}}", pinned: true,
	},
}

func (x crossing) prove(t *testing.T, c *rig.Cloud) {
	t.Log(x.description)
	c.Set(t, "edge", split("%s", x.split))
	up := c.Up(t, "edge")
	if assert.Len(t, up.Changed, 1, "resources that the edit touched") {
		assert.Regexp(t, `:HTTPRoute::default$`, up.Changed[0])
	}
	until(t, up.Done.Add(soon))

	streams := load.Mixed(crossingRate)
	for _, cluster := range []string{"live", "omega"} {
		streams = append(streams, load.Stream{Name: cluster, Method: http.MethodGet, Rate: asked, Headers: header("X-Cluster", cluster)})
	}
	omega := c.Kube(t, "omega")
	copies := func() int { return omega.Received(t, app+"-a", app+"-b") }
	before := copies()
	sent := sendStreams(t, c, "edge", streams...)
	sent.atLeast(t, enough+enough/20, crossingRate)
	report := sent.finish(t)

	assert.Zero(t, report.Failed, "lost requests: %s", report)
	plain := report.Of("")
	assert.GreaterOrEqual(t, plain.Requests, enough)
	if x.omega == 0 {
		assert.Zero(t, plain.Clusters["omega"], "answers of omega")
	} else {
		assert.InDelta(t, x.omega, plain.ClusterShare("omega"), tolerance, "share of omega")
	}
	for _, cluster := range []string{"live", "omega"} {
		got := report.Of(cluster)
		if x.pinned {
			assert.Equal(t, 100.0, got.ClusterShare(cluster), "share of %s in %d requests that ask for it", cluster, got.Requests)
		} else if x.omega == 0 {
			assert.Equal(t, 100.0, got.ClusterShare("live"), "share of live in %d requests that ask for %s in vain", got.Requests, cluster)
		}
	}
	if x.copied > 0 {
		n := settledCount(t, copies) - before
		assert.InDelta(t, x.copied, 100*float64(n)/float64(report.Requests), tolerance, "copies at omega, in percent of %d requests", report.Requests)
	}
}
