//go:build e2e

package bench

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"live-omega/tests/e2e/rig"
)

// project is a Pulumi project like the clone's, on the same state, whose
// program was built with the hundred apps of the tag bench and whose config
// may be changed at will.
type project struct {
	cloud *rig.Cloud
	dir   string
}

// newProject makes the project. At the end of the test the stack is again
// what the clone's own config says.
func newProject(t *testing.T, cloud *rig.Cloud) project {
	t.Helper()
	p := project{cloud, t.TempDir()}
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "bench", "-o", filepath.Join(p.dir, "program"), ".")
	build.Dir = string(cloud.Root)
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	// Paths in config are relative to the project, and the program asks the
	// go command where its modules lie.
	require.NoError(t, os.Symlink(cloud.Root.Local(), filepath.Join(p.dir, ".local")))
	for _, name := range []string{"go.mod", "go.sum"} {
		require.NoError(t, os.Symlink(cloud.Root.Path(name), filepath.Join(p.dir, name)))
	}
	file := read(t, cloud.Root.Path("Pulumi.yaml"))
	file["runtime"] = map[string]any{"name": "go", "options": map[string]any{"binary": "program"}}
	p.write(t, "Pulumi.yaml", file)
	t.Cleanup(func() { cloud.Up(t, stack) })
	return p
}

func read(t *testing.T, path string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, yaml.Unmarshal(text, &file), path)
	return file
}

func (p project) write(t *testing.T, name string, content any) {
	t.Helper()
	text, err := yaml.Marshal(content)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, name), text, 0o600))
}

// grow writes the stack's config with n apps: those of the clone, and as many
// others without pods as are missing.
func (p project) grow(t *testing.T, n int) {
	t.Helper()
	file := read(t, p.cloud.Config(stack))
	config := file["config"].(map[string]any)
	own := config["live-omega:apps"].(map[string]any)
	hello := own["hello"].(map[string]any)["variants"].(map[string]any)["a"].(map[string]any)
	empty := maps.Clone(hello)
	empty["replicas"] = 0

	apps := maps.Clone(own)
	for i := 0; len(apps) < n; i++ {
		apps[fmt.Sprintf("bench-%03d", i)] = map[string]any{
			"variants": map[string]any{"a": empty},
			"release":  map[string]any{"strategy": "ramped"},
		}
	}
	config["live-omega:apps"] = apps
	p.write(t, "Pulumi."+stack+".yaml", file)
}

// run runs a command of pulumi on the stack and returns the time it took.
func (p project) run(t *testing.T, args ...string) time.Duration {
	t.Helper()
	update, err := p.cloud.Pulumi(p.dir, append(args, "--stack", stack)...)
	require.NoError(t, err)
	return update.Took
}
