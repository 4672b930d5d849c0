package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"live-omega/local/cluster/node"
	"live-omega/local/cluster/pki"
	"live-omega/local/cluster/supervisor"
	"live-omega/local/netpol"
)

// NetworkPolicy is the process of every node that enforces NetworkPolicies.
const NetworkPolicy = "network-policy"

// podBridge is the link that a node's pods hang on.
const podBridge = "cni0"

const networkPolicyHealth = "127.0.0.1:10300"

// networkPolicy is the process. It waits for no other: at its start it closes
// a new node for pods, which open as it learns of them and of the policies.
func (p paths) networkPolicy(o Options) supervisor.Process {
	config := netpol.Config{
		Kubeconfig: pki.ComponentKubeconfig(p.pki(), pki.NetworkPolicy),
		Node:       p.n.Name, Pods: p.n.PodCIDR, Cluster: p.c.Pods, Bridge: podBridge,
		Results: node.CNI + "/results", Health: networkPolicyHealth,
	}
	return supervisor.Process{
		Name: NetworkPolicy, Path: o.Executable, Args: append([]string{"local", "network-policy"}, config.Args()...),
		Env: append([]string{"GOMEMLIMIT=64MiB"}, environment...), Revision: buildOf(o.Executable),
		Ready:     supervisor.Probe{HTTP: "http://" + networkPolicyHealth + "/healthz"},
		StopStage: stageServers, StopSeconds: 5,
	}
}

// buildOf changes when the executable is built anew.
func buildOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d %s", info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
}

// readyBut tells whether every process but that one serves.
func readyBut(s supervisor.State, name string) bool {
	for _, process := range s.Processes {
		if process.Phase != supervisor.Running && process.Name != name {
			return false
		}
	}
	return len(s.Processes) > 0
}

// awaitNetworkPolicy returns once the node's policies are enforced. In a new
// cluster that takes rights which the addons give.
func (p paths) awaitNetworkPolicy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var last supervisor.State
	err := until(ctx, func(context.Context) (_ bool, err error) {
		last, _, err = supervisor.ReadState(p.run())
		return last.Ready(), err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("after %s: %s", startLimit, describe(last))
}
