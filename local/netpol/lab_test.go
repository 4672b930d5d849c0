//go:build integration

package netpol

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// lab is a node with its bridge, its pods, and a world beyond that also has
// the pods of another node. Every host is a network namespace without a name:
// it ends with the test's process, however that ends.
type lab struct {
	node, world *host
	hosts       map[string]*host
	applier     *Applier
}

// host is a network namespace with a thread in it.
type host struct {
	name    string
	address netip.Addr
	ns      netns.NsHandle
	work    chan func()
}

var (
	tcpPorts = []int{53, 80, 8080, 9090}
	udpPorts = []int{53, 8080}
)

func newLab(t *testing.T) *lab {
	t.Helper()
	require.Zero(t, os.Geteuid(), "real packets need root")
	l := &lab{hosts: map[string]*host{}}
	l.node, l.world = newHost(t, "node", nodeUplink.Addr()), newHost(t, "world", world)
	node, err := netlink.NewHandleAt(l.node.ns, unix.NETLINK_ROUTE)
	require.NoError(t, err)
	t.Cleanup(node.Close)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "cni0"
	require.NoError(t, node.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}))
	bridge, err := node.LinkByName("cni0")
	require.NoError(t, err)
	setUp(t, node, bridge, nodeBridge.String())
	l.connect(t, node, "eth0", l.world, nodeUplink.String(), world.String()+"/24", elsewhere.String()+"/32")
	for _, p := range testPods {
		address := netip.MustParseAddr(p.address)
		if !nodeRange.Contains(address) {
			l.addAddress(t, p.address+"/32")
			l.hosts[p.name] = &host{name: p.name, address: address, ns: l.world.ns, work: l.world.work}
			continue
		}
		l.attach(t, node, bridge, p.name, address)
	}
	l.addRoutes(t, node)
	l.hosts["node"] = l.node
	l.hosts["world"] = l.world
	l.hosts["elsewhere"] = &host{name: "elsewhere", address: elsewhere, ns: l.world.ns, work: l.world.work}
	l.node.do(func() {
		for file, value := range map[string]string{
			"ipv4/ip_forward": "1", "bridge/bridge-nf-call-iptables": "1",
			// Refusals of UDP are told by ICMP, which the kernel limits.
			"ipv4/icmp_ratelimit": "0",
		} {
			require.NoError(t, os.WriteFile("/proc/sys/net/"+file, []byte(value), 0))
		}
		l.applier, err = NewApplier("cni0", nodeRange, clusterRange)
	})
	require.NoError(t, err)
	for _, h := range l.hosts {
		if h.ns != l.world.ns || h == l.world {
			h.serve(t)
		}
	}
	return l
}

func newHost(t testing.TB, name string, address netip.Addr) *host {
	t.Helper()
	h := &host{name: name, address: address, work: make(chan func())}
	ready := make(chan error)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and nothing
		// else ever runs in its namespace.
		runtime.LockOSThread()
		var err error
		h.ns, err = netns.New()
		ready <- err
		for f := range h.work {
			f()
		}
	}()
	require.NoError(t, <-ready)
	t.Cleanup(func() {
		close(h.work)
		h.ns.Close()
	})
	h.do(func() {
		lo, err := netlink.LinkByName("lo")
		require.NoError(t, err)
		require.NoError(t, netlink.LinkSetUp(lo))
	})
	return h
}

// do runs f in the host's namespace.
func (h *host) do(f func()) {
	done := make(chan struct{})
	h.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

func setUp(t *testing.T, in *netlink.Handle, link netlink.Link, prefixes ...string) {
	t.Helper()
	for _, prefix := range prefixes {
		addr, err := netlink.ParseAddr(prefix)
		require.NoError(t, err)
		require.NoError(t, in.AddrAdd(link, addr))
	}
	require.NoError(t, in.LinkSetUp(link))
}

// connect links the node's named link to a host's eth0.
func (l *lab) connect(t *testing.T, node *netlink.Handle, name string, h *host, nodePrefix string, prefixes ...string) netlink.Link {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	require.NoError(t, node.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "eth0", PeerNamespace: netlink.NsFd(h.ns)}))
	link, err := node.LinkByName(name)
	require.NoError(t, err)
	if nodePrefix != "" {
		setUp(t, node, link, nodePrefix)
	} else {
		setUp(t, node, link)
	}
	inside, err := netlink.NewHandleAt(h.ns, unix.NETLINK_ROUTE)
	require.NoError(t, err)
	defer inside.Close()
	eth, err := inside.LinkByName("eth0")
	require.NoError(t, err)
	setUp(t, inside, eth, prefixes...)
	return link
}

// attach makes a pod on the bridge, as the CNI plugins do.
func (l *lab) attach(t *testing.T, node *netlink.Handle, bridge netlink.Link, name string, address netip.Addr) *host {
	t.Helper()
	h := newHost(t, name, address)
	l.hosts[name] = h
	link := l.connect(t, node, "v"+strings.ReplaceAll(address.String(), ".", ""), h, "", address.String()+"/24")
	require.NoError(t, node.LinkSetMaster(link, bridge))
	require.NoError(t, node.LinkSetHairpin(link, true))
	h.do(func() { addRoute(t, nil, "0.0.0.0/0", nodeBridge.Addr()) })
	return h
}

func addRoute(t *testing.T, in *netlink.Handle, to string, via netip.Addr) {
	t.Helper()
	dst, err := netlink.ParseIPNet(to)
	require.NoError(t, err)
	route := &netlink.Route{Dst: dst, Gw: via.AsSlice()}
	if in == nil {
		require.NoError(t, netlink.RouteReplace(route))
		return
	}
	require.NoError(t, in.RouteReplace(route))
}

func (l *lab) addAddress(t *testing.T, prefix string) {
	l.world.do(func() {
		eth, err := netlink.LinkByName("eth0")
		require.NoError(t, err)
		addr, err := netlink.ParseAddr(prefix)
		require.NoError(t, err)
		require.NoError(t, netlink.AddrAdd(eth, addr))
	})
}

// addRoutes lets node and world find each other's addresses.
func (l *lab) addRoutes(t *testing.T, node *netlink.Handle) {
	l.world.do(func() { addRoute(t, nil, nodeRange.String(), nodeUplink.Addr()) })
	addRoute(t, node, "0.0.0.0/0", world)
}

// serve answers on all ports.
func (h *host) serve(t *testing.T) {
	t.Helper()
	h.do(func() {
		for _, port := range tcpPorts {
			listener, err := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", port))
			require.NoError(t, err)
			t.Cleanup(func() { listener.Close() })
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						defer conn.Close()
						buffer := make([]byte, 16)
						for n, err := conn.Read(buffer); err == nil; n, err = conn.Read(buffer) {
							if _, err := conn.Write(buffer[:n]); err != nil {
								return
							}
						}
					}()
				}
			}()
		}
		for _, port := range udpPorts {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
			require.NoError(t, err)
			t.Cleanup(func() { conn.Close() })
			go answer(t, conn)
		}
	})
}

// answer echoes datagrams from the address that they were sent to.
func answer(t *testing.T, conn *net.UDPConn) {
	raw, err := conn.SyscallConn()
	if err == nil {
		controlErr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_PKTINFO, 1) })
		err = errors.Join(err, controlErr)
	}
	if err != nil {
		t.Error(err)
		return
	}
	buffer, control := make([]byte, 64), make([]byte, 128)
	for {
		n, size, _, from, err := conn.ReadMsgUDP(buffer, control)
		if err != nil {
			return
		}
		reply := control[:size]
		if messages, err := unix.ParseSocketControlMessage(reply); err == nil && len(messages) == 1 {
			info := &unix.Inet4Pktinfo{}
			copy(info.Spec_dst[:], messages[0].Data[4:8])
			reply = unix.PktInfo4(info)
		}
		_, _, _ = conn.WriteMsgUDP(buffer[:n], reply, from)
	}
}

// outcome is what became of an attempt to connect.
type outcome string

const (
	open    outcome = "open"
	refused outcome = "refused"
	silent  outcome = "silent"
)

// patience is how long an answer is waited for where one may be due.
const patience = 400 * time.Millisecond

// try connects from a host to an address: "tcp/80", "udp/53".
func (h *host) try(t *testing.T, to netip.Addr, flow string) (result outcome) {
	t.Helper()
	network, port, _ := strings.Cut(flow, "/")
	h.do(func() {
		dialer := net.Dialer{Timeout: patience}
		target := net.JoinHostPort(to.String(), port)
		if network == "tcp" {
			dialer.LocalAddr = &net.TCPAddr{IP: h.address.AsSlice()}
		} else {
			dialer.LocalAddr = &net.UDPAddr{IP: h.address.AsSlice()}
		}
		conn, err := dialer.DialContext(context.Background(), network+"4", target)
		if err == nil {
			defer conn.Close()
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = conn.SetDeadline(time.Now().Add(patience))
			if _, err = conn.Write([]byte("hello")); err == nil {
				_, err = conn.Read(make([]byte, 16))
			}
		}
		var timeout net.Error
		switch {
		case err == nil:
			result = open
		case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ECONNRESET):
			result = refused
		case errors.As(err, &timeout) && timeout.Timeout():
			result = silent
		default:
			t.Errorf("%s to %s %s: %v", h.name, to, flow, err)
		}
	})
	return result
}

// apply brings a ruleset into the node's kernel.
func (l *lab) apply(t *testing.T, r Ruleset) {
	t.Helper()
	var err error
	l.node.do(func() { err = l.applier.Apply(t.Context(), r) })
	require.NoError(t, err)
}

// forget makes every later packet that of a new connection.
func (l *lab) forget(t *testing.T) {
	t.Helper()
	l.node.do(func() { require.NoError(t, netlink.ConntrackTableFlush(netlink.ConntrackTable)) })
}
