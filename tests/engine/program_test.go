//go:build integration

package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoProgramIsBuiltAndRun takes the way of a program without runtime options:
// the language host builds it, into its cache.
func TestGoProgramIsBuiltAndRun(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	cache := t.TempDir()
	c.env = append(c.env, "XDG_CACHE_HOME="+cache, "GOCACHE="+goCache(t))
	writeFile(t, filepath.Join(c.dir, "Pulumi.yaml"),
		"name: program\nruntime: go\nmain: "+built.root.Path("tests", "engine", "testdata", "program")+"\nconfig: {program:generation: first}\n")
	c.init(t, "test")

	c.up(t, "test")
	target := onlyFile(t, filepath.Join(cache, "pulumi-language-go", "program-*[0-9a-f]"))
	linked, err := os.Stat(target)
	if err != nil {
		t.Fatal(err)
	}
	first := c.outputs(t, "test")
	if len(first["password"]) != 20 || len(first["id"]) != 8 {
		t.Errorf("outputs have %d and %d characters, want 20 and 8", len(first["password"]), len(first["id"]))
	}

	c.up(t, "test", "--expect-no-changes")
	if again, err := os.Stat(target); err != nil || !again.ModTime().Equal(linked.ModTime()) {
		t.Errorf("an unchanged program was linked again: %v", err)
	}

	c.pulumi(t, "config", "set", "generation", "second", "-s", "test")
	c.up(t, "test")
	second := c.outputs(t, "test")
	if second["password"] == first["password"] {
		t.Error("a changed keeper did not replace the password")
	}
	if second["id"] != first["id"] {
		t.Error("the id was replaced, although nothing of it changed")
	}

	c.pulumi(t, "config", "set", "fail", "true", "-s", "test")
	out := c.refused(t, "up", "--yes", "--skip-preview", "-s", "test")
	if !strings.Contains(out, "told to fail") || strings.Contains(out, "non-zero exit code") {
		t.Errorf("the program's failure is not reported in its own words alone:\n%s", out)
	}
	c.pulumi(t, "config", "rm", "fail", "-s", "test")
	c.up(t, "test", "--expect-no-changes")

	for command, want := range map[string]string{"about": "This project is written in go", "plugin ls": "random resource 4.21.2"} {
		if out := c.pulumi(t, strings.Fields(command)...); !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("pulumi %s does not say %q:\n%s", command, want, out)
		}
	}
	c.pulumi(t, "destroy", "--yes", "--skip-preview", "-s", "test")
}

// TestRandomValuesAreImported gives a password that exists to the state.
func TestRandomValuesAreImported(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	writeFile(t, filepath.Join(c.dir, "Pulumi.yaml"), "name: program\nruntime: {name: go, options: {binary: /bin/true}}\n")
	c.init(t, "test")
	const existing = "an-existing-pa55word"
	c.pulumi(t, "import", "--yes", "--generate-code=false", "--protect=false", "-s", "test", "random:index/randomPassword:RandomPassword", "existing", existing)
	exported := c.pulumi(t, "stack", "export", "-s", "test")
	if strings.Contains(exported, existing) {
		t.Errorf("the imported password is in plain text in the state")
	}
	if shown := c.pulumi(t, "stack", "export", "--show-secrets", "-s", "test"); !strings.Contains(shown, existing) {
		t.Errorf("the imported password is not in the state:\n%s", exported)
	}
	c.pulumi(t, "destroy", "--yes", "--skip-preview", "-s", "test")
}

func (c *cloud) outputs(t *testing.T, stack string) map[string]string {
	t.Helper()
	var outputs map[string]string
	if err := json.Unmarshal([]byte(c.pulumi(t, "stack", "output", "--json", "--show-secrets", "-s", stack)), &outputs); err != nil {
		t.Fatal(err)
	}
	return outputs
}

// goCache is the build cache of this machine: an empty one would mean compiling
// the SDKs for minutes.
func goCache(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "go-build")
}

func onlyFile(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		t.Fatalf("%s matches %v (%v), want one file", pattern, files, err)
	}
	return files[0]
}
