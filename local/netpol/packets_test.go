//go:build integration

package netpol

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// flows are all that is tried: every host to every other at every port.
func (l *lab) flows() []string {
	var list []string
	for _, from := range slices.Sorted(maps.Keys(l.hosts)) {
		for _, to := range slices.Sorted(maps.Keys(l.hosts)) {
			// What stays within a namespace passes no node.
			if l.hosts[from].ns == l.hosts[to].ns {
				continue
			}
			for _, port := range tcpPorts {
				list = append(list, fmt.Sprintf("%s > %s tcp/%d", from, to, port))
			}
			for _, port := range udpPorts {
				list = append(list, fmt.Sprintf("%s > %s udp/%d", from, to, port))
			}
		}
	}
	return list
}

func (l *lab) tryFlow(t *testing.T, flow string) outcome {
	t.Helper()
	words := strings.Fields(flow)
	return l.hosts[words[0]].try(t, l.hosts[words[2]].address, words[3])
}

func matches(patterns []string, flow string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		p, f := strings.Fields(pattern), strings.Fields(flow)
		for _, i := range []int{0, 2, 3} {
			// A slash is a character like others here.
			ok, err := path.Match(strings.ReplaceAll(p[i], "/", "|"), strings.ReplaceAll(f[i], "/", "|"))
			if err != nil || !ok {
				return false
			}
		}
		return true
	})
}

func TestPacketsPassWhereAPolicyAllowsThemAndOnlyThere(t *testing.T) {
	l := newLab(t)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			l.apply(t, Render(testState(t, s.policies...)))
			l.forget(t)
			for _, flow := range l.flows() {
				want := refused
				if matches(s.open, flow) {
					want = open
				}
				assert.Equal(t, want, l.tryFlow(t, flow), flow)
			}
		})
	}
}

const denyRed = "red: {podSelector: {}, policyTypes: [Ingress, Egress]}"

func TestEstablishedConnectionsSurviveAPolicyThatForbidsNewOnes(t *testing.T) {
	l := newLab(t)
	l.apply(t, Render(testState(t)))
	from, to := l.hosts["red/web"], l.hosts["blue/web"]
	var conn net.Conn
	from.do(func() {
		var err error
		conn, err = net.Dial("tcp4", to.address.String()+":80")
		require.NoError(t, err)
	})
	defer conn.Close()
	l.apply(t, Render(testState(t, denyRed)))
	require.Equal(t, refused, from.try(t, to.address, "tcp/80"))
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err := conn.Write([]byte("still here"))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 16))
	require.NoError(t, err)
}

func TestAPodTalksOnlyOnceItIsKnown(t *testing.T) {
	l := newLab(t)
	newborn := testState(t)
	newborn.Attachments = newborn.Attachments[1:]
	l.apply(t, Render(newborn))
	for _, flow := range []string{"red/web > blue/web tcp/80", "red/web > node tcp/80", "red/web > world tcp/80", "blue/web > red/web tcp/80", "world > red/web tcp/80"} {
		assert.Equal(t, silent, l.tryFlow(t, flow), flow)
	}
	for _, flow := range []string{"node > red/web tcp/80", "red/db > blue/web tcp/80"} {
		assert.Equal(t, open, l.tryFlow(t, flow), flow)
	}
	l.apply(t, Render(testState(t)))
	assert.Equal(t, open, l.tryFlow(t, "red/web > blue/web tcp/80"))
}

func TestANewPodOfAnotherNodeIsNotRefusedBeforeItIsKnown(t *testing.T) {
	l := newLab(t)
	s := testState(t, "red: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: blue}}}]}]}")
	far := s.Pods[len(s.Pods)-1]
	far.Status.PodIP = ""
	l.apply(t, Render(s))
	assert.Equal(t, silent, l.tryFlow(t, "blue/far > red/db tcp/80"))
	assert.Equal(t, open, l.tryFlow(t, "blue/far > blue/web tcp/80"), "what is open to anyone")
	assert.Equal(t, refused, l.tryFlow(t, "world > red/db tcp/80"))
	far.Status.PodIP = "10.250.1.11"
	l.apply(t, Render(s))
	assert.Equal(t, open, l.tryFlow(t, "blue/far > red/db tcp/80"))
	far.Namespace = "unknown"
	l.apply(t, Render(s))
	assert.Equal(t, refused, l.tryFlow(t, "blue/far > red/db tcp/80"))
}

func TestNobodyTakesAPodsAddress(t *testing.T) {
	l := newLab(t)
	l.apply(t, Render(testState(t)))
	l.addAddress(t, "10.250.0.11/32")
	stranger := &host{name: "stranger", address: netip.MustParseAddr("10.250.0.11"), ns: l.world.ns, work: l.world.work}
	assert.Equal(t, silent, stranger.try(t, l.hosts["red/db"].address, "tcp/80"))
	// Nor does a pod take another address than its own, or it would have no
	// policies.
	pod := l.hosts["red/web"]
	pod.do(func() {
		eth, err := netlink.LinkByName("eth0")
		require.NoError(t, err)
		require.NoError(t, netlink.AddrAdd(eth, &netlink.Addr{IPNet: netlink.NewIPNet(net.IPv4(203, 0, 113, 9))}))
	})
	forger := &host{name: "forger", address: netip.MustParseAddr("203.0.113.9"), ns: pod.ns, work: pod.work}
	assert.Equal(t, silent, forger.try(t, l.hosts["red/db"].address, "udp/53"))
	l.node.do(func() {
		out, err := exec.Command("nft", "list", "chain", "ip", table, "forward").CombinedOutput()
		require.NoError(t, err)
		assert.Regexp(t, `iifname "cni0" ip saddr != @pods counter packets [1-9]`, string(out))
	})
}

func TestAPodReachesItselfThroughAService(t *testing.T) {
	l := newLab(t)
	l.node.do(func() {
		// As kube-proxy does it.
		load(t, `table ip services {
	chain before { type nat hook prerouting priority dstnat; ip daddr 10.96.0.1 tcp dport 80 dnat to 10.250.0.11:8080; }
	chain after { type nat hook postrouting priority srcnat; ip saddr 10.250.0.11 ip daddr 10.250.0.11 masquerade; }
}`)
	})
	service := netip.MustParseAddr("10.96.0.1")
	l.apply(t, Render(testState(t, denyRed)))
	assert.Equal(t, open, l.hosts["red/web"].try(t, service, "tcp/80"))
	assert.Equal(t, refused, l.hosts["red/db"].try(t, service, "tcp/80"), "policies see the pod behind the service")
	assert.Equal(t, refused, l.hosts["blue/web"].try(t, service, "tcp/80"))
}

func load(t *testing.T, rules string) {
	t.Helper()
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestPodsDoNotMeetOverIPv6(t *testing.T) {
	l := newLab(t)
	from, to := l.hosts["red/web"], l.hosts["blue/web"]
	to.do(func() {
		listener, err := net.Listen("tcp6", "[::]:6000")
		require.NoError(t, err)
		t.Cleanup(func() { listener.Close() })
	})
	var target string
	to.do(func() { target = linkLocal(t) })
	from.do(func() { linkLocal(t) })
	dial := func() (err error) {
		from.do(func() {
			var conn net.Conn
			conn, err = net.DialTimeout("tcp6", "["+target+"%eth0]:6000", patience)
			if err == nil {
				conn.Close()
			}
		})
		return err
	}
	require.NoError(t, dial(), "without the tables they do")
	l.apply(t, Render(testState(t)))
	require.Error(t, dial())
}

// linkLocal returns the IPv6 address that a link has by itself, once it may be
// used.
func linkLocal(t *testing.T) string {
	t.Helper()
	eth, err := netlink.LinkByName("eth0")
	require.NoError(t, err)
	for range 100 {
		addresses, err := netlink.AddrList(eth, netlink.FAMILY_V6)
		require.NoError(t, err)
		if len(addresses) > 0 && addresses[0].Flags&unix.IFA_F_TENTATIVE == 0 {
			return addresses[0].IP.String()
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no IPv6 address of the link")
	return ""
}

func TestReplacingTheRulesOpensNoGap(t *testing.T) {
	l := newLab(t)
	// Both refuse the same, by other chains.
	rulesets := []Ruleset{
		Render(testState(t, denyRed)),
		Render(testState(t, denyRed, "red: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}, {podSelector: {}}]}]}")),
	}
	l.apply(t, rulesets[0])
	stop, tried := make(chan struct{}), make(chan int)
	go func() {
		count := 0
		for {
			select {
			case <-stop:
				tried <- count
				return
			default:
				if got := l.hosts["red/web"].try(t, l.hosts["blue/web"].address, "tcp/80"); got != refused {
					t.Errorf("attempt %d while the rules are replaced: %s", count, got)
				}
				count++
			}
		}
	}()
	for i := range 300 {
		if i%100 == 0 {
			// As a process that starts anew.
			l.applier.now = nil
		}
		l.apply(t, rulesets[i%2])
	}
	close(stop)
	count := <-tried
	t.Logf("%d attempts during 300 replacements", count)
	require.Greater(t, count, 200)
}
