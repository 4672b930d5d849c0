// Package cluster runs the local clusters: real Kubernetes, control plane and
// one or two nodes each, every node in namespaces of its own on one machine.
//
// A node is a supervisor with containerd, kubelet and kube-proxy below it, on
// the first node also etcd and the control plane, all inside the node's network
// and mount namespaces and in one control group. Nothing but a daemon process
// per node is needed: no systemd, no containers around it.
//
//	Up       makes or starts it, and returns when it serves
//	Down     stops it and keeps its state
//	Destroy  removes every trace of it
//	Status   says how it goes
//	Upgrade  moves it to another Kubernetes version in place
//	AddNode, RemoveNode, Drain, Uncordon  are about its nodes
//	Kill     ends it as a power cut would, for tests
//
// If a process ends, the supervisor restarts it. If the supervisor is killed,
// its children die with it and containers live on, as they do on a node whose
// kubelet is gone; the next Up takes them over. After a kill of everything, or
// a reboot, Up finds the state on disk and starts from there.
package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
)

// Options is what a cluster is made of.
type Options struct {
	// Kubernetes is the version of a new cluster, "v1.34.2". One that exists
	// keeps its own, which only Upgrade changes; see Version.
	Kubernetes string
	Images     Images
	// Executable is the cloud command, which is started as
	// `<executable> local supervise <cluster> <node>` and must call Supervise
	// then.
	Executable string
}

// Images are those that a cluster itself needs, as references with registry
// and digest: "10.98.0.1:5000/coredns@sha256:…".
type Images struct {
	Pause, CoreDNS, LocalPathProvisioner string
}

func (o Options) validate() error {
	var problems []error
	if _, err := parseVersion(o.Kubernetes); err != nil {
		problems = append(problems, err)
	}
	if o.Images.Pause == "" || o.Images.CoreDNS == "" || o.Images.LocalPathProvisioner == "" {
		problems = append(problems, fmt.Errorf("images %+v: want a reference for each", o.Images))
	}
	if o.Executable == "" {
		problems = append(problems, errors.New("no executable to start the supervisor with"))
	}
	return errors.Join(problems...)
}

// record is cluster.json: what is decided about a cluster once.
type record struct {
	// Kubernetes is the cluster's version.
	Kubernetes string `json:"kubernetes"`
	// Processes is the version of each process. They differ from the
	// cluster's while an upgrade is under way, or was interrupted.
	Processes versions `json:"processes"`
	// Second is the same for the second node's processes, and empty if the
	// cluster has no second node.
	Second versions `json:"second,omitempty"`
}

// versions are those of the processes of one node.
func (r record) versions(p paths) versions {
	if p.isFirst() {
		return r.Processes
	}
	return r.Second
}

// nodes are the paths of the nodes that the cluster has.
func (r record) nodes(p paths) []paths {
	if len(r.Second) == 0 {
		return []paths{p}
	}
	return []paths{p, p.second()}
}

func (p paths) recordPath() string { return p.root.ClusterDir(p.c.Name, "cluster.json") }

func (p paths) readRecord() (record, bool, error) {
	var r record
	content, err := os.ReadFile(p.recordPath())
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &r)
	}
	if err != nil {
		return r, false, fmt.Errorf("reading %s: %w", p.recordPath(), err)
	}
	return r, true, nil
}

// begin is how every change of a cluster begins: with good options, alone, and
// knowing what the cluster is. exists is false for one that is not there yet.
func (p paths) begin(ctx context.Context, o Options) (r record, exists bool, unlock func(), err error) {
	if err := o.validate(); err != nil {
		return r, false, nil, err
	}
	if unlock, err = p.lock(ctx); err != nil {
		return r, false, nil, err
	}
	if r, exists, err = p.readRecord(); err != nil {
		unlock()
		return r, false, nil, err
	}
	return r, exists, unlock, nil
}

func (p paths) writeRecord(r record) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return layout.WriteFile(p.recordPath(), append(content, '\n'), 0o644)
}

// Version returns the Kubernetes version of a cluster that exists, running or
// not; false if there is none. Its binaries must be there before Up.
func Version(root layout.Root, c layout.Cluster) (string, bool, error) {
	r, ok, err := first(root, c).readRecord()
	return r.Kubernetes, ok, err
}

// lock keeps two commands from working on one cluster at a time. It waits for
// the other one until ctx ends.
func (p paths) lock(ctx context.Context) (func(), error) {
	if err := os.MkdirAll(p.run(), 0o755); err != nil {
		return nil, fmt.Errorf("locking cluster %q: %w", p.c.Name, err)
	}
	f, err := os.OpenFile(p.run("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking cluster %q: %w", p.c.Name, err)
	}
	err = until(ctx, func(context.Context) (bool, error) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("waiting for another command that works on cluster %q: %w", p.c.Name, err)
	}
	return func() { f.Close() }, nil
}

// Supervise is the body of `cloud local supervise`: it runs the processes of
// a node that Up has prepared, until it gets SIGTERM.
func Supervise(ctx context.Context, root layout.Root, c layout.Cluster, n layout.Node) error {
	p := paths{root, c, n}
	if err := p.group().Join(); err != nil {
		return err
	}
	return supervisor.Run(ctx, supervisor.Config{
		Dir:  p.run(),
		Logs: p.logs(),
		AfterStage: func(stage int) {
			if stage == stageManagers {
				stopPods(p.group())
			}
		},
	})
}
