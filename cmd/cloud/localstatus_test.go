package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/local/cluster"
	"live-omega/local/cluster/supervisor"
	"live-omega/local/registry"
)

// words are the lines of the status with single spaces, without empty ones.
func words(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 0 {
			lines = append(lines, strings.Join(fields, " "))
		}
	}
	return lines
}

func TestLocalStatusShowsTheProcessesOfBothNodes(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	kubelet := func(log string) []supervisor.ProcessState {
		return []supervisor.ProcessState{{Name: "kubelet", Phase: supervisor.Running, PID: 7, Since: now.Add(-time.Minute), Log: log}}
	}
	one := cluster.ClusterStatus{Cluster: "live", State: cluster.Running, Kubernetes: "v1.34.2", Memory: 1 << 30, Nodes: []cluster.NodeStatus{
		{Name: "live", Pool: "a", Ready: true, Cordoned: true, Processes: kubelet("one.log")},
		{Name: "live-b", Pool: "b", Ready: true, Processes: kubelet("two.log")},
	}}
	var out bytes.Buffer
	require.NoError(t, printLocal(&out, registry.State{Healthy: true, Address: "10.98.0.1:5000", Pid: 3}, []cluster.ClusterStatus{one}, now))
	assert.Equal(t, []string{
		"registry running 10.98.0.1:5000 pid 3",
		"live running Kubernetes v1.34.2 1.00 GiB",
		"node live ready, takes no pods pool a",
		"kubelet running 1m0s pid 7, restarts 0 one.log",
		"node live-b ready pool b",
		"kubelet running 1m0s pid 7, restarts 0 two.log",
	}, words(out.String()))
}

func TestLocalStatusSaysWhichNodeIsNotReady(t *testing.T) {
	one := cluster.ClusterStatus{Cluster: "live", State: cluster.Degraded, Nodes: []cluster.NodeStatus{
		{Name: "live", Ready: true, Message: "kubelet is posting ready status"},
		{Name: "live-b", Message: "container runtime is down"},
	}}
	var out bytes.Buffer
	err := printLocal(&out, registry.State{Healthy: true}, []cluster.ClusterStatus{one}, time.Now())
	assert.ErrorContains(t, err, "live is degraded")
	assert.Contains(t, words(out.String()), "! node live-b: container runtime is down")
	assert.NotContains(t, out.String(), "posting ready")
}
