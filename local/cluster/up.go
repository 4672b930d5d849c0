package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"live-omega/local/cluster/addons"
	"live-omega/local/cluster/network"
	"live-omega/local/cluster/node"
	"live-omega/local/cluster/pki"
	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
	"live-omega/local/progress"
)

// Times after which a step of Up is given up. They are for slow machines with
// cold caches: on a quick one each takes seconds.
const (
	startLimit  = 90 * time.Second
	nodeLimit   = 60 * time.Second
	addonsLimit = 3 * time.Minute
)

// Up makes the cluster or starts it, whatever state it is in, and returns
// when the API server serves, the node is ready, and so are the addons. On a
// cluster that runs as it should it changes nothing and takes well under a
// second. Several clusters may be brought up at the same time.
//
// It fails, with the remedy, if the machine lacks a tool, if the network
// belongs to another clone, or if a step takes too long; then the error has
// the last lines of the log of what did not come up.
func Up(ctx context.Context, root layout.Root, c layout.Cluster, o Options, log *progress.Log) (err error) {
	p := first(root, c)
	task := log.Start("cluster " + c.Name)
	defer func() {
		if err != nil {
			err = fmt.Errorf("bringing up cluster %q: %w", c.Name, err)
			task.Fail(err)
		}
	}()
	r, exists, unlock, err := p.begin(ctx, o)
	if err != nil {
		return err
	}
	defer unlock()
	if !exists {
		r = record{Kubernetes: o.Kubernetes, Processes: allAt(o.Kubernetes)}
	}
	if err := p.bringUp(ctx, r, o, task); err != nil {
		return err
	}
	if mixed := r.mixed(); mixed != "" {
		task.Done("in the middle of a change of version (%s): finish it with: cloud local upgrade %s", mixed, c.Name)
		return nil
	}
	task.Done("%s at %s", r.Kubernetes, c.API())
	return nil
}

// bringUp starts the cluster as it is recorded and returns when it serves.
func (p paths) bringUp(ctx context.Context, r record, o Options, task *progress.Task) error {
	task.Update("network and certificates")
	nodes := r.nodes(p)
	specs := make([]supervisor.Spec, len(nodes))
	for i, n := range nodes {
		var err error
		if specs[i], err = n.prepare(r, o); err != nil {
			return err
		}
	}
	fresh := map[string]time.Time{}
	for i, n := range nodes {
		task.Update("processes of node %s", n.n.Name)
		since, err := n.ensureRunning(ctx, specs[i], o)
		if err != nil {
			return fmt.Errorf("node %q: %w", n.n.Name, err)
		}
		fresh[n.n.Name] = since
	}
	return p.becomeReady(ctx, o, fresh, task)
}

// prepare makes everything that must be there before a process of the node
// starts, and returns what to run.
func (p paths) prepare(r record, o Options) (supervisor.Spec, error) {
	tools, err := findTools()
	if err != nil {
		return supervisor.Spec{}, err
	}
	raiseLimits()
	if err := network.Ensure(p.root, p.c, p.n); err != nil {
		return supervisor.Spec{}, err
	}
	if err := p.ensureCertificates(); err != nil {
		return supervisor.Spec{}, err
	}
	revisions, err := p.ensureFiles(o, tools)
	if err != nil {
		return supervisor.Spec{}, err
	}
	if p.isFirst() {
		// etcd insists that nobody else may read its folder.
		if err := os.MkdirAll(p.dir("etcd"), 0o700); err != nil {
			return supervisor.Spec{}, fmt.Errorf("making etcd's folder: %w", err)
		}
	}
	spec := p.spec(r.versions(p), tools, revisions)
	spec.Processes = append(spec.Processes, p.networkPolicy(o))
	if err := missingExecutables(executables(spec)); err != nil {
		return spec, err
	}
	return spec, p.writeRecord(r)
}

func (p paths) ensureCertificates() error {
	now := time.Now()
	if p.isFirst() {
		if _, err := pki.Ensure(p.pki(), p.names(), now); err != nil {
			return err
		}
		return pki.EnsureKubeconfigs(p.pki(), p.root.Kubeconfig(p.c.Name), p.c.API(), p.names())
	}
	if _, err := pki.EnsureNode(p.pki(), first(p.root, p.c).pki(), p.names(), now); err != nil {
		return err
	}
	return pki.EnsureNodeKubeconfigs(p.pki(), p.c.API(), p.names())
}

// ensureRunning has a supervisor run the spec. If the node starts afresh, it
// returns since when: what the API server remembers of its pods from before is
// of the past. Otherwise the time is zero.
func (p paths) ensureRunning(ctx context.Context, spec supervisor.Spec, o Options) (since time.Time, err error) {
	generation, err := supervisor.WriteSpec(supervisor.SpecPath(p.run()), spec)
	if err != nil {
		return since, err
	}
	state, alive, err := supervisor.ReadState(p.run())
	if err != nil {
		return since, err
	}
	fresh := false
	switch {
	case alive && state.Generation == generation:
	case alive:
		if err := unix.Kill(state.PID, unix.SIGHUP); err != nil {
			return since, fmt.Errorf("telling the supervisor what to run: %w", err)
		}
	default:
		if fresh, err = p.startSupervisor(ctx, o); err != nil {
			return since, err
		}
	}
	if err := p.awaitProcesses(ctx, generation); err != nil || !fresh {
		return since, err
	}
	state, _, err = supervisor.ReadState(p.run())
	return state.Started, err
}

// startSupervisor starts one in the node. Containers that outlived the last
// one are taken over: the new one joins their namespaces.
func (p paths) startSupervisor(ctx context.Context, o Options) (fresh bool, err error) {
	alive, err := shims(p.group())
	if err != nil {
		return false, err
	}
	peer := 0
	if len(alive) > 0 {
		peer = alive[0]
	} else if err := p.clear(ctx); err != nil {
		return false, err
	}
	if err := os.MkdirAll(p.logs(), 0o755); err != nil {
		return false, fmt.Errorf("making the folder of logs: %w", err)
	}
	out, err := os.OpenFile(p.supervisorLog(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return false, fmt.Errorf("opening the supervisor's log: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(o.Executable, "local", "supervise", p.c.Name, p.n.Name)
	cmd.Dir, cmd.Stdout, cmd.Stderr = string(p.root), out, out
	// It holds little and lives long.
	cmd.Env = append(os.Environ(), "GOGC=25", "GOMEMLIMIT=32MiB")
	if err := p.namespaces().Start(cmd, peer); err != nil {
		return false, fmt.Errorf("starting the supervisor: %w", err)
	}
	// Its end is noticed by its lock; this only keeps it from staying a
	// zombie while the caller lives.
	go func() { _ = cmd.Wait() }()
	return peer == 0, nil
}

// clear tidies up after a cluster that did not end in order. What runs
// without a shim belongs to nobody: an etcd, say, that would keep the new one
// from its files. For each control group of a container that is gone, the
// kubelet would ask containerd in vain for three seconds. What the network
// knows is of pods that are gone.
func (p paths) clear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, killLimit)
	defer cancel()
	if err := p.group().Kill(ctx, 0); err != nil {
		return err
	}
	if err := p.group().Remove(); err != nil {
		return err
	}
	return network.Forget(p.n)
}

func (p paths) supervisorLog() string { return p.dir("logs", "supervisor.log") }

// awaitProcesses returns once all processes of that generation serve, but for
// the one that waits for the addons; see awaitNetworkPolicy.
func (p paths) awaitProcesses(ctx context.Context, generation string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	var last supervisor.State
	started := time.Now()
	err := until(ctx, func(context.Context) (bool, error) {
		state, alive, err := supervisor.ReadState(p.run())
		if err != nil {
			return false, err
		}
		// A new supervisor takes a moment to take its lock.
		if !alive && time.Since(started) > 10*time.Second {
			return false, fmt.Errorf("the supervisor ended; %s", tail(p.supervisorLog()))
		}
		last = state
		return alive && state.Generation == generation && readyBut(state, NetworkPolicy), nil
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("after %s: %s", startLimit, describe(last))
}

// describe says of each process that does not serve what it does instead.
func describe(s supervisor.State) string {
	var list []string
	for _, p := range s.Processes {
		if p.Phase == supervisor.Running {
			continue
		}
		text := fmt.Sprintf("%s is %s", p.Name, p.Phase)
		if p.Restarts > 0 {
			text += fmt.Sprintf(" after %d restarts (%s)", p.Restarts, p.LastExit)
		}
		// What waits for another has nothing to say itself.
		if p.Phase != supervisor.Waiting {
			text += "; " + tail(p.Log)
		}
		list = append(list, text)
	}
	if len(list) == 0 {
		return "the supervisor did not take up its new configuration"
	}
	return strings.Join(list, "\n")
}

// becomeReady waits for the nodes, and applies the addons and waits for them.
// fresh has each node, with the time since when it runs if it started afresh.
func (p paths) becomeReady(ctx context.Context, o Options, fresh map[string]time.Time, task *progress.Task) error {
	api, err := p.client()
	if err != nil {
		return err
	}
	values := addons.Values{
		DNSReplicas: len(fresh),
		CoreDNS:     o.Images.CoreDNS, LocalPathProvisioner: o.Images.LocalPathProvisioner,
		DNS: p.c.DNS(), Volumes: node.Volumes, KubeletClientUser: pki.KubeletClientUser, NetworkPolicyUser: pki.NetworkPolicyUser,
	}
	task.Update("addons")
	// An API server that is new to its data answers before its own roles and
	// namespaces are there.
	applying, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := api.applyAddons(applying, values); err != nil {
		return err
	}
	for _, n := range p.c.Nodes() {
		since, runs := fresh[n.Name]
		if !runs {
			continue
		}
		task.Update("node %s", n.Name)
		if err := (paths{p.root, p.c, n}).awaitNetworkPolicy(ctx); err != nil {
			return fmt.Errorf("node %q: %w", n.Name, err)
		}
		if err := api.awaitNode(ctx, n.Name, since); err != nil {
			return fmt.Errorf("%w; %s", err, tail(p.root.NodeDir(p.c, n, "logs", Kubelet+".log")))
		}
		if err := api.ensurePool(ctx, n); err != nil {
			return err
		}
	}
	task.Update("cluster DNS and storage")
	return api.awaitAddons(ctx, fresh)
}
