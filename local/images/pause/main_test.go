package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets this test binary be pause itself.
func TestMain(m *testing.M) {
	if os.Getenv("BE_PAUSE") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestPauseCollectsOrphansAndLeavesWhenItIsTold(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			// Pause becomes the parent of two processes that end soon, as
			// orphans of a pod do.
			cmd := exec.Command("/bin/sh", "-c", `sleep 0.05 & sleep 0.1 & exec "$0"`, os.Args[0])
			cmd.Env = append(os.Environ(), "BE_PAUSE=1")
			require.NoError(t, cmd.Start())
			t.Cleanup(func() { _ = cmd.Process.Kill() })
			collected := func() bool {
				name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cmd.Process.Pid))
				if err != nil || strings.HasPrefix(string(name), "sh") {
					return false
				}
				children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", cmd.Process.Pid))
				return err == nil && strings.TrimSpace(string(children)) == ""
			}
			require.Eventually(t, collected, time.Minute, 5*time.Millisecond)
			// Whoever collects also listens.
			require.NoError(t, cmd.Process.Signal(signal))
			require.NoError(t, cmd.Wait(), "exit code 0")
		})
	}
}
