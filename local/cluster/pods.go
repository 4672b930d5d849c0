package cluster

import (
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"live-omega/local/cluster/cgroup"
)

// podGrace is how long containers may take to end when the cluster is
// stopped, whatever their pods ask for.
const podGrace = 10 * time.Second

// shim is the process that containerd puts between itself and a container.
// The kernel cuts a process's name after 15 bytes.
const shim = "containerd-shim"

// stopPods ends the containers in the group: SIGTERM to the first process of
// each, SIGKILL to the rest after podGrace. The kubelet must have ended, or it
// would start them again.
func stopPods(group cgroup.Group) {
	for _, pid := range containers(group) {
		_ = unix.Kill(pid, unix.SIGTERM)
	}
	for deadline := time.Now().Add(podGrace); time.Now().Before(deadline); time.Sleep(pollInterval) {
		if len(containers(group)) == 0 {
			break
		}
	}
	left := 0
	for _, pid := range containers(group) {
		left++
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	slog.Info("pods stopped", "killed", left)
}

// containers lists the first process of each container in the group.
func containers(group cgroup.Group) []int {
	pids, err := group.Processes()
	if err != nil {
		slog.Error("listing the pods' processes", "err", err)
		return nil
	}
	shims := map[int]bool{}
	parents := map[int]int{}
	for _, pid := range pids {
		name, parent, ok := stat(pid)
		if !ok {
			continue
		}
		shims[pid] = strings.HasPrefix(name, shim)
		parents[pid] = parent
	}
	var list []int
	for _, pid := range pids {
		if shims[parents[pid]] {
			list = append(list, pid)
		}
	}
	return list
}

// shims lists the group's shims.
func shims(group cgroup.Group) ([]int, error) {
	pids, err := group.Processes()
	var list []int
	for _, pid := range pids {
		if name, _, ok := stat(pid); ok && strings.HasPrefix(name, shim) {
			list = append(list, pid)
		}
	}
	return list, err
}

// stat returns a process's name and parent; false if it has ended, also if
// nobody has asked how yet.
func stat(pid int) (name string, parent int, ok bool) {
	content, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", 0, false
	}
	// The name is in parentheses and may itself contain any character.
	text := string(content)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return "", 0, false
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 2 || fields[0] == "Z" || fields[0] == "X" {
		return "", 0, false
	}
	parent, err = strconv.Atoi(fields[1])
	return text[open+1 : end], parent, err == nil
}
