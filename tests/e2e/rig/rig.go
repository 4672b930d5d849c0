// Package rig is what tests need to work on the running local cloud the way its
// users do: edit the config files, run plain pulumi, look into the clusters,
// and break things.
package rig

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"live-omega/local/layout"
)

// Cloud is the local cloud of the clone that the test runs in.
type Cloud struct {
	Root layout.Root
}

// Open finds the running cloud. A cloud that is not up fails the test.
func Open(t testing.TB) *Cloud {
	t.Helper()
	root, err := layout.Find(".")
	require.NoError(t, err)
	c := &Cloud{Root: root}
	for _, cluster := range layout.Clusters() {
		address := Gateway(cluster.Name)
		conn, err := net.DialTimeout("tcp", address, 3*time.Second)
		require.NoError(t, err, "the gateway of %s does not answer: run `make up` first", cluster.Name)
		conn.Close()
	}
	return c
}

// Gateway is host:port of a cluster's gateway.
func Gateway(cluster string) string {
	known, err := layout.ClusterNamed(cluster)
	if err != nil {
		panic(err)
	}
	return net.JoinHostPort(known.Address.String(), "80")
}

// Config is the path of a stack's config file.
func (c *Cloud) Config(stack string) string { return c.Root.Path("Pulumi." + stack + ".yaml") }

// Edit changes a stack's config file in place. The file is as before when the
// test ends, and so is what is deployed from it.
func (c *Cloud) Edit(t testing.TB, stack string, edits ...Edit) {
	t.Helper()
	path := c.Config(stack)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	after, err := Apply(before, edits...)
	require.NoError(t, err, path)
	require.NoError(t, os.WriteFile(path, after, 0o644))
}

// Set writes whole values into a stack's config file; see Edit for what
// becomes of it.
func (c *Cloud) Set(t testing.TB, stack string, sets ...Set) {
	t.Helper()
	path := c.Config(stack)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	after, err := Rewrite(before, sets...)
	require.NoError(t, err, path)
	require.NoError(t, os.WriteFile(path, after, 0o644))
}

// Read is the scalar at a path of a stack's config file.
func (c *Cloud) Read(t testing.TB, stack string, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(c.Config(stack))
	require.NoError(t, err)
	value, err := Lookup(text, path...)
	require.NoError(t, err, c.Config(stack))
	return value
}

// Restore brings a stack's config file, and what is deployed from it, back at
// the end of the test to what they are now, also when the test fails.
func (c *Cloud) Restore(t testing.TB, stack string) {
	t.Helper()
	path := c.Config(stack)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	t.Cleanup(func() {
		now, err := os.ReadFile(path)
		if err == nil && string(now) == string(before) {
			return
		}
		require.NoError(t, errors.Join(err, os.WriteFile(path, before, 0o644)), "restore %s with git", path)
		c.Up(t, stack)
	})
}

// Run runs the `cloud` command of the clone and returns how long it took.
func (c *Cloud) Run(t testing.TB, args ...string) time.Duration {
	t.Helper()
	cmd := exec.Command(c.Root.Bin("cloud"), args...)
	cmd.Dir = string(c.Root)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "cloud %v:\n%s", args, out)
	return time.Since(began)
}

// Domain is the domain of the apps, as the stack of the edge has it.
func (c *Cloud) Domain(t testing.TB) string {
	t.Helper()
	return c.Read(t, "edge", "config", "live-omega:domain")
}
