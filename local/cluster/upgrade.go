package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"live-omega/local/layout"
	"live-omega/local/progress"
)

// upgradeLimit is how long one stage of an upgrade may take until what it
// changed reports the new version.
const upgradeLimit = 2 * time.Minute

// stages are the processes that move together, in the order of an upgrade:
// none may ever be newer than the API server, which may be one minor version
// ahead of its controllers and three of the kubelet. A downgrade goes the
// other way.
func stages(downgrade bool) [][]string {
	order := [][]string{{APIServer}, {ControllerManager, Scheduler}, {Kubelet, Proxy}}
	if downgrade {
		slices.Reverse(order)
	}
	return order
}

// Upgrade moves the cluster to another Kubernetes version in place: the API
// server, then its controllers, then kubelet and kube-proxy, node after node. Running pods stay;
// the API is away for the seconds that its server takes to start. The
// binaries of both versions must be there. A cluster that does not run is
// started first.
//
// It refuses to move by more than one minor version. To go back by one is
// possible and warned about: Kubernetes does not support it, and what only the
// newer version can read would be lost. If it fails, the error says what runs
// which version; calling it again goes on from there.
func Upgrade(ctx context.Context, root layout.Root, c layout.Cluster, to string, o Options, log *progress.Log) (err error) {
	p := first(root, c)
	task := log.Start(fmt.Sprintf("cluster %s to %s", c.Name, to))
	var r record
	defer func() {
		if err != nil {
			err = fmt.Errorf("moving cluster %q to %s: %w", c.Name, to, err)
			if mixed := r.mixed(); mixed != "" {
				err = fmt.Errorf("%w\nit is in between now: %s; run the same command again to go on, or with %s to go back", err, mixed, r.Kubernetes)
			}
			task.Fail(err)
		}
	}()
	r, exists, unlock, err := p.begin(ctx, o)
	if err != nil {
		return err
	}
	defer unlock()
	if !exists {
		return errNoCluster(c)
	}
	move, err := checkStep(r.Processes[APIServer], to)
	if err != nil {
		return err
	}
	if move.downgrade {
		log.Printf("warning: Kubernetes does not support going back from %s to %s; what only %s can read would be lost",
			r.Processes[APIServer], to, r.Processes[APIServer])
	}
	task.Update("start")
	if err := p.bringUp(ctx, r, o, task); err != nil {
		return err
	}
	for _, stage := range stages(move.downgrade) {
		task.Update("%v", stage)
		for _, n := range r.nodes(p) {
			if err := n.moveStage(ctx, &r, stage, to, o); err != nil {
				return fmt.Errorf("moving %v of node %s: %w", stage, n.n.Name, err)
			}
		}
	}
	r.Kubernetes = to
	if err := p.writeRecord(r); err != nil {
		return err
	}
	task.Update("addons")
	running := map[string]time.Time{}
	for _, n := range r.nodes(p) {
		running[n.n.Name] = time.Time{}
	}
	if err := p.becomeReady(ctx, o, running, task); err != nil {
		return err
	}
	task.Done("all at %s", to)
	return nil
}

// moveStage moves those of the processes that the node has, and returns when
// they report the version.
func (p paths) moveStage(ctx context.Context, r *record, names []string, to string, o Options) error {
	versions := r.versions(p)
	before := maps.Clone(versions)
	for _, name := range names {
		if _, has := versions[name]; has {
			versions[name] = to
		}
	}
	if maps.Equal(versions, before) {
		return nil
	}
	spec, err := p.prepare(*r, o)
	if err != nil {
		// Nothing has been told to change.
		maps.Copy(versions, before)
		return errors.Join(err, p.writeRecord(*r))
	}
	started := time.Now()
	if _, err := p.ensureRunning(ctx, spec, o); err != nil {
		return err
	}
	api, err := p.client()
	if err != nil {
		return err
	}
	return api.awaitVersions(ctx, p.n.Name, names, to, started)
}

// awaitVersions returns once what of the named processes reports a version to
// the API reports that one.
func (a *api) awaitVersions(ctx context.Context, node string, names []string, want string, since time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, upgradeLimit)
	defer cancel()
	if slices.Contains(names, APIServer) {
		found := "nothing"
		err := until(ctx, func(context.Context) (bool, error) {
			if v, err := a.Discovery().ServerVersion(); err == nil {
				found = v.GitVersion
			}
			return found == want, nil
		})
		if err != nil {
			return fmt.Errorf("the API server reports %s, want %s: %w", found, want, err)
		}
	}
	if !slices.Contains(names, Kubelet) {
		return nil
	}
	found := "nothing"
	err := until(ctx, func(ctx context.Context) (bool, error) {
		if n, err := a.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{}); err == nil {
			found = n.Status.NodeInfo.KubeletVersion
		}
		return found == want, nil
	})
	if err != nil {
		return fmt.Errorf("the node reports %s, want %s: %w", found, want, err)
	}
	return a.awaitNode(ctx, node, since)
}

// mixed says which process has which version, if they differ.
func (r record) mixed() string {
	var found, parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Processes)) {
		found = append(found, r.Processes[name])
		parts = append(parts, name+" "+r.Processes[name])
	}
	for _, name := range slices.Sorted(maps.Keys(r.Second)) {
		found = append(found, r.Second[name])
		parts = append(parts, name+" of the second node "+r.Second[name])
	}
	slices.Sort(found)
	if len(slices.Compact(found)) < 2 {
		return ""
	}
	return strings.Join(parts, ", ")
}
