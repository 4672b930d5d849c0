package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"live-omega/local/layout"
)

// Config is where a supervisor finds and leaves things.
type Config struct {
	// Dir holds what to run, the state and the lock.
	Dir string
	// Logs gets <process>.log of each process.
	Logs string
	// AfterStage, if set, is called when all processes of a stop stage have
	// ended, before those of the next are told to.
	AfterStage func(stage int)
}

// ErrRunning is returned by Run if another supervisor has the folder.
var ErrRunning = errors.New("another supervisor is running")

// Run runs what the spec in the folder says until ctx ends or SIGTERM comes,
// then stops all in order. Only what keeps it from starting is an error.
func Run(ctx context.Context, config Config) error {
	lock, err := os.OpenFile(filepath.Join(config.Dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("starting the supervisor in %s: %w", config.Dir, ErrRunning)
	}
	spec, generation, err := ReadSpec(SpecPath(config.Dir))
	if err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	ctx, stop := signal.NotifyContext(ctx, unix.SIGTERM, unix.SIGINT)
	defer stop()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, unix.SIGHUP)
	defer signal.Stop(hangups)

	s := &supervisor{config: config, started: time.Now(), changed: make(chan struct{}, 1), runners: map[string]*runner{}}
	s.apply(spec, generation)
	written := make(chan struct{})
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(written)
		s.write(writing)
	}()
	for running := true; running; {
		select {
		case <-ctx.Done():
			running = false
		case <-hangups:
			spec, generation, err := ReadSpec(SpecPath(config.Dir))
			if err != nil {
				slog.Error("keeping what runs", "err", err)
				continue
			}
			s.apply(spec, generation)
		}
	}
	slog.Info("stopping")
	s.stop()
	stopWriting()
	<-written
	return nil
}

type supervisor struct {
	config  Config
	started time.Time
	spawner spawner
	// changed has an element when the state should be written.
	changed chan struct{}

	mu         sync.Mutex
	generation string
	order      []string
	runners    map[string]*runner
}

// apply makes the running processes those of the spec: what is new starts,
// what differs restarts, what is gone ends.
func (s *supervisor) apply(spec Spec, generation string) {
	s.mu.Lock()
	var ended []*runner
	var order []string
	for _, p := range spec.Processes {
		order = append(order, p.Name)
		r, ok := s.runners[p.Name]
		if !ok {
			r = newRunner(s, p)
			s.runners[p.Name] = r
			go r.run()
			continue
		}
		if !reflect.DeepEqual(r.wanted(), p) {
			slog.Info("changing", "process", p.Name)
			r.change(p)
		}
	}
	for name, r := range s.runners {
		if !slices.Contains(order, name) {
			ended = append(ended, r)
			delete(s.runners, name)
		}
	}
	s.order, s.generation = order, generation
	s.mu.Unlock()
	s.touch()
	for _, r := range ended {
		r.stop()
	}
}

// runner returns the runner of that name, or nil.
func (s *supervisor) runner(name string) *runner {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runners[name]
}

// stop ends all processes, stage after stage.
func (s *supervisor) stop() {
	s.mu.Lock()
	stages := map[int][]*runner{}
	for _, r := range s.runners {
		stage := r.wanted().StopStage
		stages[stage] = append(stages[stage], r)
	}
	s.mu.Unlock()
	order := make([]int, 0, len(stages))
	for stage := range stages {
		order = append(order, stage)
	}
	slices.Sort(order)
	for _, stage := range order {
		var wg sync.WaitGroup
		for _, r := range stages[stage] {
			wg.Go(r.stop)
		}
		wg.Wait()
		if s.config.AfterStage != nil {
			s.config.AfterStage(stage)
		}
	}
}

// touch asks for the state to be written.
func (s *supervisor) touch() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// write keeps the state file true until ctx ends, and once more then.
func (s *supervisor) write(ctx context.Context) {
	for done := false; !done; {
		select {
		case <-s.changed:
		case <-ctx.Done():
			done = true
		}
		content, err := json.MarshalIndent(s.state(), "", "  ")
		if err == nil {
			err = layout.WriteFile(filepath.Join(s.config.Dir, stateFile), content, 0o644)
		}
		if err != nil {
			slog.Error("writing the state", "err", err)
		}
	}
}

func (s *supervisor) state() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := State{PID: os.Getpid(), Started: s.started, Generation: s.generation}
	for _, name := range s.order {
		state.Processes = append(state.Processes, s.runners[name].snapshot())
	}
	return state
}
