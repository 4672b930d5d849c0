package netpol

import (
	"flag"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// allowed writes what a direction lets each isolated pod do, with sets
// spelled out.
func allowed(r Ruleset, chains map[netip.Addr]string) map[string][]string {
	names := map[string]string{}
	for _, p := range testPods {
		names[p.address] = p.name
	}
	all := map[string][]string{}
	for pod, chain := range chains {
		list := []string{}
		for _, rule := range r.Chains[chain] {
			text := rule.Match
			for name, s := range r.Sets {
				var elements []string
				for _, e := range s.Elements {
					elements = append(elements, strings.Join(e, " . "))
				}
				text = strings.ReplaceAll(text, "@"+name, "{"+strings.Join(elements, ", ")+"}")
			}
			list = append(list, text)
		}
		all[names[pod.String()]] = list
	}
	return all
}

// The cases follow the API's documentation of NetworkPolicySpec and what it
// refers to; the quotes are from there.
func TestRulesFollowTheAPI(t *testing.T) {
	type rules = map[string][]string
	for _, c := range []struct {
		name            string
		policies        []string
		ingress, egress rules
	}{
		{"no policy isolates nobody", nil, rules{}, rules{}},
		{
			"empty podSelector: all pods in this namespace; types default to Ingress",
			[]string{"red: {podSelector: {}}"},
			rules{"red/web": {}, "red/db": {}}, rules{},
		},
		{
			"types default to both where there are egress rules",
			[]string{"red: {podSelector: {matchLabels: {app: web}}, egress: [{}]}"},
			rules{"red/web": {}}, rules{"red/web": {""}},
		},
		{
			"rules of a type that is not named do not count",
			[]string{"red: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], ingress: [{}]}"},
			rules{}, rules{"red/web": {}},
		},
		{
			"empty from and ports: matches all sources and all ports",
			[]string{"red: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [], ports: []}]}"},
			rules{"red/web": {""}}, rules{},
		},
		{
			"a selector that selects no pod is not an empty from",
			[]string{"red: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: none}}}]}]}"},
			rules{"red/web": {}}, rules{},
		},
		{
			"podSelector alone: pods in the policy's own namespace",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}"},
			rules{"red/db": {"ip saddr 10.250.0.11"}}, rules{},
		},
		{
			"namespaceSelector alone: all pods in the namespaces, also of other nodes",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: blue}}}]}]}"},
			rules{"red/db": {"ip saddr {10.250.0.13, 10.250.1.11}"}}, rules{},
		},
		{
			"both selectors: the pods in the namespaces",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]}]}"},
			rules{"red/db": {"ip saddr {10.250.0.11, 10.250.0.13}"}}, rules{},
		},
		{
			"peers are joined with a logical OR",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {}, podSelector: {matchLabels: {app: dns}}}]}]}"},
			rules{"red/db": {"ip saddr {10.250.0.11, 10.250.0.14}"}}, rules{},
		},
		{
			"except: excluded from the block, outside of which it means nothing",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25, 192.0.2.2/32]}}]}]}"},
			rules{"red/db": {"ip saddr {192.0.2.0-192.0.2.1, 192.0.2.3-192.0.2.127}"}}, rules{},
		},
		{
			"a block of IPv6 is nobody here",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]}"},
			rules{"red/db": {}}, rules{},
		},
		{
			"protocol defaults to TCP; without a port it is all of them",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80}, {protocol: SCTP}]}]}"},
			rules{"red/db": {"meta l4proto sctp", "tcp dport { 80 }"}}, rules{},
		},
		{
			"endPort (KEP-2079): the range with both ends, merged with others",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 8000, endPort: 9000}, {port: 9001}, {port: 53, endPort: 54, protocol: UDP}]}]}"},
			rules{"red/db": {"tcp dport { 8000-9001 }", "udp dport { 53-54 }"}}, rules{},
		},
		{
			"a named port in is the selected pod's, and nothing where it has none",
			[]string{"red: {podSelector: {}, ingress: [{ports: [{port: http}]}]}"},
			rules{"red/web": {"tcp dport { 8080 }"}, "red/db": {}}, rules{},
		},
		{
			"a named port out is each peer's",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {apps: 'true'}}}], ports: [{port: http}, {port: 443}]}]}"},
			rules{}, rules{"red/db": {
				"ip daddr . meta l4proto . th dport {10.250.0.11 . tcp . 8080, 10.250.0.13 . tcp . 80, 10.250.1.11 . tcp . 8080}",
				"ip daddr {10.250.0.11-10.250.0.13, 10.250.1.11} tcp dport { 443 }",
			}},
		},
		{
			"policies do not conflict; they are additive",
			[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80}]}]}", "red: {podSelector: {}, ingress: [{ports: [{port: 81}]}]}"},
			rules{"red/db": {"tcp dport { 80 }", "tcp dport { 81 }"}, "red/web": {"tcp dport { 81 }"}}, rules{},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Render(testState(t, c.policies...))
			assert.Equal(t, c.ingress, allowed(r, r.Ingress))
			assert.Equal(t, c.egress, allowed(r, r.Egress))
			assert.Equal(t, []string{"10.250.0.11", "10.250.0.12", "10.250.0.13", "10.250.0.14"}, addressesOf(r.Pods))
		})
	}
}

func addressesOf(list []netip.Addr) []string {
	var all []string
	for _, a := range list {
		all = append(all, a.String())
	}
	return all
}

func TestAddressesOfThisNodeAreThoseOfItsLinks(t *testing.T) {
	deny := "red: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"
	s := testState(t, deny)
	// What the API says is of before the node was started anew.
	for i, p := range s.Pods {
		if p.Name == "web" && p.Namespace == "red" {
			s.Pods[i].Status.PodIP = "10.250.0.12"
		}
	}
	// The pod that has this link is not the one that the API has.
	s.Attachments[1].UID = "another"
	r := Render(s)
	assert.Equal(t, map[string][]string{"red/web": {"ip saddr 10.250.0.11"}}, allowed(r, r.Ingress))
	assert.NotContains(t, addressesOf(r.Pods), "10.250.0.12", "who has it is not known, so it is closed")
}

func TestWhoIsNoPeer(t *testing.T) {
	const all = "red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: far}}}]}]}"
	for name, change := range map[string]func(*State, *corev1.Pod){
		"a pod in its node's network":     func(_ *State, p *corev1.Pod) { p.Spec.HostNetwork = true },
		"a pod that has succeeded":        func(_ *State, p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded },
		"a pod that has failed":           func(_ *State, p *corev1.Pod) { p.Status.Phase = corev1.PodFailed },
		"a pod without an address":        func(_ *State, p *corev1.Pod) { p.Status.PodIP = "" },
		"a pod with a stale address here": func(_ *State, p *corev1.Pod) { p.Status.PodIP = "10.250.0.99" },
		"a pod of an unknown namespace":   func(s *State, p *corev1.Pod) { p.Namespace = "unknown" },
	} {
		t.Run(name, func(t *testing.T) {
			s := testState(t, all)
			far := s.Pods[len(s.Pods)-1]
			r := Render(s)
			require.Equal(t, map[string][]string{"red/db": {"ip saddr 10.250.1.11"}}, allowed(r, r.Ingress), far.Name)
			change(&s, far)
			r = Render(s)
			assert.Equal(t, map[string][]string{"red/db": {}}, allowed(r, r.Ingress))
		})
	}
}

func TestASidecarsPortsAreThePods(t *testing.T) {
	s := testState(t, "red: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: metrics}, {port: setup}]}]}")
	always := corev1.ContainerRestartPolicyAlways
	s.Pods[1].Spec.InitContainers = []corev1.Container{
		{Ports: []corev1.ContainerPort{{Name: "setup", ContainerPort: 1000}}},
		{RestartPolicy: &always, Ports: []corev1.ContainerPort{{Name: "metrics", ContainerPort: 2000}}},
	}
	r := Render(s)
	assert.Equal(t, map[string][]string{"red/db": {"tcp dport { 2000 }"}}, allowed(r, r.Ingress))
}

func TestTheSameObjectsMakeTheSameRulesInAnyOrder(t *testing.T) {
	policies := []string{
		"red: {podSelector: {}, egress: [{to: [{namespaceSelector: {}}], ports: [{port: http}, {port: 80}, {port: 53, protocol: UDP}]}]}",
		"red: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}, {ipBlock: {cidr: 192.0.2.0/24}}]}]}",
		"blue: {podSelector: {}, ingress: [{ports: [{port: http}]}]}",
	}
	want := Render(testState(t, policies...))
	shuffle := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		s := testState(t, policies...)
		shuffle.Shuffle(len(s.Pods), func(i, j int) { s.Pods[i], s.Pods[j] = s.Pods[j], s.Pods[i] })
		shuffle.Shuffle(len(s.Policies), func(i, j int) { s.Policies[i], s.Policies[j] = s.Policies[j], s.Policies[i] })
		require.Equal(t, want, Render(s))
	}
}

func TestPodsToWhichTheSameAppliesShareAChain(t *testing.T) {
	r := Render(testState(t, "red: {podSelector: {}, policyTypes: [Ingress, Egress]}"))
	assert.Len(t, r.Chains, 2)
	assert.Len(t, slices.Compact(slices.Sorted(maps.Values(r.Ingress))), 1)
}

func TestTrimmedObjectsMeanTheSame(t *testing.T) {
	full := testState(t,
		"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {matchLabels: {apps: 'true'}}}], ports: [{port: sql}]}]}",
		"blue: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}")
	small := State{Node: full.Node, Attachments: full.Attachments}
	for _, p := range full.Pods {
		p.Spec.Containers[0].Image = "image"
		small.Pods = append(small.Pods, trimmed(t, p))
		assert.Empty(t, small.Pods[len(small.Pods)-1].Spec.Containers[0].Image)
	}
	for _, n := range full.Namespaces {
		small.Namespaces = append(small.Namespaces, trimmed(t, n))
	}
	for _, p := range full.Policies {
		small.Policies = append(small.Policies, trimmed[*networkingv1.NetworkPolicy](t, p))
	}
	assert.Equal(t, Render(full), Render(small))
}

func trimmed[T any](t *testing.T, object T) T {
	t.Helper()
	small, err := trim(object)
	require.NoError(t, err)
	return small.(T)
}

func TestConfigSaysEverythingThatIsWrong(t *testing.T) {
	err := Config{Pods: netip.MustParsePrefix("fd00::/64"), Health: "nowhere"}.validate()
	for _, want := range []string{"no kubeconfig", `pods "fd00::/64": want the node's IPv4 range`, `bridge "", results ""`, `health address "nowhere"`, `cluster "invalid Prefix"`} {
		assert.ErrorContains(t, err, want)
	}
	assert.NoError(t, Config{Kubeconfig: "k", Pods: nodeRange, Cluster: clusterRange, Bridge: "cni0", Results: DefaultResults, Health: "127.0.0.1:10300"}.validate())
}

func TestArgsSetTheSameConfig(t *testing.T) {
	want := Config{Kubeconfig: "/k", Node: "live", Pods: nodeRange, Cluster: clusterRange, Bridge: "br7", Results: "/r", Health: "127.0.0.1:1"}
	var got Config
	flags := flag.NewFlagSet("network-policy", flag.ContinueOnError)
	got.Flags(flags)
	require.NoError(t, flags.Parse(want.Args()))
	assert.Equal(t, want, got)
}
