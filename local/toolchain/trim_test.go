package toolchain

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"live-omega/local/layout"
)

func TestATrimmedModuleHasStandsForWhatItLacks(t *testing.T) {
	from, to, tool := t.TempDir(), t.TempDir(), t.TempDir()
	for _, path := range []string{
		"go.mod", "a.go", "a_test.go", "embedded.txt", "testdata/x.go",
		"providers/dns/dns.go", "providers/dns/aws/aws.go", "providers/http/http.go",
		"logs/aws.go", "logs/google.go",
	} {
		// The module cache is read-only, folders and files alike.
		require.NoError(t, layout.WriteFile(filepath.Join(from, path), []byte("content of "+path), 0o444))
	}
	for _, path := range []string{"nodns/nodns.go", "nologs.go"} {
		require.NoError(t, layout.WriteFile(filepath.Join(tool, path), []byte("content of "+path), 0o644))
	}
	one := trim{"example.com/acme", []stand{{"providers/dns", "nodns/nodns.go"}, {"logs", "nologs.go"}}}
	require.NoError(t, one.copy(from, to, tool))
	copied := map[string]string{}
	require.NoError(t, filepath.WalkDir(to, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(to, path)
		require.NoError(t, err)
		content, err := os.ReadFile(path)
		copied[rel] = string(content)
		return err
	}))
	require.Equal(t, map[string]string{
		"a.go": "content of a.go", "embedded.txt": "content of embedded.txt", "go.mod": "content of go.mod",
		"providers/http/http.go": "content of providers/http/http.go",
		"providers/dns/stand.go": "content of nodns/nodns.go", "logs/stand.go": "content of nologs.go",
	}, copied)
}

func TestAPackageToLeaveOutMustBeThere(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	require.NoError(t, layout.WriteFile(filepath.Join(from, "moved/dns/dns.go"), nil, 0o444))
	one := trim{"example.com/acme", []stand{{"providers/dns", "nodns.go"}}}
	require.EqualError(t, one.copy(from, to, from), "it has no package providers/dns to leave out")
	require.NoDirExists(t, to)
}

func TestTrimmedModulesAreUsedByRelativePaths(t *testing.T) {
	var contents [2]string
	for i := range contents {
		root := layout.Root(t.TempDir())
		dir := root.Path("local", "tools", "traefik")
		require.NoError(t, layout.WriteFile(filepath.Join(dir, "go.mod"),
			[]byte("module tool\n\ngo 1.26\n\nrequire example.com/acme v1.2.3\n\nreplace example.com/b => example.com/c v1.0.0\n"), 0o644))
		path, err := replaced(dir, root.Local("build", "traefik"), []trim{{Module: "example.com/acme"}, {Module: "example.com/mux/v3"}})
		require.NoError(t, err)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		contents[i] = string(content)
	}
	require.Equal(t, contents[0], contents[1], "a clone elsewhere builds the same")
	mod, err := modfile.Parse("go.mod", []byte(contents[0]), nil)
	require.NoError(t, err)
	require.Len(t, mod.Replace, 3)
	for i, module := range []string{"example.com/acme", "example.com/mux/v3"} {
		require.Equal(t, module, mod.Replace[i+1].Old.Path)
		require.Equal(t, "../../../.local/build/traefik/"+[]string{"module", "module2"}[i], mod.Replace[i+1].New.Path)
	}
}

func TestStandsAreOfThePackagesThatTheyReplace(t *testing.T) {
	checked := 0
	for _, tool := range Table() {
		for _, one := range tool.trims {
			for _, s := range one.Stands {
				file := clone(t).Path(filepath.FromSlash(tool.Dir), filepath.FromSlash(s.File))
				parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
				require.NoError(t, err, tool.Name)
				require.Equal(t, path.Base(s.Package), parsed.Name.Name, file)
				checked++
			}
		}
	}
	require.Positive(t, checked)
}
