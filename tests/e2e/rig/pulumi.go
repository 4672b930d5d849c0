package rig

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/stretchr/testify/require"
)

// Update is what a run of pulumi did.
type Update struct {
	// Took is the time of the whole command, as the user waits for it.
	Took time.Duration
	// Done is when it returned.
	Done time.Time
	// Changed lists what is not as before, "update kubernetes:…::default",
	// sorted. It is empty when nothing changed.
	Changed []string
	// Output is what it printed.
	Output string
}

// Pulumi runs plain pulumi in the clone, as after `source .local/env`. dir
// chooses another folder for the project, "" is the clone.
func (c *Cloud) Pulumi(dir string, args ...string) (Update, error) {
	if dir == "" {
		dir = string(c.Root)
	}
	logDir, err := os.MkdirTemp("", "pulumi-events-")
	if err != nil {
		return Update{}, err
	}
	defer os.RemoveAll(logDir)
	log := filepath.Join(logDir, "events.json")

	args = append(slices.Clone(args), "--non-interactive", "--suppress-progress", "--color", "never", "--event-log", log)
	cmd := c.pulumi(args...)
	cmd.Dir = dir
	// --event-log is among the flags that this variable shows.
	cmd.Env = append(append(os.Environ(), c.Root.PulumiEnv(envPath())...), "PULUMI_DEBUG_COMMANDS=true")
	began := time.Now()
	out, runErr := cmd.CombinedOutput()
	update := Update{Took: time.Since(began), Done: time.Now(), Output: string(out)}
	if runErr != nil {
		return update, fmt.Errorf("pulumi %s: %w\n%s", strings.Join(args, " "), runErr, out)
	}
	events, err := os.ReadFile(log)
	if err != nil {
		return update, fmt.Errorf("pulumi %s: reading its events: %w", args[0], err)
	}
	update.Changed, err = changes(events)
	return update, err
}

// pulumi is the command with what it starts, the program and the plugins, at
// a low priority. In reality it runs on the operator's machine and not on the
// clusters'; here both share a few cores, and an up under load must not be what
// makes requests late. What is measured is then the cloud, and not the machine.
func (c *Cloud) pulumi(args ...string) *exec.Cmd {
	cmd := exec.Command("nice", append([]string{"-n", "10", c.Root.Bin("pulumi")}, args...)...)
	cmd.Dir = string(c.Root)
	return cmd
}

func envPath() string { return os.Getenv("PATH") }

// changes reads from an event log which resources the last operation in it
// touched: `pulumi up` logs its preview first.
func changes(events []byte) ([]string, error) {
	var changed []string
	lines := bufio.NewScanner(bytes.NewReader(events))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var event apitype.EngineEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, fmt.Errorf("reading pulumi's events: %w", err)
		}
		switch {
		case event.PreludeEvent != nil:
			changed = nil
		case event.ResOutputsEvent != nil:
			step := event.ResOutputsEvent.Metadata
			if quiet(step) {
				continue
			}
			urn := step.URN
			if _, rest, ok := strings.Cut(urn, "::"); ok {
				_, urn, _ = strings.Cut(rest, "::")
			}
			changed = append(changed, fmt.Sprintf("%s %s", step.Op, urn))
		}
	}
	slices.Sort(changed)
	return changed, lines.Err()
}

// quiet says that a step left its resource as it was. A refresh is a step too:
// what it found is in the difference of the outputs.
func quiet(step apitype.StepEventMetadata) bool {
	switch step.Op {
	case apitype.OpSame, apitype.OpRead, apitype.OpReadDiscard:
		return true
	case apitype.OpRefresh:
		return len(step.DetailedDiff) == 0 && len(step.Diffs) == 0
	}
	return false
}

// Up runs `pulumi up` on a stack.
func (c *Cloud) Up(t testing.TB, stack string) Update {
	t.Helper()
	update, err := c.Pulumi("", "up", "--yes", "--stack", stack)
	require.NoError(t, err)
	t.Logf("pulumi up -s %s: %.1f s, changed %d: %s", stack, update.Took.Seconds(), len(update.Changed), strings.Join(update.Changed, ", "))
	return update
}
