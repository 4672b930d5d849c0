package toolchain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/build"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"live-omega/local/layout"
)

// module is the import path of the project's own module.
const module = "live-omega"

// stampPath is the file beside a binary that says what it was made from.
func stampPath(binary string) string {
	return filepath.Join(filepath.Dir(binary), "."+filepath.Base(binary)+".stamp")
}

// readStamp returns what the binary was made from, or "" if the binary or its
// stamp is not there.
func readStamp(binary string) string {
	info, err := os.Stat(binary)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return ""
	}
	stamp, err := os.ReadFile(stampPath(binary))
	if err != nil {
		return ""
	}
	return string(stamp)
}

// Stamp identifies what a built tool was made from; it changes when the bytes
// of the binary may have changed. The tool must have been built.
func Stamp(root layout.Root, name string) (string, error) {
	tools, err := find(Table(), []string{name})
	if err != nil {
		return "", err
	}
	stamp := readStamp(tools[0].Path(root))
	if stamp == "" {
		return "", fmt.Errorf("%s is not built: run `make tools`", name)
	}
	return stamp, nil
}

// wantStamp is the stamp that a build of the tool would leave now.
func wantStamp(root layout.Root, t Tool) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, t.Name, t.Version, t.Package, t.flags(), pinned(), runtime.GOARCH)
	if len(t.trims) > 0 {
		fmt.Fprintln(h, t.trims)
	}
	files, err := inputs(root, t)
	if err != nil {
		return "", fmt.Errorf("finding what %s is built from: %w", t.Name, err)
	}
	for _, f := range files {
		if err := hashFile(h, root, f); err != nil {
			return "", fmt.Errorf("hashing what %s is built from: %w", t.Name, err)
		}
	}
	return fmt.Sprintf("%s %s %s %s\n", t.Name, t.Version, GoToolchain, hex.EncodeToString(h.Sum(nil))), nil
}

func hashFile(h io.Writer, root layout.Root, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	// The relative path: the same clone elsewhere has the same stamps.
	rel, err := filepath.Rel(string(root), path)
	if err != nil {
		return err
	}
	fmt.Fprintln(h, rel)
	_, err = io.Copy(h, f)
	return err
}

// inputs are the files that decide about a tool: its module file and sums,
// and the sources that are not pinned by them.
func inputs(root layout.Root, t Tool) ([]string, error) {
	dir := root.Path(filepath.FromSlash(t.Dir))
	mod := "go.mod"
	if t.Modfile != "" {
		mod = t.Modfile
	}
	files := []string{filepath.Join(dir, mod)}
	sum := filepath.Join(dir, strings.TrimSuffix(mod, ".mod")+".sum")
	if _, err := os.Stat(sum); err == nil {
		files = append(files, sum)
	}
	for _, one := range t.trims {
		for _, s := range one.Stands {
			files = append(files, filepath.Join(dir, filepath.FromSlash(s.File)))
		}
	}
	if !strings.HasPrefix(t.Package, ".") {
		return files, nil
	}
	sources, err := ownSources(dir, filepath.Join(dir, filepath.FromSlash(t.Package)))
	return append(files, sources...), err
}

// ownSources are the files of a package and of every package of the same
// module that it imports, found by reading import clauses. go list would give
// the same and take a second.
func ownSources(moduleDir, packageDir string) ([]string, error) {
	// Only the build constraints of the machine at hand are wanted.
	ctx := build.Default
	ctx.CgoEnabled, ctx.GOOS = false, "linux"
	seen := map[string]bool{}
	var files []string
	var visit func(dir string) error
	visit = func(dir string) error {
		if seen[dir] {
			return nil
		}
		seen[dir] = true
		p, err := ctx.ImportDir(dir, 0)
		if err != nil {
			return err
		}
		for _, list := range [][]string{p.GoFiles, p.SFiles, p.HFiles} {
			for _, f := range list {
				files = append(files, filepath.Join(dir, f))
			}
		}
		embedded, err := embeds(dir, p.EmbedPatterns)
		if err != nil {
			return err
		}
		files = append(files, embedded...)
		for _, imp := range p.Imports {
			if rel, ok := strings.CutPrefix(imp, module+"/"); ok {
				if err := visit(filepath.Join(moduleDir, filepath.FromSlash(rel))); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := visit(filepath.Clean(packageDir)); err != nil {
		return nil, err
	}
	sort.Strings(files)
	return files, nil
}

func embeds(dir string, patterns []string) ([]string, error) {
	var files []string
	for _, pattern := range patterns {
		matches, err := filepath.Glob(filepath.Join(dir, strings.TrimPrefix(pattern, "all:")))
		if err != nil {
			return nil, err
		}
		for _, m := range matches {
			err := filepath.WalkDir(m, func(path string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					files = append(files, path)
				}
				return err
			})
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
	return files, nil
}
