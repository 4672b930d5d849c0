package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"live-omega/local/layout"
	"live-omega/local/progress"
)

// parallelBuilds is how many tools are built at once. Two overlap well: one
// links, on one core, while the other compiles.
const parallelBuilds = 2

// memoryPerBuild is what the largest builds take while they link (2.2 GB were
// measured for Traefik), in bytes, with room to spare. Machines without twice
// that build one tool after the other.
const memoryPerBuild = 3 << 30

// Run is a set of tools being made.
type Run struct {
	root   layout.Root
	log    *progress.Log
	finder Finder
	tools  map[string]*future
	order  []string
}

// future is a tool that is being made: err may be read once done is closed.
type future struct {
	tool Tool
	done chan struct{}
	err  error
}

// Ensure makes the named tools, or all that are not on demand, and returns
// when they are there. Tools that are up to date are left alone.
func Ensure(ctx context.Context, root layout.Root, log *progress.Log, names ...string) error {
	run, err := Start(ctx, root, log, names...)
	if err != nil {
		return err
	}
	return run.Wait()
}

// Start begins to make the named tools, or all that are not on demand, in the
// table's order, and returns at once; Wait tells when one of them is there. The
// first tool that fails stops the others: what they compiled is in Go's cache.
func Start(ctx context.Context, root layout.Root, log *progress.Log, names ...string) (*Run, error) {
	return start(ctx, root, log, systemFinder(root), Table(), names)
}

func start(ctx context.Context, root layout.Root, log *progress.Log, finder Finder, table []Tool, names []string) (*Run, error) {
	tools, err := find(table, names)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r := &Run{root: root, log: log, finder: finder, tools: make(map[string]*future, len(tools))}
	queue := make(chan *future, len(tools))
	for _, t := range tools {
		f := &future{tool: t, done: make(chan struct{})}
		r.tools[t.Name], r.order = f, append(r.order, t.Name)
		queue <- f
	}
	close(queue)
	work := func() {
		for f := range queue {
			if f.err = context.Cause(ctx); f.err == nil {
				f.err = r.makeTool(ctx, f.tool)
			}
			if f.err != nil {
				cancel(stopped{f.tool.Name})
			}
			close(f.done)
		}
	}
	for range buildsAtOnce() {
		go work()
	}
	go func() {
		for _, f := range r.tools {
			<-f.done
		}
		cancel(nil)
	}()
	return r, nil
}

// stopped is the error of a tool that was given up since another had failed.
type stopped struct{ failed string }

func (s stopped) Error() string { return "stopped, since " + s.failed + " failed" }

// Wait returns when the named tools are there, all of the run's if none is
// named, or when one of them could not be made. "kubernetes" stands for the
// default version.
func (r *Run) Wait(names ...string) error {
	if len(names) == 0 {
		names = r.order
	}
	var failed, given []error
	for _, n := range names {
		if n == "kubernetes" {
			n += "-" + DefaultKubernetes
		}
		f, ok := r.tools[n]
		if !ok {
			return fmt.Errorf("waiting for %s: it is not among the tools being made: %s", n, strings.Join(r.order, ", "))
		}
		<-f.done
		var s stopped
		if errors.As(f.err, &s) {
			given = append(given, fmt.Errorf("%s: %w", n, f.err))
		} else if f.err != nil {
			failed = append(failed, f.err)
		}
	}
	// Whoever waits for all wants to read what failed, not what was given up.
	if len(failed) == 0 {
		return errors.Join(given...)
	}
	return errors.Join(failed...)
}

func buildsAtOnce() int {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 1
	}
	return min(parallelBuilds, max(1, int(availableMemory(string(info))/memoryPerBuild)))
}

// availableMemory reads /proc/meminfo; bytes, 0 if it cannot be read.
func availableMemory(meminfo string) int64 {
	for line := range strings.Lines(meminfo) {
		if rest, ok := strings.CutPrefix(line, "MemAvailable:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
