// Package node gives each cluster's node a view of the machine of its own, so
// that three of them can live on one: the network namespace made by package
// network, and a mount namespace in which the folders that Kubernetes and
// containerd have fixed names for (/var/lib/kubelet, /run/containerd, ...)
// are the cluster's.
//
// Inside, everything is where third-party software expects it, and no path
// depends on where the clone lies. Outside, nothing is to be seen of the
// node's mounts, and all of them go when its last process ends, however it
// ends.
package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"live-omega/local/cluster/network"
)

// Folders of a node, by their name inside. Those with persistent content are
// bound to folders of the cluster; what must not outlive its processes (pods'
// network namespaces, leases of their addresses, shims' sockets) lies in
// memory and goes with the mount namespace.
const (
	Kubelet      = "/var/lib/kubelet"
	Containerd   = "/var/lib/containerd"
	Volumes      = "/var/lib/local-path-provisioner"
	PodLogs      = "/var/log/pods"
	ContainerLog = "/var/log/containers"
	Runtime      = "/run/containerd"
	CNI          = "/var/lib/cni"
	PodNetworks  = "/run/netns"
)

// bound maps persistent folders to their names below the cluster's folder.
var bound = []struct{ inside, outside string }{
	{Kubelet, "kubelet"},
	{Containerd, "containerd"},
	{Volumes, "volumes"},
	{PodLogs, "pods"},
	{ContainerLog, "containers"},
}

var inMemory = []string{Runtime, CNI, PodNetworks}

// Node is what makes up one node's view.
type Node struct {
	// Dir is the cluster's folder, absolute.
	Dir string
	// Netns is the name of its network namespace.
	Netns string
}

// Start starts the command inside the node. It joins the mount namespace of
// the process that peer names, or makes a new one if peer is 0. The command
// is its own session: it outlives the terminal and its caller.
func (n Node) Start(cmd *exec.Cmd, peer int) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return network.OnThread(func() error {
		if err := n.enter(peer); err != nil {
			return err
		}
		return cmd.Start()
	})
}

// enter moves the calling thread into the node.
func (n Node) enter(peer int) error {
	netns, err := os.Open(network.NamespacePath(n.Netns))
	if err != nil {
		return fmt.Errorf("entering the node's network: %w", err)
	}
	defer netns.Close()
	// A thread that shares its root and working folder with others cannot
	// change its mounts.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("entering the node: %w", err)
	}
	if peer > 0 {
		mounts, err := os.Open(fmt.Sprintf("/proc/%d/ns/mnt", peer))
		if err != nil {
			return fmt.Errorf("entering the node's mounts: %w", err)
		}
		defer mounts.Close()
		if err := unix.Setns(int(mounts.Fd()), unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("entering the node's mounts: %w", err)
		}
	} else if err := n.mount(); err != nil {
		return fmt.Errorf("making the node's mounts: %w", err)
	}
	if err := unix.Setns(int(netns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering the node's network: %w", err)
	}
	return nil
}

// mount moves the calling thread into a new mount namespace and fills it.
func (n Node) mount() error {
	for _, b := range bound {
		if err := os.MkdirAll(filepath.Join(n.Dir, b.outside), 0o755); err != nil {
			return err
		}
	}
	if err := makeMountPoints(); err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	// What is mounted on the machine later appears inside, and what is
	// unmounted is let go of; nothing goes the other way. Inside, mounts are
	// shared: pods may ask for mounts to propagate to them.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return err
	}
	for _, target := range inMemory {
		if err := detachBelow(target); err != nil {
			return err
		}
		if err := unix.Mount("cloud", target, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755"); err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
	}
	for _, b := range bound {
		if err := unix.Mount(filepath.Join(n.Dir, b.outside), b.inside, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("%s: %w", b.inside, err)
		}
	}
	return nil
}

// detachBelow lets go of what the machine has mounted below a folder that is
// about to be covered; a hidden mount would keep alive what the machine
// thinks is gone, such as another cluster's network namespace.
func detachBelow(dir string) error {
	table, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], dir+"/") {
			if err := unix.Unmount(fields[4], unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
				return fmt.Errorf("detaching %s: %w", fields[4], err)
			}
		}
	}
	return nil
}

// mountPoints are the empty folders that must exist on the machine for the
// node's to be mounted on.
func mountPoints() []string {
	points := append([]string{}, inMemory...)
	for _, b := range bound {
		points = append(points, b.inside)
	}
	return points
}

func makeMountPoints() error {
	for _, point := range mountPoints() {
		if err := os.MkdirAll(point, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// RemoveMountPoints takes the mount points away that are empty on the
// machine. Call it when no node of any cluster is left: the kernel detaches
// what is mounted on a removed folder elsewhere.
func RemoveMountPoints() error {
	for _, point := range mountPoints() {
		// A folder that something else uses is not empty.
		if err := unix.Rmdir(point); err != nil && !errors.Is(err, fs.ErrNotExist) &&
			!errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EBUSY) {
			return fmt.Errorf("removing mount point %s: %w", point, err)
		}
	}
	return nil
}
