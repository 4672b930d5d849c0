//go:build integration

package network

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netns"

	"live-omega/local/layout"
)

func TestANodeThatStartsAfreshHasNoRulesOfBefore(t *testing.T) {
	require.Zero(t, os.Geteuid(), "network namespaces need root")
	n := layout.Node{Name: "test", Netns: fmt.Sprintf("cloud-test-%d", os.Getpid())}
	ns, err := ensureNamespace(n.Netns)
	require.NoError(t, err)
	defer ns.Close()
	t.Cleanup(func() { assert.NoError(t, removeNamespace(n.Netns)) })
	require.NoError(t, Forget(n), "a new node has nothing to forget")
	inside := func(args ...string) (out []byte, err error) {
		entering := OnThread(func() error {
			if err := netns.Set(ns); err != nil {
				return err
			}
			out, err = exec.Command("nft", args...).CombinedOutput()
			return nil
		})
		require.NoError(t, entering)
		return out, err
	}
	for _, table := range []string{"ip kube-proxy", "ip6 kube-proxy", "ip network-policy"} {
		out, err := inside("add table " + table)
		require.NoError(t, err, string(out))
	}
	require.NoError(t, Forget(n))
	out, err := inside("list tables")
	require.NoError(t, err)
	assert.Equal(t, "table ip network-policy\n", string(out))
}
