package network

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// namespaces is the folder of named network namespaces, by the convention of
// iproute2.
const namespaces = "/run/netns"

// NamespacePath is the file that holds a named network namespace.
func NamespacePath(name string) string { return namespaces + "/" + name }

// ensureNamespace returns the named network namespace. A file that is left of
// one without being one (after a reboot with /run on disk) is replaced.
func ensureNamespace(name string) (netns.NsHandle, error) {
	path := NamespacePath(name)
	if isNamespace(path) {
		return netns.GetFromPath(path)
	}
	if err := removeNamespace(name); err != nil {
		return -1, err
	}
	if err := ensureNamespaceFolder(); err != nil {
		return -1, err
	}
	var ns netns.NsHandle
	err := OnThread(func() (err error) {
		ns, err = netns.NewNamed(name)
		return err
	})
	return ns, err
}

func isNamespace(path string) bool {
	var s unix.Statfs_t
	return unix.Statfs(path, &s) == nil && s.Type == unix.NSFS_MAGIC
}

func removeNamespace(name string) error {
	path := NamespacePath(name)
	if isNamespace(path) {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("removing network namespace %q: %w", name, err)
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing network namespace %q: %w", name, err)
	}
	return nil
}

// ensureNamespaceFolder makes the folder a mount of its own, shared, as
// `ip netns add` and containerd do when it is none. If they did it later, they
// would cover the namespaces that are there with copies, and the originals
// could be neither reached nor removed any more.
func ensureNamespaceFolder() error {
	if err := os.MkdirAll(namespaces, 0o755); err != nil {
		return err
	}
	mounted, err := isMounted(namespaces)
	if err != nil {
		return err
	}
	if !mounted {
		if err := unix.Mount(namespaces, namespaces, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("mounting %s on itself: %w", namespaces, err)
		}
	}
	if err := unix.Mount("", namespaces, "", unix.MS_SHARED|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("sharing %s: %w", namespaces, err)
	}
	return nil
}

// removeNamespaceFolder takes the mount away if nobody has a namespace there.
func removeNamespaceFolder() error {
	entries, err := os.ReadDir(namespaces)
	if errors.Is(err, fs.ErrNotExist) || len(entries) > 0 {
		return nil
	}
	mounted, err := isMounted(namespaces)
	if err != nil || !mounted {
		return err
	}
	if err := unix.Unmount(namespaces, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmounting %s: %w", namespaces, err)
	}
	return nil
}

// isMounted tells whether the folder is a mount of its own, by the calling
// thread's table of mounts (proc(5)).
func isMounted(dir string) (bool, error) {
	table, err := os.ReadFile("/proc/thread-self/mountinfo")
	if err != nil {
		return false, err
	}
	for line := range strings.Lines(string(table)) {
		if fields := strings.Fields(line); len(fields) > 4 && fields[4] == dir {
			return true, nil
		}
	}
	return false, nil
}
