// Package supervisor runs the processes of one cluster: starts each when what
// it needs is ready, restarts what ends, keeps their logs, and stops them in
// order. What to run is read from a file (Spec), how it goes is written to
// another (State); SIGHUP makes it read the first again, SIGTERM stops it.
// There is no socket, so nothing depends on the length of a path.
package supervisor

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"live-omega/local/layout"
)

// Spec is what the supervisor runs.
type Spec struct {
	Processes []Process `json:"processes"`
}

// Process is one process to keep running.
type Process struct {
	Name string `json:"name"`
	// Path is the executable. Its last element is the name it is called by.
	Path string   `json:"path"`
	Args []string `json:"args"`
	// Env is the whole environment: what the supervisor was started with, a
	// proxy, say, or limits of its own memory, is not for its children.
	Env []string `json:"env,omitempty"`
	// After names processes that must be ready before this one starts.
	After []string `json:"after,omitempty"`
	// Ready tells when the process serves; without it, as soon as it runs.
	Ready Probe `json:"ready"`
	// Revision stands for files that the process reads at its start: when it
	// changes, the process is restarted.
	Revision string `json:"revision,omitempty"`
	// StopStage orders the end: all processes of stage 0 end before those
	// of stage 1 are told to, and so on.
	StopStage int `json:"stopStage"`
	// StopSeconds is how long the process may take to end before it is
	// killed.
	StopSeconds int `json:"stopSeconds"`
}

// Probe is how to see that a process serves. At most one field is set.
type Probe struct {
	// Unix is the path of a socket to connect to.
	Unix string `json:"unix,omitempty"`
	// HTTP is an http or https URL that must answer 200. The certificate is
	// not verified: the address is the node's own, and the answer is only
	// whether it serves.
	HTTP string `json:"http,omitempty"`
	// TCP is an address to connect to.
	TCP string `json:"tcp,omitempty"`
}

// generation identifies the content of a spec.
func generation(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// WriteSpec writes the spec and returns its generation, which State carries
// once the supervisor acts on it.
func WriteSpec(path string, s Spec) (string, error) {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", err
	}
	return generation(content), layout.WriteFile(path, content, 0o600)
}

// ReadSpec reads a spec and its generation. An absent file is an error that
// is fs.ErrNotExist.
func ReadSpec(path string) (Spec, string, error) {
	var s Spec
	content, err := os.ReadFile(path)
	if err != nil {
		return s, "", fmt.Errorf("reading what to run: %w", err)
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return s, "", fmt.Errorf("reading what to run from %s: %w", path, err)
	}
	return s, generation(content), nil
}

// Phase is what a process is doing.
type Phase string

const (
	// Waiting: what it needs is not ready yet.
	Waiting Phase = "waiting"
	// Starting: it runs and does not serve yet.
	Starting Phase = "starting"
	// Running: it serves.
	Running Phase = "running"
	// Restarting: it ended by itself and starts again after a pause.
	Restarting Phase = "restarting"
	// Stopped: it was told to end, or never ran.
	Stopped Phase = "stopped"
)

// State is how it goes.
type State struct {
	// PID is the supervisor's own process.
	PID        int            `json:"pid"`
	Started    time.Time      `json:"started"`
	Generation string         `json:"generation"`
	Processes  []ProcessState `json:"processes"`
}

// ProcessState is how one process goes.
type ProcessState struct {
	Name  string `json:"name"`
	Phase Phase  `json:"phase"`
	// PID is 0 while it does not run.
	PID int `json:"pid,omitempty"`
	// Since is when it entered the phase.
	Since time.Time `json:"since"`
	// Restarts counts the times that it ended without being told to.
	Restarts int `json:"restarts"`
	// LastExit says how it last ended, "exit status 1".
	LastExit string `json:"lastExit,omitempty"`
	// Path is the executable that runs, which names the version.
	Path string `json:"path"`
	Log  string `json:"log"`
}

// Process returns the state of the process of that name.
func (s State) Process(name string) (ProcessState, bool) {
	for _, p := range s.Processes {
		if p.Name == name {
			return p, true
		}
	}
	return ProcessState{}, false
}

// Ready tells whether every process serves.
func (s State) Ready() bool {
	for _, p := range s.Processes {
		if p.Phase != Running {
			return false
		}
	}
	return len(s.Processes) > 0
}

const (
	specFile  = "processes.json"
	stateFile = "state.json"
	lockFile  = "supervisor.lock"
)

// SpecPath is where, in its folder, a supervisor finds what to run.
func SpecPath(dir string) string { return filepath.Join(dir, specFile) }

// ReadState returns the state that the supervisor of that folder last wrote,
// and whether it is alive. Of a supervisor that was killed, the state is what
// was true before.
func ReadState(dir string) (State, bool, error) {
	var s State
	alive, err := locked(filepath.Join(dir, lockFile))
	if err != nil {
		return s, false, fmt.Errorf("looking for the supervisor: %w", err)
	}
	content, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, alive, nil
	}
	if err != nil {
		return s, alive, fmt.Errorf("reading the supervisor's state: %w", err)
	}
	if err := json.Unmarshal(content, &s); err != nil {
		return s, alive, fmt.Errorf("reading the supervisor's state from %s: %w", filepath.Join(dir, stateFile), err)
	}
	return s, alive, nil
}

// locked tells whether a living process holds the lock. The kernel lets go of
// it when its holder dies, however that happens.
func locked(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
