//go:build integration

package netpol

// scenarios are policies, and all flows that are open under them, as
// "<from> > <to> <protocol>/<port>" in the patterns of path.Match. Every other
// flow must be refused. The node always reaches its pods.
var scenarios = []struct {
	name     string
	policies []string
	open     []string
}{
	{
		"without policies everything is open",
		nil,
		[]string{"* > * */*"},
	},
	{
		"default deny of both directions closes a namespace, but not to its node",
		[]string{"red: {podSelector: {}, policyTypes: [Ingress, Egress]}"},
		[]string{"[^r]* > [^r]* */*", "node > * */*"},
	},
	{
		"a policy without types or rules denies ingress only",
		[]string{"red: {podSelector: {}}"},
		[]string{"* > [^r]* */*", "node > * */*"},
	},
	{
		"a policy selects pods of its own namespace only",
		[]string{"red: {podSelector: {matchLabels: {app: web}}}"},
		[]string{"* > [^r]* */*", "* > red/db */*", "node > * */*"},
	},
	{
		"namespaces are selected by their labels",
		[]string{"red: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {apps: 'true'}}}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "blue/* > red/* */*", "red/* > red/* */*"},
	},
	{
		"the empty namespaceSelector selects all pods and nothing else",
		[]string{"red: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "*/* > red/* */*"},
	},
	{
		"a podSelector alone selects in the policy's namespace",
		[]string{"red: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}"},
		[]string{"* > [^r]* */*", "* > red/web */*", "node > * */*", "red/web > red/db */*"},
	},
	{
		"both selectors in one peer must both hold, also for a pod of another node",
		[]string{"red: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: blue}}, podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "blue/far > red/* */*"},
	},
	{
		"a named port is the selected pod's",
		[]string{"red: {podSelector: {}, ingress: [{ports: [{port: http}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "* > red/web tcp/8080"},
	},
	{
		"a named port of egress is each peer's own",
		[]string{"red: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: http}, {port: dns, protocol: UDP}]}]}"},
		[]string{"[^r]* > * */*", "red/db > * */*", "red/web > blue/web tcp/80", "red/web > blue/far tcp/8080", "red/web > kube-system/dns udp/53"},
	},
	{
		"a named port has a protocol",
		[]string{"red: {podSelector: {}, ingress: [{ports: [{port: http, protocol: UDP}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*"},
	},
	{
		"what a block excepts is refused",
		[]string{"blue: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [192.0.2.0/24, 10.250.0.12/32]}}]}]}"},
		[]string{"* > [^b]* */*", "* > blue/far */*", "node > * */*", "elsewhere > blue/web */*", "blue/far > blue/web */*", "red/web > blue/web */*", "kube-system/dns > blue/web */*"},
	},
	{
		"what one block excepts another may allow",
		[]string{"red: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [0.0.0.0/1, 128.0.0.0/1]}}, {ipBlock: {cidr: 192.0.2.2/32}}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "world > red/* */*"},
	},
	{
		"egress to DNS only",
		[]string{"red: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {app: dns}}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}]}"},
		[]string{"[^r]* > * */*", "red/* > kube-system/dns */53"},
	},
	{
		"the node's own addresses are egress too",
		[]string{"red: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 192.0.2.1/32}}], ports: [{port: 8080}]}]}"},
		[]string{"[^r]* > * */*", "red/* > node tcp/8080"},
	},
	{
		"a range of ports includes its ends",
		[]string{"red: {podSelector: {}, ingress: [{ports: [{port: 80, endPort: 8080}, {port: 8080, endPort: 8081, protocol: UDP}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "* > red/* tcp/80", "* > red/* tcp/8080", "* > red/* udp/8080"},
	},
	{
		"a protocol without a port is all its ports",
		[]string{"red: {podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "* > red/* udp/*"},
	},
	{
		"both sides must allow a connection",
		[]string{
			"red: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{ports: [{port: 80}, {port: 9090}]}]}",
			"red: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 9090}, {port: 8080}]}]}",
		},
		[]string{
			"[^r]* > [^r]* */*", "red/db > [^r]* */*", "node > * */*", "* > red/db tcp/9090",
			"[^r]* > red/db tcp/8080", "[^r]* > red/web */*", "red/db > red/web */*",
			"red/web > [^r]* tcp/80", "red/web > [^r]* tcp/9090",
		},
	},
	{
		"policies add up",
		[]string{
			"red: {podSelector: {}}",
			"red: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]}",
			"red: {podSelector: {matchLabels: {tier: front}}, ingress: [{ports: [{port: 80}]}]}",
		},
		[]string{"* > [^r]* */*", "node > * */*", "elsewhere > red/web */*", "* > red/web tcp/80"},
	},
	{
		"an empty rule allows everything, whatever else denies",
		[]string{"red: {podSelector: {}}", "red: {podSelector: {matchLabels: {app: web}}, ingress: [{}]}"},
		[]string{"* > [^r]* */*", "node > * */*", "* > red/web */*"},
	},
	{
		"rules of a direction that is not among the types do nothing",
		[]string{"red: {podSelector: {}, policyTypes: [Egress], ingress: [{}]}"},
		[]string{"[^r]* > * */*"},
	},
	{
		"a peer that no pod is allows nobody",
		[]string{"red: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: none}}}]}]}"},
		[]string{"* > [^r]* */*", "node > * */*"},
	},
}
