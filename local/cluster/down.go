package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"live-omega/local/cluster/network"
	"live-omega/local/cluster/node"
	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
	"live-omega/local/progress"
)

// stopLimit is how long an ordered stop may take: pods get ten seconds, and so
// does each of the stages after them.
const stopLimit = time.Minute

// killLimit is how long the kernel may take to end what was killed.
const killLimit = 20 * time.Second

// Down stops the cluster in order and keeps its state: objects, images and
// volumes are there again after Up. Containers get SIGTERM and ten seconds.
// The network stays. A cluster that does not run is left alone.
func Down(ctx context.Context, root layout.Root, c layout.Cluster, log *progress.Log) (err error) {
	p := first(root, c)
	if _, err := os.Stat(p.run()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	task := log.Start("stopping cluster " + c.Name)
	defer func() { task.End(err) }()
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// Side by side: in both, pods may take their time to end.
	if err := p.both(func(n paths) error { return n.stop(ctx) }); err != nil {
		return fmt.Errorf("stopping cluster %q: %w", c.Name, err)
	}
	return nil
}

// both does something with each node at the same time, with the second also if
// the cluster is not meant to have one: what was interrupted may have left it.
func (p paths) both(do func(paths) error) error {
	var errs [2]error
	var group sync.WaitGroup
	for i, n := range []paths{p, p.second()} {
		group.Go(func() {
			if _, err := os.Stat(n.run()); errors.Is(err, os.ErrNotExist) {
				return
			}
			errs[i] = do(n)
		})
	}
	group.Wait()
	return errors.Join(errs[:]...)
}

// stop ends the node's supervisor, which stops all in order, and then whatever
// is left. It leaves no process of the node.
func (p paths) stop(ctx context.Context) error {
	state, alive, err := supervisor.ReadState(p.run())
	if err != nil {
		return err
	}
	if alive {
		if err := unix.Kill(state.PID, unix.SIGTERM); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("telling the supervisor to stop: %w", err)
		}
		stopping, cancel := context.WithTimeout(ctx, stopLimit)
		defer cancel()
		err := until(stopping, func(context.Context) (bool, error) {
			_, alive, err := supervisor.ReadState(p.run())
			return !alive, err
		})
		// What takes too long in order is ended out of order below.
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	} else {
		// Containers may have outlived their supervisor.
		stopPods(p.group())
	}
	return p.end(ctx)
}

// end kills every process of the node and removes its control group.
func (p paths) end(ctx context.Context) error {
	if err := p.kill(ctx); err != nil {
		return err
	}
	return p.group().Remove()
}

// kill ends every process of the node at once.
func (p paths) kill(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, killLimit)
	defer cancel()
	state, alive, err := supervisor.ReadState(p.run())
	if err != nil {
		return err
	}
	// The number of a supervisor that is gone may be another process's now.
	if !alive {
		state.PID = 0
	}
	return p.group().Kill(ctx, state.PID)
}

// Destroy stops the cluster and removes every trace of it: processes,
// namespaces, mounts, link, control groups and its folder. The last cluster
// takes the bridge along; see network.RemoveBridge. It works on a cluster in
// any state, and on none.
func Destroy(ctx context.Context, root layout.Root, c layout.Cluster, log *progress.Log) (err error) {
	p := first(root, c)
	task := log.Start("removing cluster " + c.Name)
	defer func() {
		if err != nil {
			err = fmt.Errorf("removing cluster %q: %w", c.Name, err)
		}
		task.End(err)
	}()
	unlock, err := p.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	// Nothing will miss its pods: there is no need to end them gently.
	if err := p.both(func(n paths) error { return n.end(ctx) }); err != nil {
		return err
	}
	for _, n := range c.Nodes() {
		if err := network.Remove(root, n); err != nil {
			return err
		}
	}
	gone, err := network.RemoveBridge(root)
	if err != nil {
		return err
	}
	if gone {
		if err := node.RemoveMountPoints(); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(p.dir()); err != nil {
		return fmt.Errorf("removing its folder: %w", err)
	}
	return nil
}

// Kill ends every process of the cluster at once with SIGKILL, pods and their
// shims included, and tidies nothing: what a power cut would leave.
func Kill(ctx context.Context, root layout.Root, c layout.Cluster, log *progress.Log) (err error) {
	p := first(root, c)
	task := log.Start("killing cluster " + c.Name)
	defer func() { task.End(err) }()
	if err := p.both(func(n paths) error { return n.kill(ctx) }); err != nil {
		return fmt.Errorf("killing cluster %q: %w", c.Name, err)
	}
	return nil
}
