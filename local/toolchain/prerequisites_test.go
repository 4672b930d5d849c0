package toolchain

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"live-omega/local/layout"
)

const here = layout.Root("/home/me/live-omega")

// ready is a machine that has everything; tests take something away.
func ready() Machine {
	return Machine{
		OS: "linux", Arch: "amd64",
		Command: func(name string) string { return "/usr/bin/" + name },
		File:    func(path string) bool { return strings.HasPrefix(path, "/usr/lib/cni/") },
		Go:      func(context.Context) error { return nil },
		Free:    func(string) (uint64, string, error) { return 100 << 30, "disk", nil },
		Links: func() ([]Link, error) {
			return []Link{
				{Name: "eth0", Addresses: []netip.Prefix{netip.MustParsePrefix("192.168.1.7/24")}},
				{Name: "vpn", Addresses: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8")}},
				{Name: layout.Bridge, Alias: "live-omega " + string(here), Addresses: []netip.Prefix{layout.BridgePrefix}},
			}, nil
		},
		Listeners: func() ([]netip.AddrPort, error) {
			return []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5000"), netip.MustParseAddrPort("0.0.0.0:22")}, nil
		},
		Kernel:    func(context.Context) map[string]error { return map[string]error{} },
		CacheDirs: func() []string { return []string{"/root/.cache/go-build", "/root/go/pkg/mod"} },
	}
}

func TestAReadyMachineLacksNothing(t *testing.T) {
	require.Empty(t, ready().prerequisites(t.Context(), here, false))
}

func TestWhatIsMissingIsNamedWithItsRemedy(t *testing.T) {
	for name, test := range map[string]struct {
		change       func(*Machine)
		what, remedy string
		packages     []string
	}{
		"not Linux": {func(m *Machine) { m.OS = "darwin" }, "Linux: this is darwin", "use a Linux machine", nil},
		"other architecture": {func(m *Machine) { m.Arch = "riscv64" },
			"amd64 or arm64 machine: this is riscv64", "use a machine", nil},
		"not root": {func(m *Machine) { m.UserID = 1000 }, "root: running as user 1000", "sudo -E", nil},
		"no containerd": {func(m *Machine) { m.Command = without("containerd") },
			"containerd on PATH", "apt-get install --no-install-recommends containerd", []string{"containerd"}},
		"no runc": {func(m *Machine) { m.Command = without("runc") },
			"runc on PATH", "apt-get install --no-install-recommends runc", []string{"runc"}},
		"no nft": {func(m *Machine) { m.Command = without("nft") },
			"nft on PATH (packet filter rules of kube-proxy)", "apt-get install --no-install-recommends nftables", []string{"nftables"}},
		"no CNI plugins": {func(m *Machine) { m.File = func(string) bool { return false } },
			"CNI plugins bridge, host-local, loopback, portmap in /usr/lib/cni or /opt/cni/bin or", "containernetworking-plugins", []string{"containernetworking-plugins"}},
		"one CNI plugin": {func(m *Machine) {
			m.File = func(path string) bool {
				return filepath.Dir(path) == "/opt/cni/bin" && filepath.Base(path) != "portmap"
			}
		}, "CNI plugins portmap in", "containernetworking-plugins", []string{"containernetworking-plugins"}},
		"no Go toolchain": {func(m *Machine) { m.Go = func(context.Context) error { return errors.New("toolchain not available") } },
			"Go 1.26.8, which compiles everything: toolchain not available", "https://go.dev/dl/go1.26.8.linux-amd64.tar.gz", nil},
		"a full disk": {func(m *Machine) { m.Free = func(string) (uint64, string, error) { return 5 << 30, "disk", nil } },
			"disk space: 5.0 GiB free for /home/me/live-omega/.local, /root/.cache/go-build, /root/go/pkg/mod, want 18.0 GiB", "go clean -cache", nil},
		"no overlay": {func(m *Machine) {
			m.Kernel = func(context.Context) map[string]error {
				return map[string]error{"overlay": errors.New("no such device")}
			}
		}, "overlay in the kernel: no such device", "modprobe overlay", nil},
		"another clone": {func(m *Machine) { m.Links = links(Link{Name: layout.Bridge, Alias: "live-omega /srv/other"}) },
			"the network link cloud-br: it belongs to the clone in /srv/other", "make -C /srv/other destroy", nil},
		"another bridge": {func(m *Machine) { m.Links = links(Link{Name: layout.Bridge}) },
			"the network link cloud-br: it belongs to something else", "ip link delete cloud-br", nil},
		"a taken subnet": {func(m *Machine) {
			m.Links = links(Link{Name: "eth1", Addresses: []netip.Prefix{netip.MustParsePrefix("10.98.0.77/16")}})
		}, "the addresses 10.98.0.0/24: the interface eth1 has 10.98.0.77/16", "ip address delete 10.98.0.77/16 dev eth1", nil},
		"a taken port": {func(m *Machine) {
			m.Listeners = func() ([]netip.AddrPort, error) {
				return []netip.AddrPort{netip.MustParseAddrPort("[::]:5000")}, nil
			}
		}, "the address 10.98.0.1:5000 for the image registry: another process listens on [::]:5000", "ss -ltnp", nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := ready()
			test.change(&m)
			missing := m.prerequisites(t.Context(), here, false)
			require.Len(t, missing, 1, "%v", missing)
			require.Contains(t, missing[0].What, test.what)
			require.Contains(t, missing[0].Remedy, test.remedy)
			require.Equal(t, test.packages, missing[0].Packages)
		})
	}
}

func without(name string) func(string) string {
	return func(asked string) string {
		if asked == name {
			return ""
		}
		return "/usr/bin/" + asked
	}
}

func links(l ...Link) func() ([]Link, error) { return func() ([]Link, error) { return l, nil } }

func TestEverythingMissingIsSaidAtOnce(t *testing.T) {
	m := ready()
	m.Command = func(string) string { return "" }
	m.UserID = 1000
	m.Links = links(Link{Name: layout.Bridge})
	missing := m.prerequisites(t.Context(), here, false)
	require.Equal(t, []string{"containerd", "runc", "nftables", "iptables", "mount", "util-linux"}, missing.Packages())
	require.ErrorContains(t, missing, "this machine cannot run the local cloud yet, 10 missing:")
	require.ErrorContains(t, missing, "root: running as user 1000")
	require.ErrorContains(t, missing, "ip link delete cloud-br")
}

func TestARunningRegistryMayHaveItsPort(t *testing.T) {
	m := ready()
	m.Listeners = func() ([]netip.AddrPort, error) {
		return []netip.AddrPort{netip.MustParseAddrPort(layout.RegistryAddress)}, nil
	}
	require.Len(t, m.prerequisites(t.Context(), here, false), 1)
	require.Empty(t, m.prerequisites(t.Context(), here, true))
}

func TestABuiltCloneNeedsLittleSpace(t *testing.T) {
	m := ready()
	m.Free = func(string) (uint64, string, error) { return 2 << 30, "disk", nil }
	require.Len(t, m.prerequisites(t.Context(), here, false), 1)
	exists := m.File
	m.File = func(path string) bool { return exists(path) || strings.HasPrefix(path, here.Bin()) }
	require.Empty(t, m.prerequisites(t.Context(), here, false))
}

func TestSpaceIsAddedUpPerFileSystem(t *testing.T) {
	m := ready()
	m.Free = func(path string) (uint64, string, error) {
		if strings.HasPrefix(path, "/root") {
			return 1 << 30, "root", nil
		}
		return 50 << 30, "home", nil
	}
	missing := m.prerequisites(t.Context(), here, false)
	require.Len(t, missing, 1)
	require.Contains(t, missing[0].What, "1.0 GiB free for /root/.cache/go-build, /root/go/pkg/mod, want 12.0 GiB")
}

func TestListenersAreReadFromTheKernelsTable(t *testing.T) {
	table := `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100620A:1388 0200620A:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 3 1
`
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5000"), netip.MustParseAddrPort("[::]:22")}, parseListeners(table))
}

func TestServicesAreForbiddenOnlyWhileInstallingAndAnOwnPolicyIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy-rc.d")
	allow, err := forbidServices(path)
	require.NoError(t, err)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "#!/bin/sh\nexit 101\n", string(content))
	require.NoError(t, allow())
	require.NoFileExists(t, path)

	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o755))
	allow, err = forbidServices(path)
	require.NoError(t, err)
	require.NoError(t, allow())
	content, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mine", string(content))
}
