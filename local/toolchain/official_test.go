package toolchain

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// installed puts a file that may be run at a path.
func installed(t *testing.T, elements ...string) string {
	t.Helper()
	path := filepath.Join(elements...)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755))
	return path
}

func TestVersionsAreComparedAsVersions(t *testing.T) {
	for _, test := range []struct {
		version, want string
		ok            bool
	}{
		{"v3.258.0", "v3.258.0", true},
		{"v3.1000.0", "v3.258.0", true},
		{"v4.0.0", "v3.258.0", true},
		{"v3.99.0", "v3.258.0", false},
		{"v3.258.0-alpha.1", "v3.258.0", false},
		{"v3.259.0-dev.0", "v3.258.0", true},
		{"3.259.0", "v3.258.0", false},
		{"dev", "v3.258.0", false},
		{"", "v3.258.0", false},
	} {
		require.Equal(t, test.ok, atLeast(test.version, test.want), "%q for %q", test.version, test.want)
	}
}

func TestAnInstalledPulumiIsUsedOnlyIfItCanRunTheProgram(t *testing.T) {
	tool := Tool{Name: "pulumi", Version: "v3.258.0"}
	host := Tool{Name: "pulumi-language-go", Version: "v3.258.0"}
	for name, test := range map[string]struct {
		version string
		err     error
		host    bool
		found   bool
	}{
		"new enough":              {version: "v3.260.1", host: true, found: true},
		"too old":                 {version: "v3.257.9", host: true},
		"without a language host": {version: "v3.260.1"},
		"broken":                  {err: errors.New("exit status 1"), host: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			real := installed(t, dir, "opt", "pulumi")
			if test.host {
				installed(t, dir, "opt", "pulumi-language-go")
			}
			// As package managers do: a link on PATH to somewhere else.
			bin := filepath.Join(dir, "bin")
			require.NoError(t, os.Mkdir(bin, 0o755))
			require.NoError(t, os.Symlink(real, filepath.Join(bin, "pulumi")))
			f := Finder{
				Path:    []string{filepath.Join(dir, "empty"), bin},
				Version: func(string) (string, error) { return test.version, test.err },
			}
			path, version, ok := f.pulumi(tool)
			require.Equal(t, test.found, ok)
			hostPath, _, hostOK := f.languageHost(host)
			require.Equal(t, test.found, hostOK, "the CLI and its language host are used together or not at all")
			if test.found {
				require.Equal(t, filepath.Join(bin, "pulumi"), path)
				require.Equal(t, test.version, version)
				require.Equal(t, filepath.Join(dir, "opt", "pulumi-language-go"), hostPath)
			}
		})
	}
}

func TestTheNewestInstalledPluginOfTheSameMajorVersionIsUsed(t *testing.T) {
	tool := resourcePlugin("kubernetes", "4.30.0")
	dir := t.TempDir()
	f := Finder{Plugins: dir}
	_, _, ok := f.resourcePlugin(tool)
	require.False(t, ok)

	installed(t, dir, "resource-kubernetes-v4.29.9", "pulumi-resource-kubernetes")
	installed(t, dir, "resource-kubernetes-v5.0.0", "pulumi-resource-kubernetes")
	installed(t, dir, "resource-random-v4.99.0", "pulumi-resource-random")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "resource-kubernetes-v4.40.0"), 0o755)) // half installed
	_, _, ok = f.resourcePlugin(tool)
	require.False(t, ok)

	installed(t, dir, "resource-kubernetes-v4.30.0", "pulumi-resource-kubernetes")
	want := installed(t, dir, "resource-kubernetes-v4.31.2", "pulumi-resource-kubernetes")
	path, version, ok := f.resourcePlugin(tool)
	require.True(t, ok)
	require.Equal(t, want, path)
	require.Equal(t, "v4.31.2", version)
}

func TestTheVersionOfACommandIsAskedOnceUntilItChanges(t *testing.T) {
	dir := t.TempDir()
	path := installed(t, dir, "pulumi")
	asked := 0
	version := remembered(filepath.Join(dir, ".versions"), func(string) (string, error) {
		asked++
		return "v3.260.0", nil
	})
	for range 3 {
		v, err := version(path)
		require.NoError(t, err)
		require.Equal(t, "v3.260.0", v)
	}
	require.Equal(t, 1, asked)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n# newer\n"), 0o755))
	_, err := version(path)
	require.NoError(t, err)
	require.Equal(t, 2, asked)
}
