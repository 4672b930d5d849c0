//go:build integration

package engine

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestKilledUpConverges kills `pulumi up -s live` (-9) three times at different
// moments of the first deployment. Each time `pulumi cancel` takes the dead one's
// lock away and up goes on; objects that were made but not recorded are adopted.
// The CLI keeps listing creations that were under way as pending until a refresh
// is told to clear them.
func TestKilledUpConverges(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "live", "omega")
	c.init(t, "shared", "live", "omega")
	c.up(t, "shared")
	c.up(t, "omega") // the same program and config, undisturbed: what live must come to
	total := len(c.export(t, "omega").Resources)

	for _, recorded := range []int{2, total / 3, 2 * total / 3} {
		c.killUp(t, "live", recorded)
		if out := c.refused(t, "up", "--yes", "--skip-preview", "-s", "live"); !strings.Contains(out, "pulumi cancel") {
			t.Errorf("after a kill, up does not point at the way out:\n%s", out)
		}
		c.pulumi(t, "cancel", "--yes", "-s", "live")
	}
	c.up(t, "live")
	c.pulumi(t, "refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--expect-no-changes", "-s", "live")
	c.up(t, "live", "--expect-no-changes")

	live := c.export(t, "live")
	if len(live.PendingOperations) != 0 {
		t.Errorf("operations are still pending: %v", live.PendingOperations)
	}
	seen := map[string]bool{}
	for _, resource := range live.Resources {
		if seen[resource.URN] {
			t.Errorf("%s is in the state twice", resource.URN)
		}
		seen[resource.URN] = true
	}
	if len(live.Resources) != total {
		t.Errorf("the state has %d resources, want %d", len(live.Resources), total)
	}
	if got, want := c.clusters["live"].deployed(t), c.clusters["omega"].deployed(t); !slices.Equal(got, want) {
		t.Errorf("live has\n%s\nwant what omega has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, stack := range []string{"live", "omega"} {
		c.pulumi(t, "destroy", "--yes", "--skip-preview", "-s", stack)
		if left := c.clusters[stack].deployed(t); len(left) != 0 {
			t.Errorf("left in %s:\n%s", stack, strings.Join(left, "\n"))
		}
	}
}

// killUp kills an up as soon as the state holds that many resources. Nothing of
// it may stay: no plugin, no program.
func (c *cloud) killUp(t *testing.T, stack string, recorded int) {
	t.Helper()
	var out bytes.Buffer
	cmd := c.command("up", "--yes", "--skip-preview", "-s", stack)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	state := filepath.Join(c.state, ".pulumi", "stacks", "live-omega", stack+".json")
	eventually(t, "enough of "+stack+" is recorded to kill its up", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("up ended before it could be killed: %v\n%s", err, out.String())
		default:
		}
		return count(state) >= recorded
	})
	// Only the CLI: its children have to notice by themselves.
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-ended
	eventually(t, "plugins and program ended with the CLI", func() bool { return len(c.children(t)) == 0 })
}

// count is the number of resources in a state file that may be half written.
func count(path string) int {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	var state struct {
		Checkpoint struct {
			Latest struct{ Resources []json.RawMessage }
		}
	}
	if json.Unmarshal(data, &state) != nil {
		return 0
	}
	return len(state.Checkpoint.Latest.Resources)
}

// children are the processes that run a binary of this test for this cloud, which
// their environment tells: other tests run the same binaries at the same time.
func (c *cloud) children(t *testing.T) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(target, built.dir+"/") {
			continue
		}
		environ, err := os.ReadFile(filepath.Join(filepath.Dir(link), "environ"))
		if err == nil && bytes.Contains(environ, []byte(c.home)) {
			found = append(found, target)
		}
	}
	return found
}
