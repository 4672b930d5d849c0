package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// hostTools are what the machine itself must bring.
type hostTools struct {
	containerd, runc string
	// cni is the folder of the CNI plugins.
	cni string
}

// searchPath is where host tools are looked for, and the PATH of the
// processes that run them: the caller's may lack the folders of system tools.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

var cniFolders = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}

// findTools finds the host's tools, or says all that is missing at once and
// how to get it.
func findTools() (hostTools, error) {
	if os.Geteuid() != 0 {
		return hostTools{}, errors.New("clusters need root, for namespaces, mounts and control groups: run as root or with sudo")
	}
	var t hostTools
	var missing []string
	find := func(name, pkg string) string {
		for _, dir := range strings.Split(searchPath, ":") {
			if path, err := exec.LookPath(dir + "/" + name); err == nil {
				return path
			}
		}
		missing = append(missing, pkg)
		return ""
	}
	t.containerd = find("containerd", "containerd")
	t.runc = find("runc", "runc")
	find("iptables", "iptables")
	for _, dir := range cniFolders {
		if _, err := os.Stat(dir + "/bridge"); err == nil {
			t.cni = dir
			break
		}
	}
	if t.cni == "" {
		missing = append(missing, "containernetworking-plugins")
	}
	if len(missing) > 0 {
		return t, fmt.Errorf("the machine lacks %s: install with: apt-get install -y %s",
			strings.Join(missing, ", "), strings.Join(missing, " "))
	}
	return t, nil
}

// inotifyInstances is how many inotify instances all processes of a user may
// have. The kernel's default of 128 is less than three clusters with some
// dozens of pods use, and who comes last fails with "too many open files".
const inotifyInstances = 4096

// raiseLimits raises what the machine limits too tightly, until its next
// boot. A limit that cannot be raised is left: it may suffice.
func raiseLimits() {
	const path = "/proc/sys/fs/inotify/max_user_instances"
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	if now, err := strconv.Atoi(strings.TrimSpace(string(content))); err == nil && now < inotifyInstances {
		_ = os.WriteFile(path, []byte(strconv.Itoa(inotifyInstances)), 0)
	}
}

// missingExecutables says which of the executables are not there.
func missingExecutables(paths []string) error {
	var missing []string
	for _, p := range paths {
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not built: %s: build with: make tools", strings.Join(missing, ", "))
	}
	return nil
}
