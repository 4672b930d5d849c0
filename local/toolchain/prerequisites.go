package toolchain

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"live-omega/local/layout"
)

// Missing is something that the local cloud needs and this machine lacks.
type Missing struct {
	// What is missing or in the way, and what it is needed for.
	What string
	// Remedy is the command that installs or frees it, or what to do where no
	// command helps.
	Remedy string
	// Packages are the Debian packages that bring it, if any do.
	Packages []string
	// kernel marks what may be missing only since a package was.
	kernel bool
}

func (m Missing) String() string { return m.What + "\n    " + m.Remedy }

// MissingError is every unmet prerequisite at once.
type MissingError []Missing

func (e MissingError) Error() string {
	lines := make([]string, 0, len(e)+1)
	lines = append(lines, fmt.Sprintf("this machine cannot run the local cloud yet, %d missing:", len(e)))
	for _, m := range e {
		lines = append(lines, "  - "+m.String())
	}
	return strings.Join(lines, "\n")
}

// Packages are the Debian packages that bring what is missing, without
// repetition.
func (e MissingError) Packages() []string {
	var all []string
	seen := map[string]bool{}
	for _, m := range e {
		for _, p := range m.Packages {
			if !seen[p] {
				seen[p], all = true, append(all, p)
			}
		}
	}
	return all
}

// Disk space in bytes, measured with everything built from empty caches and
// three clusters running, with a fifth to spare.
const (
	cacheSpace = 12 << 30 // Go's module and build caches
	localSpace = 6 << 30  // .local: binaries, images, registry, three nodes' images
)

// Machine answers what Prerequisites asks; tests put their own answers.
type Machine struct {
	OS, Arch string
	UserID   int
	// Command is the path of a command, "" if there is none.
	Command func(name string) string
	// File tells whether a path exists.
	File func(path string) bool
	// Go tries to run the pinned Go toolchain; the error is for people.
	Go func(ctx context.Context) error
	// Free is the space left for the file system of path (or of its nearest
	// parent that exists), in bytes, and an identity of the file system.
	Free func(path string) (bytes uint64, filesystem string, err error)
	// Links are the network interfaces of the host.
	Links func() ([]Link, error)
	// Listeners are the TCP addresses that are listened on, with 0.0.0.0 or ::
	// for all addresses.
	Listeners func() ([]netip.AddrPort, error)
	// Kernel tries out a kernel feature: overlay, veth, bridge, nftables.
	Kernel func(ctx context.Context) map[string]error
	// CacheDirs are Go's module and build caches.
	CacheDirs func() []string
}

// Link is a network interface.
type Link struct {
	Name      string
	Alias     string
	Addresses []netip.Prefix
}

// command is a program that the local cloud starts.
type command struct{ name, need, pkg string }

var commands = []command{
	{"containerd", "container runtime of the nodes", "containerd"},
	{"containerd-shim-runc-v2", "container runtime of the nodes", "containerd"},
	{"runc", "container runtime of the nodes", "runc"},
	{"nft", "packet filter rules of kube-proxy", "nftables"},
	{"iptables", "port mappings by the CNI portmap plugin", "iptables"},
	{"mount", "volumes of pods", "mount"},
	{"umount", "volumes of pods", "mount"},
	{"nsenter", "entering a node's network", "util-linux"},
}

// CNIDirs are where distributions and manual installations put CNI plugins,
// in the order in which they are looked at.
var CNIDirs = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}

// cniPlugins are what pod networks are made of.
var cniPlugins = []string{"bridge", "host-local", "loopback", "portmap"}

// CNIDir is the folder that has all CNI plugins that pod networks are made of.
func CNIDir() (string, error) { return cniDir(ThisMachine().File) }

func cniDir(exists func(string) bool) (string, error) {
	for _, dir := range CNIDirs {
		if len(lacking(dir, exists)) == 0 {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no folder of %s has the CNI plugins %s: install containernetworking-plugins",
		strings.Join(CNIDirs, ", "), strings.Join(cniPlugins, ", "))
}

func lacking(dir string, exists func(string) bool) []string {
	var names []string
	for _, p := range cniPlugins {
		if !exists(filepath.Join(dir, p)) {
			names = append(names, p)
		}
	}
	return names
}

// Prerequisites finds everything that this machine lacks. registryRuns tells
// that this clone's own registry is up, whose port is then rightly taken.
func Prerequisites(ctx context.Context, root layout.Root, registryRuns bool) MissingError {
	return ThisMachine().prerequisites(ctx, root, registryRuns)
}

func (m Machine) prerequisites(ctx context.Context, root layout.Root, registryRuns bool) MissingError {
	if m.OS != "linux" {
		// Nothing else makes sense to ask of such a machine.
		return MissingError{{
			What:   fmt.Sprintf("Linux: this is %s; the local cloud uses network namespaces and cgroups of Linux", m.OS),
			Remedy: "use a Linux machine or virtual machine, or bring your own clusters (docs/how-to)",
		}}
	}
	var all MissingError
	if m.Arch != "amd64" && m.Arch != "arm64" {
		all = append(all, Missing{
			What:   "an amd64 or arm64 machine: this is " + m.Arch,
			Remedy: "use a machine of one of these architectures",
		})
	}
	all = append(all, m.commandsMissing()...)
	if err := m.Go(ctx); err != nil {
		all = append(all, Missing{
			What:   "Go " + strings.TrimPrefix(GoToolchain, "go") + ", which compiles everything: " + err.Error(),
			Remedy: "install Go 1.21 or newer, which fetches it by itself, or this very version where the module proxy does not offer it: https://go.dev/dl/" + GoToolchain + ".linux-" + m.Arch + ".tar.gz",
		})
	}
	all = append(all, m.spaceMissing(root)...)
	if m.UserID != 0 {
		all = append(all, Missing{
			What:   fmt.Sprintf("root: running as user %d; network namespaces and container runtimes need it", m.UserID),
			Remedy: "run again with sudo -E, or bring your own clusters (docs/how-to), which needs no root",
		})
		// The kernel cannot be tried out without being root.
		return append(all, m.networkTaken(root, registryRuns)...)
	}
	all = append(all, m.kernelMissing(ctx)...)
	return append(all, m.networkTaken(root, registryRuns)...)
}

// modules are the names under which modprobe knows the features.
var modules = map[string]string{"overlay": "overlay", "veth": "veth", "bridge": "bridge", "nftables": "nf_tables nft_masq nft_ct"}

func (m Machine) kernelMissing(ctx context.Context) MissingError {
	var all MissingError
	found := m.Kernel(ctx)
	for _, feature := range []string{"overlay", "veth", "bridge", "nftables"} {
		if err := found[feature]; err != nil {
			all = append(all, Missing{
				What:   fmt.Sprintf("%s in the kernel: %v", feature, err),
				Remedy: "modprobe " + modules[feature] + ", or use a kernel that has it; in a container, run on the host or a virtual machine",
				kernel: true,
			})
		}
	}
	return all
}

func (m Machine) commandsMissing() MissingError {
	var all MissingError
	for _, c := range commands {
		if m.Command(c.name) == "" {
			all = append(all, packaged(fmt.Sprintf("%s on PATH (%s)", c.name, c.need), c.pkg))
		}
	}
	if _, err := cniDir(m.File); err != nil {
		// Name what is missing in the folder that has most.
		best := cniPlugins
		for _, dir := range CNIDirs {
			if l := lacking(dir, m.File); len(l) < len(best) {
				best = l
			}
		}
		all = append(all, packaged(fmt.Sprintf("CNI plugins %s in %s (pod networks)",
			strings.Join(best, ", "), strings.Join(CNIDirs, " or ")), "containernetworking-plugins"))
	}
	return all
}

func packaged(what, pkg string) Missing {
	return Missing{What: what, Remedy: "apt-get install --no-install-recommends " + pkg, Packages: []string{pkg}}
}

// spaceMissing adds up what each file system must hold. Where everything was
// built already, only the running clusters need space.
func (m Machine) spaceMissing(root layout.Root) MissingError {
	type need struct {
		bytes uint64
		paths []string
		free  uint64
	}
	needs := map[string]*need{}
	var all MissingError
	var order []string
	add := func(path string, bytes uint64) {
		free, filesystem, err := m.Free(path)
		if err != nil {
			all = append(all, Missing{What: fmt.Sprintf("disk space for %s: %v", path, err), Remedy: "make the folder readable"})
			return
		}
		n := needs[filesystem]
		if n == nil {
			n = &need{free: free}
			needs[filesystem], order = n, append(order, filesystem)
		}
		n.bytes, n.paths = n.bytes+bytes, append(n.paths, path)
	}
	if m.File(Table()[0].Path(root)) {
		add(root.Local(), localSpace/6)
	} else {
		add(root.Local(), localSpace)
		for _, dir := range m.CacheDirs() {
			add(dir, cacheSpace/uint64(len(m.CacheDirs())))
		}
	}
	for _, fs := range order {
		if n := needs[fs]; n.free < n.bytes {
			all = append(all, Missing{
				What:   fmt.Sprintf("disk space: %.1f GiB free for %s, want %.1f GiB", gib(n.free), strings.Join(n.paths, ", "), gib(n.bytes)),
				Remedy: "free some, for instance with `go clean -cache`, or put GOCACHE and GOMODCACHE on another disk",
			})
		}
	}
	return all
}

func gib(bytes uint64) float64 { return float64(bytes) / (1 << 30) }

// aliasPrefix comes before the path of the clone that made a link, in the
// link's alias.
const aliasPrefix = "live-omega "

// networkTaken finds what has the bridge's name, its addresses or the
// registry's port.
func (m Machine) networkTaken(root layout.Root, registryRuns bool) MissingError {
	var all MissingError
	links, err := m.Links()
	if err != nil {
		all = append(all, Missing{What: fmt.Sprintf("the list of network interfaces: %v", err), Remedy: "mount /sys"})
	}
	subnet := layout.BridgePrefix.Masked()
	for _, l := range links {
		if l.Name == layout.Bridge {
			clone, ok := strings.CutPrefix(l.Alias, aliasPrefix)
			if ok && clone == string(root) {
				continue
			}
			owner, remedy := "something else", "ip link delete "+l.Name
			if ok {
				owner, remedy = "the clone in "+clone, "make -C "+clone+" destroy"
			}
			all = append(all, Missing{What: fmt.Sprintf("the network link %s: it belongs to %s", l.Name, owner), Remedy: remedy})
			continue
		}
		for _, a := range l.Addresses {
			// A shorter prefix, such as a VPN's 10.0.0.0/8, gives way to the
			// bridge's route and is not in the way.
			if subnet.Contains(a.Addr()) || subnet.Overlaps(a) && a.Bits() >= subnet.Bits() {
				all = append(all, Missing{
					What:   fmt.Sprintf("the addresses %s: the interface %s has %s", subnet, l.Name, a),
					Remedy: fmt.Sprintf("ip address delete %s dev %s", a, l.Name),
				})
			}
		}
	}
	if registryRuns {
		return all
	}
	listeners, err := m.Listeners()
	if err != nil {
		return append(all, Missing{What: fmt.Sprintf("the list of listening sockets: %v", err), Remedy: "mount /proc"})
	}
	want := netip.MustParseAddrPort(layout.RegistryAddress)
	for _, l := range listeners {
		if l.Port() == want.Port() && (l.Addr() == want.Addr() || l.Addr().IsUnspecified()) {
			all = append(all, Missing{
				What:   fmt.Sprintf("the address %s for the image registry: another process listens on %s", want, l),
				Remedy: fmt.Sprintf("stop it: ss -ltnp 'sport = :%d' names it", want.Port()),
			})
			break
		}
	}
	return all
}
