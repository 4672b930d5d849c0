package golang

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"
)

// Asking `go build` whether a program is up to date takes half a second for one
// with the Kubernetes SDK. A fingerprint answers in milliseconds: a digest of
// the identity (size, inode, change time) of every file that may be an input.
// It takes in too many files rather than too few, and where it cannot know the
// inputs it says so and the program is built.

// settled is how old the newest input must be for its change time to prove that
// it has not been written since: clocks of file systems tick in milliseconds.
const settled = 100 * time.Millisecond

// maxInputs bounds the walk; a larger tree is left to `go build`.
const maxInputs = 20_000

type digest struct {
	Inputs string    `json:"inputs"`
	Taken  time.Time `json:"-"`
	Newest time.Time `json:"-"`
}

// record is what is kept beside a built program.
type record struct {
	digest
	// Embeds are the directories whose Go files embed others: whole subtrees
	// that are inputs.
	Embeds []string `json:"embeds"`
	Output string   `json:"output"`
}

func upToDate(path string, p program, target string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	var r record
	if json.Unmarshal(data, &r) != nil {
		return false
	}
	output, err := outputIdentity(target)
	if err != nil || output != r.Output {
		return false
	}
	now, err := fingerprintWith(p, target, r.Embeds)
	return err == nil && now.Inputs == r.Inputs
}

// save keeps the digest, unless an input is so young that its change time proves
// nothing.
func (d digest) save(path string, embeds []string, target string) error {
	if d.Taken.Sub(d.Newest) < settled {
		_ = os.Remove(path)
		return nil
	}
	output, err := outputIdentity(target)
	if err != nil {
		return fmt.Errorf("looking at the built program: %w", err)
	}
	data, err := json.Marshal(record{digest: d, Embeds: embeds, Output: output})
	if err != nil {
		return fmt.Errorf("recording the inputs of the built program: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("recording the inputs of the built program: %w", err)
	}
	return nil
}

func outputIdentity(target string) (string, error) {
	info, err := os.Stat(target)
	if err != nil {
		return "", err
	}
	return identity(info), nil
}

// identity changes whenever the file's content may have: the change time cannot
// be set by a program, unlike the modification time.
func identity(info fs.FileInfo) string {
	stat := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d %d %o %d.%d", info.Size(), stat.Ino, info.Mode(), stat.Ctim.Sec, stat.Ctim.Nsec)
}

// fingerprint also finds the directories with embedded files, which means
// reading every Go file.
func fingerprint(p program, target string) (digest, []string, error) {
	roots, err := sourceRoots(p.pkg)
	if err != nil {
		return digest{}, nil, err
	}
	var embeds []string
	for _, root := range roots {
		err := walkSources(root, func(path string, _ fs.FileInfo) error {
			if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			source, err := os.ReadFile(path)
			if err == nil && bytes.Contains(source, []byte("//go:embed ")) {
				embeds = append(embeds, filepath.Dir(path))
			}
			return err
		})
		if err != nil {
			return digest{}, nil, err
		}
	}
	slices.Sort(embeds)
	embeds = slices.Compact(embeds)
	d, err := fingerprintWith(p, target, embeds)
	return d, embeds, err
}

func fingerprintWith(p program, target string, embeds []string) (digest, error) {
	d := digest{Taken: time.Now()}
	sum := sha256.New()
	fmt.Fprintf(sum, "%v\npackage %s\ntarget %s\n", buildCommand, p.pkg, target)
	if err := hashToolchain(sum); err != nil {
		return digest{}, err
	}
	roots, err := sourceRoots(p.pkg)
	if err != nil {
		return digest{}, err
	}
	count := 0
	add := func(path string, info fs.FileInfo) error {
		if count++; count > maxInputs {
			return fmt.Errorf("more than %d files", maxInputs)
		}
		if path == target || path == target+".inputs" {
			return nil
		}
		stat := info.Sys().(*syscall.Stat_t)
		if changed := time.Unix(stat.Ctim.Unix()); changed.After(d.Newest) {
			d.Newest = changed
		}
		fmt.Fprintf(sum, "%s %s\n", path, identity(info))
		return nil
	}
	for _, root := range roots {
		if err := walkSources(root, add); err != nil {
			return digest{}, err
		}
	}
	for _, dir := range embeds {
		if err := walkAll(dir, add); err != nil {
			return digest{}, err
		}
	}
	d.Inputs = fmt.Sprintf("%x", sum.Sum(nil))
	return d, nil
}

// hashToolchain covers the compiler and everything in the environment that can
// steer it.
func hashToolchain(sum hash.Hash) error {
	path, err := exec.LookPath("go")
	if err != nil {
		return err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(sum, "go %s %s\n", path, identity(info))
	if flags := os.Getenv("GOFLAGS"); strings.Contains(flags, "-overlay") || strings.Contains(flags, "-modfile") {
		return errors.New("GOFLAGS names further inputs")
	}
	env := os.Environ()
	slices.Sort(env)
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_") || strings.HasPrefix(name, "PKG_CONFIG") ||
			name == "CC" || name == "CXX" || name == "FC" || name == "AR" || name == "HOME" || name == "XDG_CONFIG_HOME" {
			fmt.Fprintln(sum, entry)
		}
	}
	settings := os.Getenv("GOENV")
	if settings == "" {
		if dir, err := os.UserConfigDir(); err == nil {
			settings = filepath.Join(dir, "go", "env")
		}
	}
	if info, err := os.Stat(settings); err == nil {
		fmt.Fprintf(sum, "goenv %s\n", identity(info))
	}
	return nil
}

// sourceRoots are the directories whose files the build may read: the module of
// the package and the local directories that replace its dependencies. What is
// in the module cache is fixed by go.sum. Workspaces are left to `go build`.
func sourceRoots(pkg string) ([]string, error) {
	goMod, err := findUpwards(pkg, "go.mod")
	if err != nil {
		return nil, err
	}
	if work := os.Getenv("GOWORK"); work != "off" {
		if _, err := findUpwards(pkg, "go.work"); err == nil || work != "" {
			return nil, errors.New("the program is part of a Go workspace")
		}
	}
	data, err := os.ReadFile(goMod)
	if err != nil {
		return nil, err
	}
	file, err := modfile.ParseLax(goMod, data, nil)
	if err != nil {
		return nil, err
	}
	module := filepath.Dir(goMod)
	roots := []string{module}
	// ParseLax skips replacements, which matter here.
	if strict, err := modfile.Parse(goMod, data, nil); err == nil {
		file = strict
	}
	for _, replace := range file.Replace {
		if replace.New.Version != "" {
			continue
		}
		dir := replace.New.Path
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(module, dir)
		}
		roots = append(roots, dir)
	}
	return roots, nil
}

func findUpwards(start, name string) (string, error) {
	for dir := start; ; {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no %s in %s or above", name, start)
		}
		dir = parent
	}
}

// sourceExtensions are those that `go build` looks at, cgo included.
var sourceExtensions = []string{".go", ".s", ".S", ".sx", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".f", ".F", ".for", ".f90", ".syso", ".swig", ".swigcxx"}

// walkSources visits what a build of the module's packages may read. Import
// paths cannot have elements with a leading dot, and a nested module is another
// module's business.
func walkSources(root string, visit func(string, fs.FileInfo) error) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path == root {
				return nil
			}
			if strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			if _, err := os.Lstat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains(sourceExtensions, filepath.Ext(name)) && name != "go.mod" && name != "go.sum" && name != "modules.txt" {
			return nil
		}
		return visitFile(path, visit)
	})
}

// walkAll visits every file: what Go files embed may be of any kind.
func walkAll(root string, visit func(string, fs.FileInfo) error) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return visitFile(path, visit)
	})
}

// visitFile looks through symbolic links, as the compiler does.
func visitFile(path string, visit func(string, fs.FileInfo) error) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return nil
	}
	return visit(path, info)
}
