package toolchain

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"live-omega/local/layout"
)

// trim leaves a part of a dependency out of a build: a package, and with it
// everything below it and every module that only it needs.
type trim struct {
	// Module is the dependency's path.
	Module string
	// Package is the folder in the module that is left out.
	Package string
	// Stand is the Go file, relative to the tool's folder, that is the
	// package's content instead.
	Stand string
}

// trimmed makes a copy of the trimmed module and a module file that uses it,
// and returns the module file's path. The copy is taken from Go's module
// cache, whose content go.sum has verified.
func (t Tool) trimmed(ctx context.Context, root layout.Root, env []string) (string, error) {
	dir := root.Path(filepath.FromSlash(t.Dir))
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", t.trim.Module)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &module); jsonErr != nil || module.Error != "" || module.Dir == "" {
		return "", fmt.Errorf("downloading %s: %s (%v)", t.trim.Module, module.Error, err)
	}
	work := root.Local("build", t.Name)
	if err := os.RemoveAll(work); err != nil {
		return "", fmt.Errorf("clearing the copy of %s: %w", t.trim.Module, err)
	}
	if err := copyWithout(module.Dir, filepath.Join(work, "module"), filepath.FromSlash(t.trim.Package)); err != nil {
		return "", fmt.Errorf("copying %s: %w", t.trim.Module, err)
	}
	stand := filepath.Join(work, "module", filepath.FromSlash(t.trim.Package), "stand.go")
	if err := copyFile(filepath.Join(dir, filepath.FromSlash(t.trim.Stand)), stand); err != nil {
		return "", fmt.Errorf("trimming %s: %w", t.trim.Module, err)
	}
	if err := copyFile(filepath.Join(dir, "go.sum"), filepath.Join(work, "go.sum")); err != nil {
		return "", fmt.Errorf("trimming %s: %w", t.trim.Module, err)
	}
	return replaced(dir, work, t.trim.Module)
}

// replaced writes the module file. The path in it is relative, since it gets
// into the binary, which must be the same for a clone elsewhere.
func replaced(dir, work, module string) (string, error) {
	content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("trimming %s: %w", module, err)
	}
	mod, err := modfile.Parse("go.mod", content, nil)
	if err != nil {
		return "", fmt.Errorf("trimming %s: %w", module, err)
	}
	rel, err := filepath.Rel(dir, filepath.Join(work, "module"))
	if err != nil {
		return "", fmt.Errorf("trimming %s: %w", module, err)
	}
	if err := mod.AddReplace(module, "", filepath.ToSlash(rel), ""); err != nil {
		return "", fmt.Errorf("trimming %s: %w", module, err)
	}
	content, err = mod.Format()
	if err != nil {
		return "", fmt.Errorf("trimming %s: %w", module, err)
	}
	path := filepath.Join(work, "go.mod")
	return path, layout.WriteFile(path, content, 0o644)
}

// copyWithout copies a module but for one folder and its tests.
func copyWithout(from, to, without string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if rel == without || entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.Type().IsRegular() || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		return copyFile(path, filepath.Join(to, rel))
	})
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o644)
}
