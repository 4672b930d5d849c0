package golang

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// project is a small program that embeds files, built once.
type project struct {
	t       *testing.T
	dir     string
	program program
	target  string
	builder *builder
}

func newProject(t *testing.T) *project {
	t.Helper()
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "")
	dir := t.TempDir()
	p := &project{
		t: t, dir: dir,
		program: program{directory: dir, pkg: dir, options: options{buildTarget: "bin/program"}},
		target:  filepath.Join(dir, "bin", "program"),
		builder: &builder{processes: newProcesses()},
	}
	p.write("go.mod", "module example\n\ngo 1.21\n")
	p.write("main.go", "package main\n\nimport \"example/data\"\n\nfunc main() { print(len(data.Files)) }\n")
	p.write("data/data.go", "package data\n\nimport \"embed\"\n\n//go:embed files\nvar Files2 embed.FS\n\nconst Files = \"\"\n")
	p.write("data/files/one.txt", "1")
	p.write("README.md", "read me")
	p.write(".hidden/notes.go", "package hidden")
	p.write("tools/go.mod", "module tools\n")
	p.write("tools/tool.go", "package tools")
	p.settle()
	p.build()
	return p
}

func (p *project) write(name, content string) {
	p.t.Helper()
	write(p.t, filepath.Join(p.dir, name), content)
}

// settle waits until the files are old enough for their change times to count.
func (p *project) settle() {
	p.t.Helper()
	start := time.Now()
	eventually(p.t, "files settled", func() bool { return time.Since(start) > settled })
}

func (p *project) build() {
	p.t.Helper()
	if _, err := p.builder.executable(p.t.Context(), p.program, func(string) {}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) upToDate() bool {
	return upToDate(p.target+".inputs", p.program, p.target)
}

func TestBuildIsSkippedOnlyWhenNoInputChanged(t *testing.T) {
	p := newProject(t)
	for _, test := range []struct {
		name  string
		edit  func()
		stale bool
	}{
		{"nothing", func() {}, false},
		{"a file that is no input", func() { p.write("README.md", "read me again") }, false},
		{"a config file", func() { p.write("Pulumi.live.yaml", "config: {}") }, false},
		{"a hidden directory", func() { p.write(".hidden/notes.go", "package other") }, false},
		{"a nested module", func() { p.write("tools/tool.go", "package other") }, false},
		{"a source file", func() { p.write("main.go", read(t, filepath.Join(p.dir, "main.go"))) }, true},
		{"a source file of the same size and modification time", func() { rewriteInPlace(t, filepath.Join(p.dir, "main.go")) }, true},
		{"a new source file", func() { p.write("more.go", "package main\n") }, true},
		{"a removed source file", func() { remove(t, filepath.Join(p.dir, "more.go")) }, true},
		{"an embedded file", func() { p.write("data/files/one.txt", "2") }, true},
		{"a new embedded file", func() { p.write("data/files/two.txt", "2") }, true},
		{"go.mod", func() { p.write("go.mod", "module example\n\ngo 1.22\n") }, true},
		{"the program itself", func() { truncate(t, p.target) }, true},
		{"the compiler's flags", func() { t.Setenv("GOFLAGS", "-tags=extra") }, true},
		{"an overlay", func() { t.Setenv("GOFLAGS", "-overlay="+filepath.Join(p.dir, "overlay.json")) }, true},
	} {
		if !p.upToDate() {
			t.Fatalf("before editing %s: the program is not up to date", test.name)
		}
		test.edit()
		if got := !p.upToDate(); got != test.stale {
			t.Errorf("after editing %s: build wanted %v, want %v", test.name, got, test.stale)
		}
		if test.name == "an overlay" {
			break
		}
		p.settle()
		p.build()
	}
}

// rewriteInPlace changes content while size, inode and modification time stay.
func rewriteInPlace(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte("\t"), info.Size()-1); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// truncate leaves what a build that was killed may leave.
func truncate(t *testing.T, path string) {
	t.Helper()
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func TestFreshEditIsNotTrustedByItsChangeTime(t *testing.T) {
	p := newProject(t)
	p.write("main.go", "package main\n\nfunc main() {}\n")
	p.build()
	if p.upToDate() {
		t.Error("an input written within the clock's resolution of the build is taken as settled")
	}
}

func TestProgramInAWorkspaceIsLeftToTheCompiler(t *testing.T) {
	p := newProject(t)
	p.write("go.work", "go 1.21\n\nuse .\n")
	p.settle()
	p.build()
	if p.upToDate() {
		t.Error("a workspace's inputs are taken as known")
	}
}

func TestReplacedModuleOutsideTheProgramIsAnInput(t *testing.T) {
	p := newProject(t)
	other := t.TempDir()
	write(t, filepath.Join(other, "go.mod"), "module other\n\ngo 1.21\n")
	write(t, filepath.Join(other, "other.go"), "package other\n")
	p.write("go.mod", "module example\n\ngo 1.21\n\nrequire other v0.0.0\n\nreplace other => "+other+"\n")
	p.write("main.go", "package main\n\nimport _ \"other\"\n\nfunc main() {}\n")
	p.settle()
	p.build()
	if !p.upToDate() {
		t.Fatal("the program is not up to date after a build")
	}
	write(t, filepath.Join(other, "other.go"), "package other\n\nvar X int\n")
	if p.upToDate() {
		t.Error("an edit of a replaced module goes unnoticed")
	}
}
