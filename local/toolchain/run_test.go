package toolchain

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"live-omega/local/layout"
	"live-omega/local/progress"
)

// tiny is a clone with three small commands of its own; gamma imports a package
// that embeds a file.
func tiny(t *testing.T) (layout.Root, []Tool) {
	t.Helper()
	root := layout.Root(t.TempDir())
	for path, content := range map[string]string{
		"go.mod":             "module live-omega\n\ngo 1.26\n",
		"alpha/main.go":      "package main\n\nvar version string\n\nfunc main() { print(version) }\n",
		"beta/main.go":       "package main\n\nfunc main() {}\n",
		"gamma/main.go":      "package main\n\nimport \"live-omega/words\"\n\nfunc main() { print(words.All) }\n",
		"words/words.go":     "package words\n\nimport _ \"embed\"\n\n//go:embed text/*.txt\nvar All string\n",
		"words/text/one.txt": "one",
	} {
		require.NoError(t, layout.WriteFile(root.Path(filepath.FromSlash(path)), []byte(content), 0o644))
	}
	tools := []Tool{own("alpha", "v1.0.0", "./alpha"), own("beta", "v1.0.0", "./beta"), own("gamma", "v1.0.0", "./gamma")}
	tools[0].Links = []string{"first", "second"}
	return root, tools
}

// ensure makes tools and returns what was shown meanwhile.
func ensure(t *testing.T, root layout.Root, table []Tool, f Finder) (shown string, err error) {
	t.Helper()
	var out bytes.Buffer
	run, err := start(t.Context(), root, progress.New(&out), f, table, nil)
	require.NoError(t, err)
	err = run.Wait()
	return out.String(), err
}

func TestOnlyWhatChangedIsBuiltAgain(t *testing.T) {
	root, tools := tiny(t)
	shown, err := ensure(t, root, tools, Finder{})
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(shown, "✓ building"), shown)
	out, err := exec.Command(root.Bin("second")).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "v1.0.0", string(out))

	shown, err = ensure(t, root, tools, Finder{})
	require.NoError(t, err)
	require.Empty(t, shown)

	for name, test := range map[string]struct {
		change func(*testing.T)
		want   string
	}{
		"a source": {func(t *testing.T) {
			require.NoError(t, layout.WriteFile(root.Path("beta/main.go"), []byte("package main\n\nfunc main() { print(1) }\n"), 0o644))
		}, "beta"},
		"an embedded file of an import": {func(t *testing.T) {
			require.NoError(t, layout.WriteFile(root.Path("words/text/one.txt"), []byte("two"), 0o644))
		}, "gamma"},
		"a binary that was removed": {func(t *testing.T) { require.NoError(t, os.Remove(root.Bin("alpha"))) }, "alpha"},
		"the version":               {func(*testing.T) { tools[1].Version = "v1.1.0" }, "beta"},
		"the flags":                 {func(*testing.T) { tools[2].LDFlags = "-X main.x=y" }, "gamma"},
	} {
		t.Run(name, func(t *testing.T) {
			test.change(t)
			shown, err := ensure(t, root, tools, Finder{})
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(shown, "✓ building"), shown)
			require.Contains(t, shown, "building "+test.want)
		})
	}
	t.Run("a test file changes nothing", func(t *testing.T) {
		require.NoError(t, layout.WriteFile(root.Path("beta/main_test.go"), []byte("package main\n"), 0o644))
		shown, err := ensure(t, root, tools, Finder{})
		require.NoError(t, err)
		require.Empty(t, shown)
	})
}

func TestTheSameSourcesGiveTheSameBytesOnAnyPath(t *testing.T) {
	var binaries [2][]byte
	for i := range binaries {
		root, tools := tiny(t)
		_, err := ensure(t, root, tools, Finder{})
		require.NoError(t, err)
		binaries[i], err = os.ReadFile(root.Bin("gamma"))
		require.NoError(t, err)
	}
	require.True(t, bytes.Equal(binaries[0], binaries[1]))
}

func TestAFailedBuildShowsTheCompilersWordsAndKeepsTheOldBinary(t *testing.T) {
	root, tools := tiny(t)
	_, err := ensure(t, root, tools, Finder{})
	require.NoError(t, err)
	before, err := os.ReadFile(root.Bin("beta"))
	require.NoError(t, err)
	require.NoError(t, layout.WriteFile(root.Path("beta/main.go"), []byte("package main\n\nfunc main() { undefined() }\n"), 0o644))

	_, err = ensure(t, root, tools, Finder{})
	require.ErrorContains(t, err, "building beta: exit status 1; the last lines of "+root.Logs("build", "beta.log"))
	require.ErrorContains(t, err, "undefined: undefined")
	require.NotContains(t, err.Error(), "stopped, since")
	after, err := os.ReadFile(root.Bin("beta"))
	require.NoError(t, err)
	require.Equal(t, before, after)
	log, err := os.ReadFile(root.Logs("build", "beta.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "-trimpath")
}

func TestOneToolCanBeWaitedFor(t *testing.T) {
	root, tools := tiny(t)
	run, err := start(t.Context(), root, nil, Finder{}, tools, []string{"alpha", "beta"})
	require.NoError(t, err)
	require.NoError(t, run.Wait("alpha"))
	require.FileExists(t, root.Bin("alpha"))
	require.ErrorContains(t, run.Wait("gamma"), "waiting for gamma: it is not among the tools being made: alpha, beta")
	require.NoError(t, run.Wait())
}

func TestACancelledRunLeavesNoHalfBuiltTool(t *testing.T) {
	root, tools := tiny(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run, err := start(ctx, root, nil, Finder{}, tools, nil)
	require.NoError(t, err)
	require.ErrorIs(t, run.Wait(), context.Canceled)
	require.NoFileExists(t, root.Bin("alpha"))
}

func TestAnOfficialBuildIsLinkedAndGivenUpWhenItIsGone(t *testing.T) {
	root, tools := tiny(t)
	officialBeta := installed(t, t.TempDir(), "beta")
	there := true
	tools[1].official = func(Finder, Tool) (string, string, bool) { return officialBeta, "v9.9.9", there }

	shown, err := ensure(t, root, tools, Finder{})
	require.NoError(t, err)
	require.Contains(t, shown, "using the installed beta v9.9.9, "+officialBeta)
	require.NotContains(t, shown, "building beta")
	target, err := os.Readlink(root.Bin("beta"))
	require.NoError(t, err)
	require.Equal(t, officialBeta, target)

	shown, err = ensure(t, root, tools, Finder{})
	require.NoError(t, err)
	require.Empty(t, shown, "it is said once")

	shown, err = ensure(t, root, tools, Finder{Disabled: true})
	require.NoError(t, err)
	require.Contains(t, shown, "✓ building beta")
	info, err := os.Lstat(root.Bin("beta"))
	require.NoError(t, err)
	require.True(t, info.Mode().IsRegular())
	installedNow, err := os.ReadFile(officialBeta)
	require.NoError(t, err)
	require.Equal(t, "#!/bin/sh\n", string(installedNow), "the installed one is never written to")

	there = false
	shown, err = ensure(t, root, tools, Finder{})
	require.NoError(t, err)
	require.Empty(t, shown)
}

func TestProgressCountsPackages(t *testing.T) {
	out := "go: downloading example.com/a v1.0.0\ninternal/cpu\nexample.com/a\n# example.com/a\na.go:1: broken: oops\nexample.com/b\n"
	var updates []string
	last := follow(strings.NewReader(out), 3, func(format string, args ...any) {
		updates = append(updates, strings.TrimSpace(fmt.Sprintf(format, args...)))
	})
	require.Equal(t, []string{"downloaded 1 modules", "1 of at most 3 packages compiled", "2 of at most 3 packages compiled", "linking"}, updates)
	require.Equal(t, []string{"# example.com/a", "a.go:1: broken: oops"}, last)
}

func TestMemoryDecidesHowManyToolsAreBuiltAtOnce(t *testing.T) {
	require.Equal(t, int64(19000)<<10, availableMemory("MemTotal:  24103 kB\nMemAvailable:   19000 kB\nBuffers: 1 kB\n"))
	require.Zero(t, availableMemory("nothing"))
}
