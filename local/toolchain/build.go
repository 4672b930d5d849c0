package toolchain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"live-omega/local/layout"
	"live-omega/local/progress"
)

// shownLines is how many of a failed compiler's last lines an error carries.
const shownLines = 20

// makeTool brings one tool up to date: nothing to do, an official build linked,
// or a build of its own.
func (r *Run) makeTool(ctx context.Context, t Tool) error {
	path := t.Path(r.root)
	for _, dir := range []string{filepath.Dir(path), r.root.Logs("build")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making %s: %w", t.Name, err)
		}
	}
	unlock, err := Lock(ctx, r.root.Logs("build", t.Name+".lock"))
	if err != nil {
		return fmt.Errorf("waiting for another process that makes %s: %w", t.Name, err)
	}
	defer unlock()

	if linked, err := r.linkOfficial(t); linked || err != nil {
		return err
	}
	want, err := wantStamp(r.root, t)
	if err != nil {
		return err
	}
	if readStamp(path) == want {
		return linkNames(t, path)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("building %s: %w", t.Name, context.Cause(ctx))
	}
	task := r.log.Start("building " + t.Name + versionSuffix(t))
	if err := r.compile(ctx, t, path, task); err != nil {
		task.Fail(err)
		return err
	}
	if err := errors.Join(linkNames(t, path), layout.WriteFile(stampPath(path), []byte(want), 0o644)); err != nil {
		task.Fail(err)
		return err
	}
	task.Done("")
	return nil
}

func versionSuffix(t Tool) string {
	if strings.HasSuffix(t.Name, t.Version) {
		return ""
	}
	return " " + t.Version
}

// compile builds the tool and puts it in place in one step, so that a binary
// at its final path is always whole.
func (r *Run) compile(ctx context.Context, t Tool, path string, task *progress.Task) error {
	env, err := goEnvironment()
	if err != nil {
		return err
	}
	logPath := r.root.Logs("build", t.Name+".log")
	logFile, err := os.Create(logPath)
	if err != nil {
		return fmt.Errorf("building %s: %w", t.Name, err)
	}
	defer logFile.Close()

	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	// go build refuses to overwrite what a killed build left half written.
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("building %s: %w", t.Name, err)
	}
	args := append([]string{"build", "-v", "-o", temp}, t.flags()...)
	if len(t.trims) > 0 {
		modfile, err := t.trimmed(ctx, r.root, env)
		if err != nil {
			return fmt.Errorf("building %s: %w", t.Name, err)
		}
		args = append(args, "-modfile="+modfile)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, t.Package)...)
	cmd.Dir, cmd.Env = r.root.Path(filepath.FromSlash(t.Dir)), env
	// Compilers are children of go: the group ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	pipe, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("building %s: %w", t.Name, err)
	}
	fmt.Fprintf(logFile, "cd %s && go %s\n", cmd.Dir, strings.Join(cmd.Args[1:], " "))
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("building %s: starting go: %w", t.Name, err)
	}
	last := follow(io.TeeReader(pipe, logFile), t.Packages, task.Update)
	err = cmd.Wait()
	if ctx.Err() != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("building %s: %w", t.Name, context.Cause(ctx))
	}
	if err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("building %s: %w; the last lines of %s:\n  %s", t.Name, err, logPath, strings.Join(last, "\n  "))
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("installing %s: %w", t.Name, err)
	}
	return nil
}

// follow reads what go build -v says until it ends, tells how far it is, and
// returns the last lines that are not merely the names of packages.
func follow(out io.Reader, total int, update func(string, ...any)) []string {
	var last []string
	compiled, downloaded := 0, 0
	scan := bufio.NewScanner(out)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		line := scan.Text()
		switch {
		case strings.HasPrefix(line, "go: downloading "):
			downloaded++
			update("downloaded %d modules", downloaded)
		case isPackage(line):
			compiled++
			// Cached packages are not named, so the count may end early.
			if compiled >= total {
				update("linking")
			} else {
				update("%d of at most %d packages compiled", compiled, total)
			}
		case strings.TrimSpace(line) != "":
			if last = append(last, line); len(last) > shownLines {
				last = last[1:]
			}
		}
	}
	// A line longer than the buffer: drain, so that go does not block.
	_, _ = io.Copy(io.Discard, out)
	return last
}

// isPackage tells a package's name, as -v prints it, from a message.
func isPackage(line string) bool {
	return line != "" && !strings.ContainsAny(line, " \t:#")
}

// linkNames makes the names by which a multi-call binary is called.
func linkNames(t Tool, path string) error {
	for _, name := range t.Links {
		if err := symlink(filepath.Base(path), filepath.Join(filepath.Dir(path), name)); err != nil {
			return fmt.Errorf("linking %s: %w", name, err)
		}
	}
	return nil
}

// symlink makes or changes a symbolic link in one step.
func symlink(target, path string) error {
	if old, err := os.Readlink(path); err == nil && old == target {
		return nil
	}
	temp := path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, temp); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// Lock holds a file against other processes until it is unlocked.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, err
	}
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), f.Close())
		case <-poll.C:
		}
	}
}
