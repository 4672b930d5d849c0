//go:build e2e

package e2e

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

const (
	// rate is the promised load in requests per second.
	rate = 500
	// settle is how soon after `pulumi up` returned the shares must be right.
	settle = 5 * time.Second
	// measured is how long a share is measured: long enough for 2 500 requests.
	measured = 5 * time.Second
	// tolerance is how far a share may be off, in points.
	tolerance = 3
	// app is the app that the tests send requests to; it has both variants.
	app = "guestbook"
)

// traffic is a load on a gateway that a test has begun.
type traffic struct {
	*load.Run
	rate  int
	began time.Time
}

// send starts the promised load on a cluster's gateway and waits until answers
// come in.
func send(t *testing.T, c *rig.Cloud, cluster string) traffic {
	t.Helper()
	return sendAt(t, c, cluster, rate)
}

// sendAt starts a load of so many requests per second.
func sendAt(t *testing.T, c *rig.Cloud, cluster string, rate int) traffic {
	t.Helper()
	return sendStreams(t, c, cluster, load.Mixed(rate)...)
}

// sendStreams starts a load of these requests.
func sendStreams(t *testing.T, c *rig.Cloud, cluster string, streams ...load.Stream) traffic {
	t.Helper()
	return start(t, load.Options{Address: rig.Gateway(cluster), Host: app + "." + c.Domain(t), Streams: streams})
}

// patience is how long clients wait. What waits is not lost, and beside a
// machine that is busy with itself it may wait long.
const patience = 10 * time.Second

// start starts a load and waits until answers come in.
func start(t *testing.T, options load.Options) traffic {
	t.Helper()
	options.Timeout = cmp.Or(options.Timeout, patience)
	began := time.Now()
	run, err := load.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { run.Stop() })
	require.Eventually(t, func() bool { return run.Window(began, time.Now()).Requests > 0 }, 10*time.Second, 10*time.Millisecond)
	return traffic{Run: run, rate: options.Rate(), began: began}
}

// until lets the load go on up to a time.
func until(t *testing.T, end time.Time) {
	t.Helper()
	select {
	case <-time.After(time.Until(end)):
	case <-t.Context().Done():
		require.NoError(t, t.Context().Err())
	}
}

// atLeast lets the load go on until so many requests were answered, of those
// that are this part of its rate.
func (r traffic) atLeast(t *testing.T, enough, of int) {
	t.Helper()
	require.Eventually(t, func() bool {
		return r.Window(r.began, time.Now()).Requests*of >= enough*r.rate
	}, 2*time.Minute, 100*time.Millisecond, "%d requests are answered", enough)
}

// finish ends the load and asserts that it was one. How fast this machine can
// send is no promise of the cloud, so a rate that was not reached is told only.
func (r traffic) finish(t *testing.T) *load.Report {
	t.Helper()
	report := r.Stop()
	t.Logf("%s", report)
	if report.Rate() < 0.95*float64(r.rate) {
		t.Logf("the machine was too slow: %.0f requests/s instead of %d", report.Rate(), r.rate)
	}
	assert.Greater(t, report.Rate(), 0.5*float64(r.rate), "not even half of the load was sent: nothing is proven")
	return report
}

// at is a path below the app in the config of a cluster's stack.
func at(keys ...string) []string {
	return append([]string{"config", "live-omega:apps", app}, keys...)
}

// release is the edit that sets the release of the app.
func release(value string) rig.Set { return rig.Set{Path: at("release"), Value: value} }

// weights are the edits that set a stack's numbers below a config path.
func weights(path []string, values map[string]string) []rig.Edit {
	var edits []rig.Edit
	for key, value := range values {
		edits = append(edits, rig.Edit{Path: append(append([]string{}, path...), key), Value: value})
	}
	return edits
}
