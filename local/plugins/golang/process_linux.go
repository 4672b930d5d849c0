package golang

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// grace is how long a process may take to end after SIGINT. The CLI gives its
// plugins five seconds, so the host must be done with its own children earlier.
const grace = 3 * time.Second

var errStopping = errors.New("the language host is stopping")

// processes are the children of the host: compilers, programs, policy packs.
// Each leads a process group of its own, so that it ends with its descendants.
type processes struct {
	mu      sync.Mutex
	cancels map[int]context.CancelFunc
	next    int
	closed  bool
	running sync.WaitGroup
}

func newProcesses() *processes {
	return &processes{cancels: map[int]context.CancelFunc{}}
}

// interrupt asks every running process to stop and returns at once.
func (p *processes) interrupt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, cancel := range p.cancels {
		cancel()
	}
}

// close stops every process, waits for their end and refuses new ones.
func (p *processes) close() {
	p.mu.Lock()
	p.closed = true
	for _, cancel := range p.cancels {
		cancel()
	}
	p.mu.Unlock()
	p.running.Wait()
}

func (p *processes) register(ctx context.Context) (context.Context, func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errStopping
	}
	ctx, cancel := context.WithCancel(ctx)
	id := p.next
	p.next++
	p.cancels[id] = cancel
	p.running.Add(1)
	return ctx, func() {
		cancel()
		p.mu.Lock()
		delete(p.cancels, id)
		p.mu.Unlock()
		p.running.Done()
	}, nil
}

// run starts cmd and waits for it. When ctx ends, or the host is told to stop,
// the process group gets SIGINT and, after the grace period, SIGKILL. The exit
// code is that of the process; the error is for one that could not be run or
// was stopped.
func (p *processes) run(ctx context.Context, cmd *exec.Cmd) (int, error) {
	ctx, done, err := p.register(ctx)
	if err != nil {
		return -1, err
	}
	defer done()
	if err := ctx.Err(); err != nil {
		return -1, err
	}

	// Should the host be killed, the kernel kills the child (Pdeathsig). It does
	// so when the *thread* that started the child ends, so this one is kept until
	// the child has ended.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// A descendant that outlives the child must not hold the output open.
	cmd.WaitDelay = grace
	if err := cmd.Start(); err != nil {
		return -1, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}

	group := cmd.Process.Pid
	ended := make(chan struct{})
	var stopper sync.WaitGroup
	stopper.Go(func() { stopGroup(ctx, group, ended) })
	err = cmd.Wait()
	close(ended)
	stopper.Wait()

	if ctx.Err() != nil {
		return -1, fmt.Errorf("%s was stopped: %w", cmd.Path, context.Cause(ctx))
	}
	if state := cmd.ProcessState; state != nil && state.Exited() {
		return state.ExitCode(), nil
	}
	return -1, fmt.Errorf("%s: %w", cmd.Path, err)
}

// stopGroup waits for the context or the end of the group's leader, and leaves
// no descendant of a stopped leader behind.
func stopGroup(ctx context.Context, group int, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	_ = unix.Kill(-group, unix.SIGINT)
	select {
	case <-ended:
	case <-time.After(grace):
	}
	_ = unix.Kill(-group, unix.SIGKILL)
}
