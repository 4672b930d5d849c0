//go:build integration

package engine

import (
	"slices"
	"testing"

	"live-omega/tests/gcp"
)

// clusterIsMadeAnew destroys a cluster and makes it again while the edge stands and serves from the other one.
// As long as the edge has the old cluster's group of endpoints, GKE cannot remove it, and the new cluster
// cannot have one of that name.
func clusterIsMadeAnew(t *testing.T, c *gkeCloud) {
	expect := func(edit func(map[string]any), want ...string) {
		t.Helper()
		c.editConfig(t, "gke-edge", edit)
		changed := names(c.steps(t, "gke-edge"))
		slices.Sort(changed)
		if !slices.Equal(changed, want) {
			t.Errorf("the edit of the edge did %v, want %v", changed, want)
		}
	}
	expect(set(map[string]any{"default": map[string]any{"live": 100, "omega": 0}}, "live-omega:traffic"), "update URLMap edge")
	expect(set("omega", "live-omega:loadBalancer", "without"), "update BackendService edge-omega")

	c.editConfig(t, "gke-omega", set(false, "live-omega:gcp", "protect"))
	c.up(t, "gke-omega")
	c.pulumi(t, "destroy", "--yes", "-s", "gke-omega")
	eventually(t, "GKE has removed the group of endpoints", func() bool {
		groups, err := c.project.All("NetworkEndpointGroup")
		return err == nil && !slices.ContainsFunc(groups, func(group gcp.Record) bool { return group.State["cluster"] == "omega" })
	})
	c.up(t, "gke-edge", "--expect-no-changes")

	c.editConfig(t, "gke-omega", set(true, "live-omega:gcp", "protect"))
	c.up(t, "gke-omega")
	expect(set(nil, "live-omega:loadBalancer", "without"), "update BackendService edge-omega")
}
