//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

const (
	// recovery is how soon the edge must have found out by itself.
	recovery = 5 * time.Second
	// besides is the load in requests per second while a cluster boots on the
	// same machine. The full rate would starve both of a small machine's cores,
	// and what is asked here is what the edge does.
	besides = 100
	// row is how many successes in a row count as recovered.
	row = 50
	// comeback is the longest that a restarted cluster may take to serve.
	comeback = 3 * time.Minute
)

func losing() []Case {
	return []Case{{
		Name: "live is lost and comes back",
		Description: "all of live is killed at 100 % traffic: the edge serves from omega within 5 s by itself, `pulumi up -s edge` still moves " +
			"traffic, and once live runs again it gets its requests back, all without a further lost request",
		Prove: proveLoss,
	}}
}

func proveLoss(t *testing.T, c *rig.Cloud) {
	at := []string{"config", "live-omega:traffic", "default"}
	allTo := func(live, omega string) rig.Update {
		c.Edit(t, "edge", weights(at, map[string]string{"live": live, "omega": omega})...)
		return c.Up(t, "edge")
	}
	c.Restore(t, "edge")
	allTo("100", "0")
	// Whatever fails below, live runs again for who comes after.
	t.Cleanup(func() { c.Run(t, "local", "up", "live") })

	// A request that hangs with the dead cluster is lost, not late.
	sent := start(t, load.Options{
		Address: rig.Gateway("edge"), Host: app + "." + c.Domain(t), Streams: load.Mixed(besides), Timeout: recovery,
	})
	until(t, sent.began.Add(3*time.Second))
	killed := time.Now()
	c.Run(t, "local", "kill", "live")
	until(t, time.Now().Add(recovery+measured))

	moved := allTo("0", "100")
	assert.Len(t, moved.Changed, 1, "resources that the edit touched while live was dead")
	until(t, moved.Done.Add(settle))
	back := allTo("100", "0")
	assert.Len(t, back.Changed, 1)
	until(t, back.Done.Add(settle))

	t.Logf("live started again in %.1f s", c.Run(t, "local", "up", "live").Seconds())
	returned := awaitShare(t, sent, "live")
	report := sent.finish(t)

	recovered, ok := report.RecoveredAt(killed, row)
	require.True(t, ok, "the edge never recovered")
	lost := report.During(killed, returned).Failed
	t.Logf("live killed: %d requests lost, %d in a row served again %.2f s after; live had its share again %.1f s after",
		lost, row, recovered.Sub(killed).Seconds(), returned.Sub(killed).Seconds())
	assert.LessOrEqual(t, recovered.Sub(killed), recovery, "time until the edge served again")
	assert.Zero(t, report.During(sent.began, killed.Add(-time.Second)).Failed, "lost before")
	assert.Zero(t, report.During(killed.Add(recovery), report.To).Failed, "lost later than 5 s after live was killed")
	assert.Equal(t, 100.0, report.During(killed.Add(recovery), back.Done).ClusterShare("omega"), "share of omega while live was dead")
}

// awaitShare waits until a cluster answers everything, and returns when it was
// so for a second.
func awaitShare(t *testing.T, sent traffic, cluster string) time.Time {
	t.Helper()
	var window load.Window
	require.Eventually(t, func() bool {
		now := time.Now()
		window = sent.Window(now.Add(-time.Second), now)
		return window.Requests > besides/2 && window.Clusters[cluster] == window.Requests
	}, comeback, 100*time.Millisecond, "%s gets its requests back", cluster)
	return window.To
}
