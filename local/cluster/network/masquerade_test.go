package network

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/local/layout"
)

func TestPodsOfOneClusterSeeEachOthersAddresses(t *testing.T) {
	live, err := layout.ClusterNamed("live")
	require.NoError(t, err)
	for node, want := range map[string]string{
		"live":   "ip saddr 10.111.0.0/17 ip daddr != { 10.111.0.0/16, 224.0.0.0/4 } masquerade",
		"live-b": "ip saddr 10.111.128.0/17 ip daddr != { 10.111.0.0/16, 224.0.0.0/4 } masquerade",
	} {
		n, err := live.NodeNamed(node)
		require.NoError(t, err)
		assert.Contains(t, masqueradeRules(live, n), want)
	}
}
