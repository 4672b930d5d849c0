//go:build e2e

package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/e2e/rig"
)

const (
	// pairs of windows, one without copies and one with, follow each other.
	pairs = 4
	// shadowRate is the load in requests per second. At the full rate a small
	// machine is busy enough for its own queues to be what p99 measures.
	shadowRate = 300
	// window is how long a p99 is measured: over 1 500 requests.
	window = 5 * time.Second
	// slower is how much of its p99 a user may lose, noise is the difference
	// between two equal windows on a machine of two cores.
	slower = 1.10
	noise  = 2 * time.Millisecond
)

func shadowing() []Case {
	return []Case{{
		Name: "users do not feel a shadow that hangs",
		Description: "b answers nothing at all: with a tenth of the requests copied to it no request fails, and the p99 of the users is " +
			"within 10 % and 2 ms of that without copies; both measured in turn, four times each, under one load, and compared by their medians",
		Prove: proveHangingShadow,
	}}
}

func proveHangingShadow(t *testing.T, c *rig.Cloud) {
	const without, with = `{strategy: ramped}`, `{strategy: shadow, percent: 10}`
	c.Restore(t, "live")
	c.Set(t, "live", rig.Set{Path: at("variants", "b", "env"), Value: `{FAULT_HANG: "true"}`}, release(without))
	c.Up(t, "live")

	sent := sendAt(t, c, "live", shadowRate)
	until(t, sent.began.Add(soon))
	began := map[string][]time.Time{}
	for range pairs {
		for _, value := range []string{without, with} {
			c.Set(t, "live", release(value))
			from := c.Up(t, "live").Done.Add(soon)
			began[value] = append(began[value], from)
			until(t, from.Add(window))
		}
	}
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
	assert.Zero(t, report.Variants["b"], "answers of b")

	median := func(value string) time.Duration {
		var p99s []time.Duration
		for _, from := range began[value] {
			p99s = append(p99s, report.Latency(from, from.Add(window), 99))
		}
		t.Logf("p99 of each window under %s: %s", value, p99s)
		slices.Sort(p99s)
		return (p99s[(pairs-1)/2] + p99s[pairs/2]) / 2
	}
	before, after := median(without), median(with)
	most := time.Duration(slower*float64(before)) + noise
	assert.LessOrEqual(t, after, most, "p99 is %s without copies and %s with them", before, after)
	// Without copies this would prove nothing. b answers none, it only has them.
	assert.Positive(t, c.Kube(t, "live").Received(t, app+"-b"), "copies that b got")
}
