package cluster

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
	"live-omega/local/netpol"
)

func TestEveryNodeEnforcesThePoliciesOfItsOwnPods(t *testing.T) {
	for _, c := range layout.Clusters() {
		for _, n := range c.Nodes() {
			p := paths{"/clone", c, n}
			process := p.networkPolicy(testOptions)
			require.Equal(t, []string{"local", "network-policy"}, process.Args[:2])
			var config netpol.Config
			flags := flag.NewFlagSet("", flag.ContinueOnError)
			config.Flags(flags)
			require.NoError(t, flags.Parse(process.Args[2:]))
			assert.Equal(t, n.PodCIDR, config.Pods, n.Name)
			assert.Equal(t, c.Pods, config.Cluster, n.Name)
			assert.Equal(t, p.pki("network-policy.kubeconfig"), config.Kubeconfig, n.Name)
			assert.Equal(t, "http://"+config.Health+"/healthz", process.Ready.HTTP)
			assert.Equal(t, "/var/lib/cni/results", config.Results)
			assert.Empty(t, process.After, "it closes the node before there is anything to wait for")
		}
	}
}

func TestTheEngineRestartsWhenTheCommandIsBuiltAnew(t *testing.T) {
	o := testOptions
	o.Executable = filepath.Join(t.TempDir(), "cloud")
	require.NoError(t, os.WriteFile(o.Executable, []byte("one"), 0o755))
	p := pathsOf(t, "/clone", "live")
	before := p.networkPolicy(o)
	assert.Equal(t, before, p.networkPolicy(o))
	require.NoError(t, os.WriteFile(o.Executable, []byte("another"), 0o755))
	assert.NotEqual(t, before.Revision, p.networkPolicy(o).Revision)
}

func TestAClusterStartsBeforeItsEngineMayRead(t *testing.T) {
	s := supervisor.State{Processes: []supervisor.ProcessState{
		{Name: Kubelet, Phase: supervisor.Running}, {Name: NetworkPolicy, Phase: supervisor.Starting},
	}}
	assert.True(t, readyBut(s, NetworkPolicy))
	assert.False(t, s.Ready())
	s.Processes[0].Phase = supervisor.Starting
	assert.False(t, readyBut(s, NetworkPolicy))
	assert.False(t, readyBut(supervisor.State{}, NetworkPolicy))
}
