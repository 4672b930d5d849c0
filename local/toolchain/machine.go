package toolchain

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
)

// ThisMachine answers for the machine at hand.
func ThisMachine() Machine {
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, UserID: os.Geteuid(),
		Command: lookCommand,
		File: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil
		},
		Go: tryGo, Free: freeSpace, Links: hostLinks, Listeners: hostListeners, Kernel: tryKernel,
		CacheDirs: func() []string {
			env, err := goEnvironment()
			if err != nil {
				return nil
			}
			var dirs []string
			for _, e := range env {
				if k, v, _ := strings.Cut(e, "="); k == "GOCACHE" || k == "GOMODCACHE" {
					dirs = append(dirs, v)
				}
			}
			return dirs
		},
	}
}

// lookCommand looks on PATH and where Debian keeps the commands of root, which
// a shell of another user's does not have on PATH.
func lookCommand(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"} {
		if path := filepath.Join(dir, name); isCommand(path) {
			return path
		}
	}
	return ""
}

func tryGo(ctx context.Context) error {
	env, err := goEnvironment()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "version")
	cmd.Dir, cmd.Env = os.TempDir(), env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("go version: %w: %s", err, bytes.TrimSpace(out))
	}
	if !strings.Contains(string(out), GoToolchain+" ") {
		return fmt.Errorf("go version says %q", bytes.TrimSpace(out))
	}
	return nil
}

func freeSpace(path string) (uint64, string, error) {
	for {
		var fs syscall.Statfs_t
		err := syscall.Statfs(path, &fs)
		if err == nil {
			var st syscall.Stat_t
			if err := syscall.Stat(path, &st); err != nil {
				return 0, "", err
			}
			return fs.Bavail * uint64(fs.Bsize), strconv.FormatUint(st.Dev, 10), nil
		}
		if !errors.Is(err, syscall.ENOENT) || path == filepath.Dir(path) {
			return 0, "", err
		}
		path = filepath.Dir(path)
	}
}

func hostLinks() ([]Link, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var links []Link
	for _, i := range interfaces {
		alias, err := os.ReadFile(filepath.Join("/sys/class/net", i.Name, "ifalias"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		l := Link{Name: i.Name, Alias: strings.TrimSpace(string(alias))}
		addresses, err := i.Addrs()
		if err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", i.Name, err)
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				l.Addresses = append(l.Addresses, p)
			}
		}
		links = append(links, l)
	}
	return links, nil
}

func hostListeners() ([]netip.AddrPort, error) {
	var all []netip.AddrPort
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		table, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			continue // IPv6 may be off
		}
		if err != nil {
			return nil, err
		}
		all = append(all, parseListeners(string(table))...)
	}
	return all, nil
}

// parseListeners reads the format of /proc/net/tcp: "sl local remote state",
// where state 0A is LISTEN, and an address is hexadecimal in words of the
// machine's byte order (little endian on both architectures).
func parseListeners(table string) []netip.AddrPort {
	var all []netip.AddrPort
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != "0A" {
			continue
		}
		host, port, _ := strings.Cut(fields[1], ":")
		raw, err := hex.DecodeString(host)
		if err != nil {
			continue
		}
		for i := 0; i+4 <= len(raw); i += 4 {
			slices.Reverse(raw[i : i+4])
		}
		addr, ok := netip.AddrFromSlice(raw)
		n, err := strconv.ParseUint(port, 16, 16)
		if ok && err == nil {
			all = append(all, netip.AddrPortFrom(addr.Unmap(), uint16(n)))
		}
	}
	return all
}

// tryKernel uses each feature once, since no list of modules tells reliably
// what a kernel can do. It does so in a network and mount namespace of its own,
// which vanishes with its thread.
func tryKernel(ctx context.Context) map[string]error {
	found := map[string]error{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Never unlocked: the runtime ends the thread, and with it the namespaces.
		runtime.LockOSThread()
		if err := syscall.Unshare(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_FS); err != nil {
			for _, feature := range []string{"overlay", "veth", "bridge", "nftables"} {
				found[feature] = fmt.Errorf("a namespace to try it in: %w", err)
			}
			return
		}
		found["veth"] = netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "try0"}, PeerName: "try1"})
		found["bridge"] = netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "trybr"}})
		found["nftables"] = tryNft(ctx)
		found["overlay"] = tryOverlay()
	}()
	<-done
	return found
}

// tryNft loads the kinds of rules that kube-proxy makes: a map of verdicts,
// connection tracking and masquerading.
func tryNft(ctx context.Context) error {
	nft := lookCommand("nft")
	if nft == "" {
		return nil // reported as a missing command
	}
	cmd := exec.CommandContext(ctx, nft, "-f", "-")
	cmd.Stdin = strings.NewReader(`table ip try {
	map services { type ipv4_addr . inet_proto . inet_service : verdict; }
	chain post {
		type nat hook postrouting priority 100;
		ct state established masquerade
	}
	chain pre {
		type nat hook prerouting priority -100;
		ip daddr . meta l4proto . th dport vmap @services
	}
}
`)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("loading rules: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func tryOverlay() error {
	// Mounts of this thread must not spread to the host.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("a mount namespace of its own: %w", err)
	}
	dir, err := os.MkdirTemp("", "overlay")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// On tmpfs, so that the answer is about the kernel, not about this disk.
	if err := syscall.Mount("try", dir, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("mounting tmpfs: %w", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	options := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", dir)
	merged := filepath.Join(dir, "merged")
	if err := syscall.Mount("overlay", merged, "overlay", 0, options); err != nil {
		return fmt.Errorf("mounting: %w", err)
	}
	return syscall.Unmount(merged, 0)
}
