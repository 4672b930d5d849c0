package toolchain

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"live-omega/local/layout"
)

func TestATrimmedModuleLacksThePackageAndWhatIsBelow(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, path := range []string{
		"go.mod", "a.go", "a_test.go", "embedded.txt", "testdata/x.go",
		"providers/dns/dns.go", "providers/dns/aws/aws.go", "providers/http/http.go",
	} {
		// The module cache is read-only, folders and files alike.
		require.NoError(t, layout.WriteFile(filepath.Join(from, path), []byte("content of "+path), 0o444))
	}
	require.NoError(t, copyWithout(from, to, "providers/dns"))
	var copied []string
	require.NoError(t, filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			rel, _ := filepath.Rel(to, path)
			copied = append(copied, rel)
		}
		return err
	}))
	require.Equal(t, []string{"a.go", "embedded.txt", "go.mod", "providers/http/http.go"}, copied)
}

func TestATrimmedModuleIsUsedByARelativePath(t *testing.T) {
	var contents [2]string
	for i := range contents {
		root := layout.Root(t.TempDir())
		dir := root.Path("local", "tools", "traefik")
		require.NoError(t, layout.WriteFile(filepath.Join(dir, "go.mod"),
			[]byte("module tool\n\ngo 1.26\n\nrequire example.com/acme v1.2.3\n\nreplace example.com/b => example.com/c v1.0.0\n"), 0o644))
		path, err := replaced(dir, root.Local("build", "traefik"), "example.com/acme")
		require.NoError(t, err)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		contents[i] = string(content)
	}
	require.Equal(t, contents[0], contents[1], "a clone elsewhere builds the same")
	mod, err := modfile.Parse("go.mod", []byte(contents[0]), nil)
	require.NoError(t, err)
	require.Len(t, mod.Replace, 2)
	require.Equal(t, "example.com/acme", mod.Replace[1].Old.Path)
	require.Equal(t, "../../../.local/build/traefik/module", mod.Replace[1].New.Path)
}
