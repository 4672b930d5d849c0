// Package cgroup keeps the processes of one local cluster together: its
// supervisor joins a control group of its own in every hierarchy, everything
// that starts from there on stays inside, containers included, and so nothing
// of the cluster can be lost sight of, also when its parents died.
//
// Both versions of control groups are understood, and the mix of them.
package cgroup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processes is the group that the supervisor and its children are in. On
// version 2 a group that has groups below it may not have processes, and
// containers get groups beside this one.
const processes = "node"

// Group is a path below the root of every hierarchy, "live-omega-0123/live".
type Group string

// hierarchy is one mounted tree of control groups.
type hierarchy struct {
	path    string
	unified bool
	options []string
}

// hierarchies reads what is mounted from a mountinfo table (proc(5)).
func hierarchies(table string) ([]hierarchy, error) {
	content, err := os.ReadFile(table)
	if err != nil {
		return nil, fmt.Errorf("listing the hierarchies of control groups: %w", err)
	}
	var list []hierarchy
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		mount, super := strings.Fields(before), strings.Fields(after)
		if !ok || len(mount) < 5 || len(super) < 3 {
			continue
		}
		switch super[0] {
		case "cgroup":
			list = append(list, hierarchy{path: mount[4], options: strings.Split(super[2], ",")})
		case "cgroup2":
			list = append(list, hierarchy{path: mount[4], unified: true})
		}
	}
	if len(list) == 0 {
		return nil, errors.New("no control groups are mounted: containers need them, see cgroups(7)")
	}
	return list, nil
}

func mounted() ([]hierarchy, error) { return hierarchies("/proc/self/mountinfo") }

// Join moves the calling process into the group, made if need be.
func (g Group) Join() error {
	list, err := mounted()
	if err != nil {
		return err
	}
	for _, h := range list {
		if err := g.join(h); err != nil {
			return fmt.Errorf("joining control group %s in %s: %w", g, h.path, err)
		}
	}
	return nil
}

func (g Group) join(h hierarchy) error {
	dir := h.path
	for _, name := range append(strings.Split(string(g), "/"), processes) {
		if h.unified {
			delegate(dir)
		}
		dir = filepath.Join(dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if slices.Contains(h.options, "cpuset") {
			if err := inheritCPUs(dir); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
}

// delegate lets the groups below dir use dir's controllers. One that cannot
// be had, because the machine does not delegate it, is left out: the
// container runtime says so if it needs it.
func delegate(dir string) {
	controllers, _ := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	for _, c := range strings.Fields(string(controllers)) {
		_ = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+c), 0)
	}
}

// inheritCPUs fills what version 1 leaves empty in a new group, and without
// which no process may join.
func inheritCPUs(dir string) error {
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		own, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(own)) > 0 {
			continue
		}
		parent, err := os.ReadFile(filepath.Join(filepath.Dir(dir), name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), parent, 0); err != nil {
			return err
		}
	}
	return nil
}

// Processes lists the processes in the group and below, in ascending order.
func (g Group) Processes() ([]int, error) {
	list, err := mounted()
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, h := range list {
		found, err := processesBelow(filepath.Join(h.path, string(g)))
		if err != nil {
			return nil, fmt.Errorf("listing the processes of control group %s: %w", g, err)
		}
		pids = append(pids, found...)
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

// processesBelow walks a tree of groups that may change meanwhile.
func processesBelow(dir string) ([]int, error) {
	var pids []int
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if gone(err) {
			return nil
		}
		if err != nil || !d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
		// A threaded group of version 2 has no list of processes; its
		// nearest domain group above has it.
		if gone(err) || errors.Is(err, unix.EOPNOTSUPP) {
			return nil
		}
		for _, field := range strings.Fields(string(content)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
				pids = append(pids, pid)
			}
		}
		return err
	})
	return pids, err
}

func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV)
}

// Kill ends every process of the group with SIGKILL and returns once none is
// left. first, if positive, is killed before the others, so that a supervisor
// cannot start anew what dies.
func (g Group) Kill(ctx context.Context, first int) error {
	if first > 0 {
		_ = unix.Kill(first, unix.SIGKILL)
	}
	for {
		pids, err := g.Processes()
		if err != nil {
			return err
		}
		if len(pids) == 0 {
			return nil
		}
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("killing process %d: %w", pid, err)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("processes %v of control group %s do not end: %w", pids, g, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Remove takes the empty group and those below it away.
func (g Group) Remove() error {
	list, err := mounted()
	if err != nil {
		return err
	}
	for _, h := range list {
		dir := filepath.Join(h.path, string(g))
		var dirs []string
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			if gone(err) {
				return nil
			}
			return err
		})
		for _, d := range slices.Backward(dirs) {
			if removeErr := removeGroup(d); removeErr != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", d, removeErr))
			}
		}
		if err != nil {
			return fmt.Errorf("removing control group %s: %w", g, err)
		}
		// The parent is shared by the clone's clusters; the last one takes it
		// along, for the others it is not empty.
		_ = unix.Rmdir(filepath.Dir(dir))
	}
	return nil
}

// removeGroup waits for processes that have ended but that the kernel has not
// let go of yet: until then the group is busy.
func removeGroup(dir string) error {
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := unix.Rmdir(dir)
		if err == nil || gone(err) {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(deadline) {
			return err
		}
	}
}

// Memory is what the group's processes hold, in bytes: anonymous memory,
// and the files mapped into them. Page cache that the kernel can take back
// at once is not counted.
func (g Group) Memory() (uint64, error) {
	list, err := mounted()
	if err != nil {
		return 0, err
	}
	for _, h := range list {
		keys := []string{"total_rss", "total_mapped_file"}
		if h.unified {
			keys = []string{"anon", "file_mapped"}
		}
		content, err := os.ReadFile(filepath.Join(h.path, string(g), "memory.stat"))
		if err != nil {
			continue
		}
		return sum(content, keys), nil
	}
	return 0, nil
}

func sum(stat []byte, keys []string) uint64 {
	var total uint64
	for line := range strings.Lines(string(stat)) {
		fields := strings.Fields(line)
		if len(fields) == 2 && slices.Contains(keys, fields[0]) {
			n, _ := strconv.ParseUint(fields[1], 10, 64)
			total += n
		}
	}
	return total
}
