package supervisor

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// firstPause and longestPause bound the pause before a restart, which
	// doubles with each end in a row.
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second
	// steady is how long a process must have run for its next end to count
	// as the first.
	steady = 20 * time.Second
	// probeInterval is how often a starting process is asked whether it
	// serves.
	probeInterval = 100 * time.Millisecond
	// drain is how long the output of an ended process is waited for.
	drain = 250 * time.Millisecond
)

// runner keeps one process running.
type runner struct {
	supervisor *supervisor
	log        string
	stopped    chan struct{} // closed when run returns

	mu      sync.Mutex
	process Process
	state   ProcessState
	// interrupt ends the current wait or process; ending says for good.
	interrupt context.CancelFunc
	ending    bool
}

func newRunner(s *supervisor, p Process) *runner {
	log := filepath.Join(s.config.Logs, p.Name+".log")
	return &runner{supervisor: s, log: log, stopped: make(chan struct{}), process: p, interrupt: func() {},
		state: ProcessState{Name: p.Name, Phase: Stopped, Since: time.Now(), Path: p.Path, Log: log}}
}

func (r *runner) wanted() Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.process
}

func (r *runner) snapshot() ProcessState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

func (r *runner) enter(phase Phase, update func(*ProcessState)) {
	r.mu.Lock()
	if r.state.Phase != phase {
		r.state.Phase, r.state.Since = phase, time.Now()
	}
	if update != nil {
		update(&r.state)
	}
	r.mu.Unlock()
	r.supervisor.touch()
}

// change replaces the process by another definition of it.
func (r *runner) change(p Process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.process = p
	// The phase leaves Running here, so that whoever sees the new generation
	// in the state does not take the old process for the new.
	r.state.Phase, r.state.Since, r.state.Path = Waiting, time.Now(), p.Path
	r.interrupt()
}

// stop ends the process and returns when it has ended.
func (r *runner) stop() {
	r.mu.Lock()
	r.ending = true
	r.interrupt()
	r.mu.Unlock()
	<-r.stopped
}

// begin returns what to run now, and a context that ends when it should not
// run any more; false if the runner is ending.
func (r *runner) begin() (Process, context.Context, context.CancelFunc, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	r.interrupt = cancel
	return r.process, ctx, cancel, !r.ending
}

func (r *runner) run() {
	defer close(r.stopped)
	defer r.enter(Stopped, func(s *ProcessState) { s.PID = 0 })
	out := &logFile{path: r.log}
	defer out.Close()
	pause := firstPause
	for {
		process, ctx, cancel, ok := r.begin()
		if !ok {
			cancel()
			return
		}
		r.enter(Waiting, func(s *ProcessState) { s.PID, s.Path = 0, process.Path })
		if r.await(ctx, process.After) {
			started := time.Now()
			exit := r.once(ctx, process, out)
			// An end that was asked for is no crash.
			if ctx.Err() == nil {
				if time.Since(started) > steady {
					pause = firstPause
				}
				slog.Warn("process ended", "process", process.Name, "exit", exit, "restart", pause)
				r.enter(Restarting, func(s *ProcessState) { s.PID, s.LastExit = 0, exit; s.Restarts++ })
				sleep(ctx, pause)
				pause = min(2*pause, longestPause)
			} else {
				pause = firstPause
			}
		}
		cancel()
	}
}

// await returns once the named processes serve, or false if ctx ends first.
func (r *runner) await(ctx context.Context, names []string) bool {
	for _, name := range names {
		for {
			if other := r.supervisor.runner(name); other == nil || other.snapshot().Phase == Running {
				break
			}
			if !sleep(ctx, probeInterval/2) {
				return false
			}
		}
	}
	return ctx.Err() == nil
}

// once runs the process until it ends, or until ctx ends and it was stopped.
// It returns how it ended.
func (r *runner) once(ctx context.Context, p Process, out *logFile) string {
	cmd := exec.Command(p.Path, p.Args...)
	cmd.Env = append([]string{}, p.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		// A group of its own: signals to the supervisor's group are not
		// for its children.
		Setpgid: true,
		// A killed supervisor takes its children along. Nothing would
		// restart or stop them, and the next one starts them anew; the
		// containers live on under their shims.
		Pdeathsig: unix.SIGKILL,
	}
	read, write, err := os.Pipe()
	if err != nil {
		return err.Error()
	}
	defer read.Close()
	cmd.Stdout, cmd.Stderr = write, write
	fmt.Fprintf(out, "--- %s %s %s\n", time.Now().UTC().Format(time.RFC3339), p.Path, strings.Join(p.Args, " "))
	err = r.supervisor.spawner.start(cmd)
	write.Close()
	if err != nil {
		fmt.Fprintf(out, "--- %v\n", err)
		return err.Error()
	}
	r.enter(Starting, func(s *ProcessState) { s.PID = cmd.Process.Pid })
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		out.copy(read)
	}()
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is read from ProcessState
		close(ended)
	}()
	probing, stopProbing := context.WithCancel(ctx)
	defer stopProbing()
	go r.probe(probing, p.Ready)
	select {
	case <-ended:
	case <-ctx.Done():
		_ = cmd.Process.Signal(unix.SIGTERM)
		select {
		case <-ended:
		case <-time.After(time.Duration(p.StopSeconds) * time.Second):
			slog.Warn("process does not end: killing it", "process", p.Name, "after", p.StopSeconds)
			_ = cmd.Process.Kill()
			<-ended
		}
	}
	// Its last words are often the ones that matter. A process that it left
	// behind may hold its output open, so there is an end to waiting.
	select {
	case <-copied:
	case <-time.After(drain):
	}
	return cmd.ProcessState.String()
}

// probe notices when the process serves.
func (r *runner) probe(ctx context.Context, p Probe) {
	for !p.passes(ctx) {
		if !sleep(ctx, probeInterval) {
			return
		}
	}
	// The check and the change are one step: a process that was told to end
	// meanwhile must not be called running.
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() == nil {
		r.state.Phase, r.state.Since = Running, time.Now()
		r.supervisor.touch()
	}
}

// probes asks the node's own processes, whose certificates it need not check:
// nothing is sent and only the status is read.
var probes = &http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
}

func (p Probe) passes(ctx context.Context) bool {
	network, address := "tcp", p.TCP
	switch {
	case p.HTTP != "":
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.HTTP, nil)
		if err != nil {
			return false
		}
		response, err := probes.Do(request)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	case p.Unix != "":
		network, address = "unix", p.Unix
	case p.TCP == "":
		return true
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// spawner starts processes from one thread that never ends: the kernel sends
// the parent-death signal when the thread that started a process ends, not
// when its process does.
type spawner struct {
	once  sync.Once
	queue chan func()
}

func (s *spawner) start(cmd *exec.Cmd) error {
	s.once.Do(func() {
		s.queue = make(chan func())
		go func() {
			runtime.LockOSThread()
			for f := range s.queue {
				f()
			}
		}()
	})
	done := make(chan error, 1)
	s.queue <- func() { done <- cmd.Start() }
	return <-done
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
