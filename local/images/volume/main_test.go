package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVolumesAreMadeForAnyUserAndRemovedWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "volumes", "pvc-1")
	require.NoError(t, run([]string{"-p", dir, "-s", "1024", "-m", "Filesystem", "-a", "create"}))
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o777), info.Mode().Perm())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data"), []byte("x"), 0o600))

	require.NoError(t, run([]string{"-p", dir, "-s", "1024", "-m", "Filesystem", "-a", "delete"}))
	require.NoDirExists(t, dir)
	require.DirExists(t, filepath.Dir(dir))
	require.NoError(t, run([]string{"-p", dir, "-a", "delete"}), "removing what is gone is no error")
}

func TestVolumeRefusesWhatItCannotOrMustNotDo(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"block volumes":   {[]string{"-p", "/a/b", "-m", "Block", "-a", "create"}, `-m "Block"`},
		"the root":        {[]string{"-p", "/", "-a", "delete"}, "two levels deep"},
		"a top folder":    {[]string{"-p", "/var/", "-a", "delete"}, "two levels deep"},
		"dots to the top": {[]string{"-p", "/var/x/..", "-a", "delete"}, "two levels deep"},
		"relative paths":  {[]string{"-p", "a/b/c", "-a", "delete"}, "absolute"},
		"no action":       {[]string{"-p", "/a/b"}, `-a ""`},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, run(test.args), test.want)
		})
	}
}
