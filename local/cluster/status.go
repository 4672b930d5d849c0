package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "k8s.io/api/core/v1"

	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
)

// statusLimit is how long Status waits for an API server's answer.
const statusLimit = 3 * time.Second

// State is the cluster as a whole.
type State string

const (
	// Absent: there is no such cluster; Up makes it.
	Absent State = "absent"
	// Stopped: it has state and no process; Up starts it.
	Stopped State = "stopped"
	// Degraded: something that should serve does not.
	Degraded State = "degraded"
	// Running: every process, the API server and the node serve.
	Running State = "running"
)

// ClusterStatus is how a cluster goes.
type ClusterStatus struct {
	Cluster string
	State   State
	// Kubernetes is the version the cluster is meant to have; the node may
	// still have another in the middle of an upgrade.
	Kubernetes string
	// API is empty if the API server is ready, or says what is wrong.
	API string
	// Nodes are those that the cluster is meant to have, the first one first.
	Nodes []NodeStatus
	// Memory is what all processes and pods of all nodes hold, in bytes.
	Memory uint64
}

// NodeStatus is how a node goes: its processes, and the node as the API server
// knows it.
type NodeStatus struct {
	Name, Pool string
	// Supervisor is 0 if it does not run; then nothing is restarted.
	Supervisor int
	Processes  []supervisor.ProcessState
	Ready      bool
	// Cordoned is true if it takes no new pods, as after Drain.
	Cordoned bool
	// Version is the kubelet's.
	Version string
	// Message says why it is not ready.
	Message string
}

// Status says how the cluster goes. Only what keeps it from looking is an
// error; what it finds wrong is in the result.
func Status(ctx context.Context, root layout.Root, c layout.Cluster) (ClusterStatus, error) {
	p := first(root, c)
	s := ClusterStatus{Cluster: c.Name, State: Absent}
	r, exists, err := p.readRecord()
	if err != nil || !exists {
		return s, err
	}
	s.Kubernetes = r.Kubernetes
	serving, processes := true, 0
	for _, n := range r.nodes(p) {
		status, pids, ready, err := n.look()
		if err != nil {
			return s, fmt.Errorf("looking at node %q: %w", n.n.Name, err)
		}
		memory, err := n.group().Memory()
		if err != nil {
			return s, fmt.Errorf("looking at node %q: %w", n.n.Name, err)
		}
		s.Nodes = append(s.Nodes, status)
		s.Memory += memory
		processes += pids
		serving = serving && ready
	}
	if processes == 0 {
		s.State = Stopped
		return s, nil
	}
	p.ask(ctx, &s)
	for _, n := range s.Nodes {
		serving = serving && n.Ready
	}
	s.State = Degraded
	if serving && s.API == "" {
		s.State = Running
	}
	return s, nil
}

// look says of the node what can be seen without asking the API server: how its
// processes go, how many there are with those of its pods, and whether all that
// should serve does.
func (p paths) look() (s NodeStatus, processes int, serving bool, err error) {
	s = NodeStatus{Name: p.n.Name, Pool: p.n.Pool}
	state, alive, err := supervisor.ReadState(p.run())
	if err != nil {
		return s, 0, false, err
	}
	s.Processes = state.Processes
	pids, err := p.group().Processes()
	if err != nil {
		return s, 0, false, err
	}
	if alive {
		s.Supervisor = state.PID
	} else {
		// Its last words are not true any more: it did not live to say how
		// its processes ended.
		for i := range s.Processes {
			s.Processes[i].Phase, s.Processes[i].PID = supervisor.Stopped, 0
		}
	}
	return s, len(pids), alive && state.Ready(), nil
}

// ask fills in what the API server says.
func (p paths) ask(ctx context.Context, s *ClusterStatus) {
	ctx, cancel := context.WithTimeout(ctx, statusLimit)
	defer cancel()
	api, err := p.client()
	if err != nil {
		s.API = err.Error()
		return
	}
	if _, err := api.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
		s.API = err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			s.API = fmt.Sprintf("no answer within %s", statusLimit)
		}
		return
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		node, err := api.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
		if err != nil {
			n.Message = err.Error()
			continue
		}
		ready := condition(node)
		n.Ready = ready.Status == corev1.ConditionTrue
		n.Cordoned = node.Spec.Unschedulable
		n.Version = node.Status.NodeInfo.KubeletVersion
		n.Message = ready.Message
	}
}
