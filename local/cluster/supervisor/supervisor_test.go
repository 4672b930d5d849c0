package supervisor

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// limit is how long a test waits for something that should take an instant.
const limit = time.Minute

// shell is a process that runs a script.
func shell(name, script string) Process {
	return Process{Name: name, Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}, StopSeconds: 5}
}

const forever = "exec sleep 1000"

// running is a supervisor under test.
type running struct {
	t      *testing.T
	config Config
	cancel context.CancelFunc
	done   chan error
}

func start(t *testing.T, config Config, processes ...Process) *running {
	t.Helper()
	config.Dir, config.Logs = t.TempDir(), t.TempDir()
	_, err := WriteSpec(SpecPath(config.Dir), Spec{Processes: processes})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, config: config, cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- Run(ctx, config) }()
	t.Cleanup(func() { r.stop() })
	return r
}

func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case err := <-r.done:
		require.NoError(r.t, err)
		r.done <- nil
	case <-time.After(limit):
		r.t.Fatal("the supervisor does not stop")
	}
}

// await returns the state once it is as wanted.
func (r *running) await(what string, wanted func(State) bool) State {
	r.t.Helper()
	var s State
	require.Eventually(r.t, func() bool {
		var err error
		s, _, err = ReadState(r.config.Dir)
		require.NoError(r.t, err)
		return wanted(s)
	}, limit, 10*time.Millisecond, what)
	return s
}

func (r *running) process(s State, name string) ProcessState {
	r.t.Helper()
	p, ok := s.Process(name)
	require.True(r.t, ok, "state of %s", name)
	return p
}

func alive(pid int) bool { return pid > 0 && unix.Kill(pid, 0) == nil }

func TestKilledProcessIsRestarted(t *testing.T) {
	r := start(t, Config{}, shell("a", forever), shell("b", forever))
	before := r.await("all run", State.Ready)
	first := r.process(before, "a").PID
	require.NoError(t, unix.Kill(first, unix.SIGKILL))
	after := r.await("a runs again", func(s State) bool {
		p, _ := s.Process("a")
		return p.Phase == Running && p.Restarts == 1
	})
	a := r.process(after, "a")
	assert.NotEqual(t, first, a.PID)
	assert.Equal(t, "signal: killed", a.LastExit)
	assert.Less(t, a.Since.Sub(r.process(before, "a").Since), limit)
	assert.Equal(t, r.process(before, "b").PID, r.process(after, "b").PID, "the other is left alone")
}

func TestPausesBetweenRestartsGrow(t *testing.T) {
	times := filepath.Join(t.TempDir(), "times")
	r := start(t, Config{}, shell("a", "date +%s%N >> "+times+"; exit 3"))
	r.await("four ends", func(s State) bool { p, _ := s.Process("a"); return p.Restarts >= 4 })
	state := r.await("its end is told", func(s State) bool { p, _ := s.Process("a"); return p.LastExit != "" })
	assert.Equal(t, "exit status 3", r.process(state, "a").LastExit)
	content, err := os.ReadFile(times)
	require.NoError(t, err)
	var starts []int64
	for _, line := range strings.Fields(string(content)) {
		var n int64
		_, err := fmt.Sscan(line, &n)
		require.NoError(t, err)
		starts = append(starts, n)
	}
	require.GreaterOrEqual(t, len(starts), 4)
	assert.GreaterOrEqual(t, time.Duration(starts[1]-starts[0]), firstPause)
	assert.GreaterOrEqual(t, time.Duration(starts[3]-starts[2]), 4*firstPause)
}

func TestProcessWaitsForWhatItNeeds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	first := shell("first", forever)
	first.Ready = Probe{TCP: address}
	second := shell("second", forever)
	second.After = []string{"first"}
	r := start(t, Config{}, first, second)
	state := r.await("second waits while first starts", func(s State) bool {
		one, _ := s.Process("first")
		two, _ := s.Process("second")
		return one.Phase == Starting && two.Phase == Waiting
	})
	assert.False(t, state.Ready())
	assert.Zero(t, r.process(state, "second").PID)
	listener, err = net.Listen("tcp", address)
	require.NoError(t, err)
	defer listener.Close()
	r.await("both run", State.Ready)
}

func TestStopGoesStageByStage(t *testing.T) {
	order := filepath.Join(t.TempDir(), "order")
	var processes []Process
	for i, name := range []string{"early", "late"} {
		p := shell(name, "trap 'sleep 0.2; echo "+name+" >> "+order+"; exit' TERM; echo up; while :; do sleep 0.05; done")
		p.StopStage = i
		processes = append(processes, p)
	}
	note := func(stage int) {
		f, err := os.OpenFile(order, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if assert.NoError(t, err) {
			fmt.Fprintln(f, "stage", stage)
			f.Close()
		}
	}
	r := start(t, Config{AfterStage: note}, processes...)
	r.await("the traps are set", func(State) bool {
		for _, p := range processes {
			if content, _ := os.ReadFile(filepath.Join(r.config.Logs, p.Name+".log")); !strings.Contains(string(content), "\nup\n") {
				return false
			}
		}
		return true
	})
	r.stop()
	content, err := os.ReadFile(order)
	require.NoError(t, err)
	assert.Equal(t, "early\nstage 0\nlate\nstage 1\n", string(content))
	state, isAlive, err := ReadState(r.config.Dir)
	require.NoError(t, err)
	assert.False(t, isAlive)
	for _, p := range state.Processes {
		assert.Equal(t, Stopped, p.Phase, p.Name)
		assert.Zero(t, p.PID, p.Name)
	}
}

func TestProcessThatIgnoresTheSignalIsKilled(t *testing.T) {
	p := shell("stubborn", "trap '' TERM; echo up; while :; do sleep 0.05; done")
	p.StopSeconds = 1
	r := start(t, Config{}, p)
	state := r.await("it runs", State.Ready)
	began := time.Now()
	r.stop()
	assert.Less(t, time.Since(began), 10*time.Second)
	assert.False(t, alive(r.process(state, "stubborn").PID))
}

func TestOnlyWhatChangedIsRestarted(t *testing.T) {
	a, b := shell("a", forever), shell("b", forever)
	r := start(t, Config{}, a, b)
	before := r.await("all run", State.Ready)
	a.Revision = "2"
	generation, err := WriteSpec(SpecPath(r.config.Dir), Spec{Processes: []Process{a, b}})
	require.NoError(t, err)
	require.NoError(t, unix.Kill(os.Getpid(), unix.SIGHUP))
	after := r.await("the new spec runs", func(s State) bool { return s.Generation == generation && s.Ready() })
	assert.NotEqual(t, r.process(before, "a").PID, r.process(after, "a").PID)
	assert.Zero(t, r.process(after, "a").Restarts, "a change that was asked for is no crash")
	assert.Equal(t, r.process(before, "b").PID, r.process(after, "b").PID)
	assert.False(t, alive(r.process(before, "a").PID))
}

func TestOneSupervisorPerFolder(t *testing.T) {
	r := start(t, Config{}, shell("a", forever))
	r.await("it runs", State.Ready)
	_, isAlive, err := ReadState(r.config.Dir)
	require.NoError(t, err)
	assert.True(t, isAlive)
	assert.ErrorIs(t, Run(context.Background(), r.config), ErrRunning)
}

func TestMissingExecutableIsRetriedAndTold(t *testing.T) {
	r := start(t, Config{}, Process{Name: "a", Path: filepath.Join(t.TempDir(), "absent"), StopSeconds: 1})
	state := r.await("two attempts", func(s State) bool { p, _ := s.Process("a"); return p.Restarts >= 2 })
	assert.Contains(t, r.process(state, "a").LastExit, "no such file")
}

func TestEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "32MiB")
	p := shell("a", "env; "+forever)
	p.Env = append(p.Env, "GOGC=50")
	r := start(t, Config{}, p)
	var log string
	r.await("it ran", func(State) bool {
		content, _ := os.ReadFile(filepath.Join(r.config.Logs, "a.log"))
		log = string(content)
		return strings.Contains(log, "GOGC=50")
	})
	assert.NotContains(t, log, "GOMEMLIMIT")
}

func TestLogRotatesBySize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "a.log")
	l := &logFile{path: path, limit: 10}
	for _, line := range []string{"one\n", "two\n", "three\n", "four\n", "five\n"} {
		n, err := l.Write([]byte(line))
		require.NoError(t, err)
		assert.Equal(t, len(line), n)
	}
	require.NoError(t, l.Close())
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	old, err := os.ReadFile(path + ".1")
	require.NoError(t, err)
	assert.Equal(t, "four\nfive\n", string(now))
	assert.Equal(t, "three\n", string(old))
	assert.Equal(t, []string{"a.log", "a.log.1"}, names(t, filepath.Dir(path)))
}

func TestLogGoesOnWhereItEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	for range 3 {
		l := &logFile{path: path, limit: 10}
		_, err := l.Write([]byte("1234\n"))
		require.NoError(t, err)
		require.NoError(t, l.Close())
	}
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "1234\n", string(now), "what an earlier supervisor wrote counts")
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
