package toolchain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"live-omega/local/layout"
)

// trim leaves packages of one dependency out of a build: each with everything
// below it, and with every module that only it needs.
type trim struct {
	// Module is the dependency's path.
	Module string
	// Stands are what takes the place of each package.
	Stands []stand
}

// stand takes the place of a package that is left out.
type stand struct {
	// Package is the folder in the module that is left out.
	Package string
	// File is the Go file, relative to the tool's folder, that is the
	// package's content instead.
	File string
}

// trimmed makes copies of the trimmed modules and a module file that uses them,
// and returns the module file's path. The copies are taken from Go's module
// cache, whose content go.sum has verified.
func (t Tool) trimmed(ctx context.Context, root layout.Root, env []string) (string, error) {
	dir, work := root.Path(filepath.FromSlash(t.Dir)), root.Local("build", t.Name)
	if err := os.RemoveAll(work); err != nil {
		return "", fmt.Errorf("clearing the copies of modules: %w", err)
	}
	for i, one := range t.trims {
		from, err := downloaded(ctx, dir, env, one.Module+"/"+one.Stands[0].Package)
		if err == nil {
			err = one.copy(from, copyOf(work, i), dir)
		}
		if err != nil {
			return "", fmt.Errorf("trimming %s: %w", one.Module, err)
		}
	}
	if err := copyFile(filepath.Join(dir, "go.sum"), filepath.Join(work, "go.sum")); err != nil {
		return "", fmt.Errorf("copying the sums of %s: %w", t.Name, err)
	}
	return replaced(dir, work, t.trims)
}

// downloaded is the folder of a module in Go's module cache. It is asked for by
// a package: go mod download would want more of a proxy than a build does, the
// .info file of the version, which not every proxy has.
func downloaded(ctx context.Context, dir string, env []string, pkg string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-find", "-f", "{{.Module.Dir}}", pkg)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return "", fmt.Errorf("finding it: %w: %s", err, bytes.TrimSpace(failed.Stderr))
	}
	return strings.TrimSpace(string(out)), err
}

// copyOf is where the copy of a tool's i-th trimmed module lies: module, module2
// and so on. The name gets into the binary.
func copyOf(work string, i int) string {
	if i == 0 {
		return filepath.Join(work, "module")
	}
	return filepath.Join(work, fmt.Sprintf("module%d", i+1))
}

// copy copies the module but for tests and what is left out; dir is the tool's
// folder. A package that the module does not have is an error: a new version
// may have moved it, and would be built whole again.
func (t trim) copy(from, to, dir string) error {
	left := map[string]bool{}
	for _, s := range t.Stands {
		folder := filepath.FromSlash(s.Package)
		if info, err := os.Stat(filepath.Join(from, folder)); err != nil || !info.IsDir() {
			return fmt.Errorf("it has no package %s to leave out", s.Package)
		}
		left[folder] = true
	}
	if err := copyWithout(from, to, left); err != nil {
		return err
	}
	for _, s := range t.Stands {
		if err := copyFile(filepath.Join(dir, filepath.FromSlash(s.File)), filepath.Join(to, filepath.FromSlash(s.Package), "stand.go")); err != nil {
			return err
		}
	}
	return nil
}

// replaced writes the module file. The paths in it are relative, since they get
// into the binary, which must be the same for a clone elsewhere.
func replaced(dir, work string, trims []trim) (string, error) {
	content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", err
	}
	mod, err := modfile.Parse("go.mod", content, nil)
	if err != nil {
		return "", err
	}
	for i, one := range trims {
		rel, err := filepath.Rel(dir, copyOf(work, i))
		if err != nil {
			return "", err
		}
		if err := mod.AddReplace(one.Module, "", filepath.ToSlash(rel), ""); err != nil {
			return "", err
		}
	}
	content, err = mod.Format()
	if err != nil {
		return "", err
	}
	path := filepath.Join(work, "go.mod")
	return path, layout.WriteFile(path, content, 0o644)
}

// copyWithout copies a module but for some folders and all tests.
func copyWithout(from, to string, without map[string]bool) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if without[rel] || entry.Name() == "testdata" {
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
