//go:build e2e

package e2e

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

const (
	// shadowRate is the load in requests per second of each of two equal
	// streams. At the full rate a small machine is busy enough for its own
	// queues to be what p99 measures.
	shadowRate = 150
	// windows of a length are compared each for itself.
	windows = 8
	window  = 5 * time.Second
	// slower is how much of its p99 a user may lose, noise is the difference
	// between two equal streams on a machine of two cores.
	slower = 1.10
	noise  = 2 * time.Millisecond
)

func shadowing() []Case {
	return []Case{{
		Name: "users do not feel a shadow that hangs",
		Description: "b answers nothing at all: with a fifth of the requests copied to it no request fails, and their p99 is within 10 % and 2 ms " +
			"of that of requests sent at the same time that are never copied, because they are pinned to a; the median of eight windows",
		Prove: proveHangingShadow,
	}}
}

func proveHangingShadow(t *testing.T, c *rig.Cloud) {
	c.Restore(t, "live")
	c.Set(t, "live", rig.Set{Path: at("variants", "b", "env"), Value: `{FAULT_HANG: "true"}`},
		release(`{strategy: shadow, percent: 20, pin: true}`))
	up := c.Up(t, "live")

	// One after the other would compare the machine at two times, and it is
	// never the same for ten seconds.
	sent := sendStreams(t, c, "live",
		load.Stream{Name: "copied", Method: http.MethodGet, Rate: shadowRate},
		load.Stream{Name: "alone", Method: http.MethodGet, Rate: shadowRate, Headers: header("X-Variant", "a")})
	from := later(up.Done, sent.began).Add(soon)
	until(t, from.Add(windows*window))
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests: %s", report)
	assert.Zero(t, report.Variants["b"], "answers of b")

	copied, alone := report.Of("copied"), report.Of("alone")
	var over []time.Duration
	for range windows {
		with, without := copied.Latency(from, from.Add(window), 99), alone.Latency(from, from.Add(window), 99)
		t.Logf("p99 in a window: %s with copies, %s without", with, without)
		over = append(over, with-time.Duration(slower*float64(without)))
		from = from.Add(window)
	}
	slices.Sort(over)
	assert.LessOrEqual(t, (over[windows/2-1]+over[windows/2])/2, noise, "p99 with copies above 110 %% of that without: %s", over)
	// Without copies this would prove nothing. b answers none, it only has them.
	assert.Positive(t, c.Kube(t, "live").Received(t, app+"-b"), "copies that b got")
}

func later(one, other time.Time) time.Time {
	if one.After(other) {
		return one
	}
	return other
}
