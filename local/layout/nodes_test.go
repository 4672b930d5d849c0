package layout

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNodesOfAllClustersShareNothing(t *testing.T) {
	seen := map[string]string{}
	var ranges []netip.Prefix
	for _, c := range Clusters() {
		for _, n := range c.Nodes() {
			for _, fact := range []string{n.Name, n.Netns, n.Address.String(), n.PodCIDR.String(), Root("/clone").NodeDir(c, n)} {
				assert.Empty(t, seen[fact], "%s of %s", fact, n.Name)
				seen[fact] = n.Name
			}
			assert.LessOrEqual(t, len(n.Netns), 15, "a link's name has at most 15 bytes")
			assert.True(t, BridgePrefix.Contains(n.Address), n.Name)
			assert.True(t, c.Pods.Contains(n.PodCIDR.Addr()) && n.PodCIDR.Bits() > c.Pods.Bits(), "%s lies in %s", n.PodCIDR, c.Pods)
			assert.Equal(t, n.PodCIDR.Masked(), n.PodCIDR, "it begins where a range of that length may")
			for _, other := range ranges {
				assert.False(t, n.PodCIDR.Overlaps(other), "%s and %s", n.PodCIDR, other)
			}
			ranges = append(ranges, n.PodCIDR)
		}
	}
}

func TestTheFirstNodeIsWhatTheClusterSays(t *testing.T) {
	live, err := ClusterNamed("live")
	require.NoError(t, err)
	assert.Equal(t, Node{
		Name: "live", Netns: "cloud-live", Address: netip.MustParseAddr("10.98.0.11"),
		PodCIDR: netip.MustParsePrefix("10.111.0.0/17"), Pool: "a",
	}, live.First())
	assert.Equal(t, Node{
		Name: "live-b", Netns: "cloud-live-b", Address: netip.MustParseAddr("10.98.0.21"),
		PodCIDR: netip.MustParsePrefix("10.111.128.0/17"), Pool: "b",
	}, live.Second())
	assert.Equal(t, "/clone/.local/live/logs", Root("/clone").NodeDir(live, live.First(), "logs"))
	assert.Equal(t, "/clone/.local/live/nodes/live-b/logs", Root("/clone").NodeDir(live, live.Second(), "logs"))
}

func TestAnUnknownNodeIsAnsweredWithTheNames(t *testing.T) {
	live, err := ClusterNamed("live")
	require.NoError(t, err)
	n, err := live.NodeNamed("live-b")
	require.NoError(t, err)
	assert.Equal(t, live.Second(), n)
	_, err = live.NodeNamed("b")
	assert.EqualError(t, err, `cluster live has no node "b": want one of ["live" "live-b"]`)
}
