package netpol

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"reflect"
	"sync/atomic"
	"time"
)

const (
	// pause is the shortest time between two changes of the kernel's rules:
	// the first change of many is applied at once, the others together.
	pause = 50 * time.Millisecond
	// retry is how long to wait after rules could not be applied.
	retry = time.Second
	// review is how often everything is compared to what the kernel has, so
	// that what somebody else has changed is put right.
	review = 5 * time.Minute
)

// Run enforces the policies on one node until ctx ends. The rules stay then:
// what they know goes on, and new pods stay closed. It must run in the node's
// network namespace. Only what keeps it from starting is an error; an API
// server that does not answer is waited for.
func Run(ctx context.Context, c Config, log *slog.Logger) error {
	if err := c.validate(); err != nil {
		return fmt.Errorf("starting the network policy engine: %w", err)
	}
	applier, err := NewApplier(c.Bridge, c.Pods, c.Cluster)
	if err != nil {
		return err
	}
	e := &engine{config: c, applier: applier, log: log.With("node", c.Node), changed: make(chan struct{}, 1)}
	if err := e.close(ctx); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Health)
	if err != nil {
		return fmt.Errorf("serving health at %s: %w", c.Health, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", e.health)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	defer server.Close()
	go func() { _ = server.Serve(listener) }() // it ends with Close
	e.objects, err = newObjects(c.Kubeconfig, c.Node, e.touch)
	if err != nil {
		return err
	}
	if err := watchAttachments(ctx, c.Results, e.touch); err != nil {
		return err
	}
	if !e.awaitRights(ctx) {
		return nil
	}
	e.objects.factory.Start(ctx.Done())
	e.objects.factory.WaitForCacheSync(ctx.Done())
	e.follow(ctx)
	return nil
}

// awaitRights returns once the API server answers and lets us read, or false
// if ctx ends first. A new cluster grants that a moment after its API server is
// ready, and the informers would wait for ever longer times.
func (e *engine) awaitRights(ctx context.Context) bool {
	last := ""
	for {
		err := e.objects.readable(ctx)
		if err == nil {
			return true
		}
		if err.Error() != last {
			last = err.Error()
			e.log.Info("waiting for the API server", "err", err)
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

type engine struct {
	config  Config
	applier *Applier
	objects *objects
	log     *slog.Logger
	// changed has an element when the rules may have to change.
	changed chan struct{}
	healthy atomic.Bool
	applied Ruleset
}

func (e *engine) touch() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

func (e *engine) health(w http.ResponseWriter, _ *http.Request) {
	if !e.healthy.Load() {
		http.Error(w, "the rules in the kernel are not those of the policies", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// close lets no pod talk but those that did so before, under the rules of
// before, until it is known what they may. After a restart of the node there
// are none of before: their addresses are others' now.
func (e *engine) close(ctx context.Context) error {
	if err := os.MkdirAll(e.config.Results, 0o700); err != nil {
		return fmt.Errorf("making the folder of the pods' links: %w", err)
	}
	attachments, err := readAttachments(e.config.Results, e.config.Pods)
	if err != nil {
		return err
	}
	var pods []netip.Addr
	for _, a := range attachments {
		pods = append(pods, a.Address)
	}
	return e.applier.Keep(ctx, pods)
}

// follow keeps the kernel's rules those of the objects until ctx ends.
func (e *engine) follow(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	reviews := time.NewTicker(review)
	defer reviews.Stop()
	for {
		wait := pause
		if err := e.update(ctx); err != nil && ctx.Err() == nil {
			e.healthy.Store(false)
			e.log.Error("keeping the rules of before", "err", err, "retry", retry)
			wait = retry
			e.touch()
		}
		if !sleep(ctx, wait) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-e.changed:
		case <-reviews.C:
			e.applier.now = nil
		}
	}
}

// update makes the rules anew and applies them if they are others.
func (e *engine) update(ctx context.Context) error {
	s := State{Node: e.config.Pods}
	var err error
	if s.Attachments, err = readAttachments(e.config.Results, e.config.Pods); err != nil {
		return err
	}
	if err := e.objects.list(&s); err != nil {
		return err
	}
	r := Render(s)
	same := reflect.DeepEqual(r, e.applied)
	if same && e.applier.now != nil && e.healthy.Load() {
		return nil
	}
	begin := time.Now()
	if err := e.applier.Apply(ctx, r); err != nil {
		return err
	}
	e.applied = r
	e.healthy.Store(true)
	if same {
		return nil
	}
	e.log.Info("applied", "pods", len(r.Pods), "policies", len(s.Policies), "isolatedIngress", len(r.Ingress),
		"isolatedEgress", len(r.Egress), "chains", len(r.Chains), "sets", len(r.Sets), "took", time.Since(begin).Round(time.Millisecond).String())
	return nil
}

// sleep waits for d; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
