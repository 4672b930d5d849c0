// Package registry is the image registry of the local cloud: an OCI registry
// over plain http on the bridge that joins the clusters, with everything kept in
// .local/registry.
package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"live-omega/local/layout"
)

// rootHeader tells clients which clone a registry belongs to: two clones use
// the same address, one after the other.
const rootHeader = "Live-Omega-Root"

const (
	startTimeout = 15 * time.Second
	stopTimeout  = 5 * time.Second
)

func pidFile(root layout.Root) string { return root.Registry("pid") }
func logFile(root layout.Root) string { return root.Logs("registry.log") }

// Serve runs the registry until ctx ends; it is what the detached process does.
// Only one per clone can run.
func Serve(ctx context.Context, root layout.Root, address string) error {
	unlock, err := holdPid(pidFile(root))
	if err != nil {
		return err
	}
	defer unlock()
	handler, err := New(root.Registry(), log.New(os.Stderr, "", log.LstdFlags|log.Lmsgprefix))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("serving images: %w", err)
	}
	server := &http.Server{
		Handler:           named(root, handler),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving images: %w", err)
	case <-ctx.Done():
	}
	// Pulls in flight may end; a client that hangs must not hold up `down`.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return server.Close()
	}
	return nil
}

func named(root layout.Root, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set(rootHeader, string(root))
		next.ServeHTTP(w, req)
	})
}

// holdPid writes the process's id into a file and keeps it locked. The lock,
// not the number, says that the process lives: numbers are used again.
func holdPid(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("serving images: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, fmt.Errorf("serving images: %w", err)
	}
	// Whoever asks for the status holds the lock for a moment.
	for tries := 0; syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil; tries++ {
		if tries == 20 {
			return nil, errors.Join(fmt.Errorf("serving images: another process holds %s", path), f.Close())
		}
		time.Sleep(10 * time.Millisecond)
	}
	err = errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid())))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("serving images: %w", err), f.Close())
	}
	return func() { f.Close() }, nil
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// State is what is known of the registry's process.
type State struct {
	// Pid is 0 when no registry of this clone runs.
	Pid int
	// Healthy tells that it answers.
	Healthy bool
	Address string
	Log     string
}

// Status asks whether this clone's registry runs and answers at the address.
func Status(ctx context.Context, root layout.Root, address string) State {
	s := State{Address: address, Log: logFile(root), Pid: running(pidFile(root))}
	s.Healthy = s.Pid != 0 && answers(ctx, root, address) == nil
	return s
}

// running returns the id of the process that holds the pid file, or 0.
func running(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return 0
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(content)))
	if err != nil {
		return 0
	}
	return pid
}

func answers(ctx context.Context, root layout.Root, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/v2/", nil)
	if err != nil {
		return err
	}
	// Never through a proxy: the bridge is on this machine.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if owner := resp.Header.Get(rootHeader); owner != string(root) {
		return fmt.Errorf("another registry answers at %s (of %q)", address, owner)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the registry at %s answers %s", address, resp.Status)
	}
	return nil
}

// Start starts the registry as a process of its own that outlives this one,
// and returns when it answers. It does nothing if it runs already. The command
// is what calls Serve: `cloud local serve-registry`.
func Start(ctx context.Context, root layout.Root, address string, command ...string) error {
	if Status(ctx, root, address).Healthy {
		return nil
	}
	// One that runs without answering, such as at an older address, is of no use.
	if err := Stop(ctx, root); err != nil {
		return err
	}
	if err := os.MkdirAll(root.Logs(), 0o755); err != nil {
		return fmt.Errorf("starting the registry: %w", err)
	}
	out, err := os.OpenFile(logFile(root), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("starting the registry: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = string(root), out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the registry: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		unready := answers(ctx, root, address)
		if unready == nil {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("starting the registry: it ended (%v); see %s%s", err, logFile(root), lastLine(logFile(root)))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("starting the registry: %w; see %s", unready, logFile(root)), cmd.Process.Kill())
		case <-poll.C:
		}
	}
}

func lastLine(path string) string {
	content, err := os.ReadFile(path)
	if err != nil || len(bytes.TrimSpace(content)) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return ": " + lines[len(lines)-1]
}

// Stop ends this clone's registry and returns when it is gone. It does nothing
// if none runs.
func Stop(ctx context.Context, root layout.Root) error {
	path := pidFile(root)
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, stopTimeout}, {syscall.SIGKILL, stopTimeout}} {
		pid := running(path)
		if pid == 0 {
			return nil
		}
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping the registry, process %d: %w", pid, err)
		}
		if gone(ctx, path, step.wait) {
			return nil
		}
	}
	return fmt.Errorf("stopping the registry: process %d does not end", running(path))
}

func gone(ctx context.Context, path string, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for running(path) != 0 {
		select {
		case <-ctx.Done():
			return false
		case <-poll.C:
		}
	}
	return true
}
