package golang

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOptionsThatCannotBeMeantAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		raw  map[string]any
		want string
	}{
		"not a path":      {map[string]any{"buildTarget": true}, "buildTarget is true, want a path"},
		"both at a time":  {map[string]any{"binary": "a", "buildTarget": "b"}, `binary "a" and buildTarget "b" exclude each other`},
		"number for path": {map[string]any{"binary": 1.0}, "binary is 1, want a path"},
	} {
		if _, err := parseOptions(test.raw); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

func TestOptionsOfOtherHostsAreIgnored(t *testing.T) {
	o, err := parseOptions(map[string]any{"typescript": true, "buildTarget": "bin/program"})
	if err != nil || o != (options{buildTarget: "bin/program"}) {
		t.Errorf("options %+v and error %v", o, err)
	}
}

func TestBinaryIsFoundBesideTheProgramAndOnPath(t *testing.T) {
	program, path := t.TempDir(), t.TempDir()
	t.Setenv("PATH", path)
	for _, file := range []string{filepath.Join(program, "bin", "a"), filepath.Join(path, "b")} {
		write(t, file, "")
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(program, "data"), "")
	for binary, want := range map[string]string{
		"bin/a":                         filepath.Join(program, "bin", "a"),
		"b":                             filepath.Join(path, "b"),
		filepath.Join(program, "bin/a"): filepath.Join(program, "bin/a"),
		"data":                          "",
		"missing":                       "",
	} {
		got, err := findBinary(program, binary)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("binary %q: found %q with error %v, want %q", binary, got, err, want)
		}
	}
}

func TestMainPackageIsTheDirectoryOfTheEntryPoint(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cmd", "main.go"), "")
	for entry, want := range map[string]string{"": dir, ".": dir, "cmd": filepath.Join(dir, "cmd"), "cmd/main.go": filepath.Join(dir, "cmd")} {
		if got := mainPackage(dir, entry); got != want {
			t.Errorf("entry point %q: %s, want %s", entry, got, want)
		}
	}
}

func TestDefaultBuildTargetBelongsToOneProgram(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	target := func(pkg string) string {
		path, err := buildTarget(program{directory: pkg, pkg: pkg})
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	if target("/src/a/cloud") != target("/src/a/cloud") {
		t.Error("the same program has two targets: it would be linked anew every time")
	}
	if target("/src/a/cloud") == target("/src/b/cloud") {
		t.Error("two programs share a target: each would overwrite the other")
	}
}
