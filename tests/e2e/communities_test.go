//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/apps"
	"live-omega/tests/e2e/rig"
)

func communities() []Case {
	return []Case{{
		Name:        "a community's own name reaches its app",
		Description: "further hosts of a community are answered by the app that the config says, through the edge and through each cluster",
		Prove:       proveHosts,
	}, {
		Name: "a community leaves without a trace",
		Description: "a community removed from the config of live with its apps leaves no object of any kind behind, the others do not notice, " +
			"and written back into the config it is there again",
		Prove: proveLeaving,
	}}
}

func proveHosts(t *testing.T, c *rig.Cloud) {
	at := []string{"config", "live-omega:communities"}
	text, err := os.ReadFile(c.Config("live"))
	require.NoError(t, err)
	names, err := rig.Keys(text, at...)
	require.NoError(t, err)
	found := 0
	for _, community := range names {
		hosts, err := rig.Keys(text, append(slices.Clone(at), community, "hosts")...)
		if err != nil {
			continue
		}
		for _, host := range hosts {
			found++
			owner := c.Read(t, "live", append(slices.Clone(at), community, "hosts", host)...)
			for _, gateway := range []string{"edge", "live", "omega"} {
				status, _, body := get(t, gateway, host, "/api/whoami", nil)
				assert.Equal(t, http.StatusOK, status, "%s through %s: %s", host, gateway, body)
				assert.Contains(t, body, `"app":"`+owner+`"`, "%s through %s", host, gateway)
			}
		}
	}
	assert.Positive(t, found, "hosts of communities in the config of live")
}

// guests are a community of live that the app of the tests is not of, and its
// apps there.
func guests(t *testing.T, text []byte) (community string, its []string) {
	t.Helper()
	here, ok := apps.Lookup(app)
	require.True(t, ok)
	names, err := rig.Keys(text, "config", "live-omega:communities")
	require.NoError(t, err)
	deployed, err := rig.Keys(text, "config", "live-omega:apps")
	require.NoError(t, err)
	for _, name := range names {
		its = nil
		for _, candidate := range deployed {
			if entry, ok := apps.Lookup(candidate); ok && entry.Community == name {
				its = append(its, candidate)
			}
		}
		if name != here.Community && len(its) > 0 {
			return name, its
		}
	}
	require.Fail(t, "no other community with an app", "communities of live: %v", names)
	return "", nil
}

func proveLeaving(t *testing.T, c *rig.Cloud) {
	text, err := os.ReadFile(c.Config("live"))
	require.NoError(t, err)
	community, its := guests(t, text)
	selector := communityLabel + "=" + community
	require.NotEmpty(t, c.Labelled(t, "live", selector), "objects of %s", community)
	answers := func() int {
		status, _, _ := get(t, "live", its[0]+"."+c.Domain(t), "/", nil)
		return status
	}
	require.Equal(t, http.StatusOK, answers(), its[0])

	c.Restore(t, "live")
	removed := []rig.Set{{Path: []string{"config", "live-omega:communities", community}}}
	for _, name := range its {
		removed = append(removed, rig.Set{Path: []string{"config", "live-omega:apps", name}})
	}
	sent := sendAt(t, c, "live", besides)
	c.Set(t, "live", removed...)
	c.Up(t, "live")
	var left []string
	assert.Eventually(t, func() bool {
		left = c.Labelled(t, "live", selector)
		return len(left) == 0
	}, time.Minute, time.Second, "nothing of %s is left", community)
	assert.Empty(t, left)
	assert.Equal(t, http.StatusNotFound, answers(), its[0])

	require.NoError(t, os.WriteFile(c.Config("live"), text, 0o644))
	until(t, c.Up(t, "live").Done.Add(soon))
	assert.Equal(t, http.StatusOK, answers(), its[0])
	report := sent.finish(t)
	assert.Zero(t, report.Failed, "lost requests of another community's app: %s", report)
}
