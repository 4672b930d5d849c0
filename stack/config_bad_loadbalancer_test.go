package stack_test

// balancer is config of the load balancer.
func balancer(yaml string) map[string]string { return edit("loadBalancer", yaml) }

func init() { badConfigs = append(badConfigs, badLoadBalancers...) }

var badLoadBalancers = []badConfig{
	// Certificates.
	{"a certificate for a URL", "gke-edge", balancer(`{certificates: ["https://board.neighbours.org"]}`), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "https://board.neighbours.org"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a certificate for everything below a domain", "gke-edge", balancer(`{certificates: ["*.neighbours.org"]}`), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "*.neighbours.org"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a certificate for an address", "gke-edge", balancer("{certificates: [203.0.113.7]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "203.0.113.7"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a certificate for one word", "gke-edge", balancer("{certificates: [board]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "board"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a certificate for a host of the domain", "gke-edge", balancer("{certificates: [hello.cloud.example.org]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "hello.cloud.example.org", which the certificate of the domain covers; remove it`}},
	{"a certificate for the domain itself", "gke-edge", balancer("{certificates: [cloud.example.org]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "cloud.example.org", which the certificate of the domain covers; remove it`}},
	{"a certificate for a name far below the domain", "gke-edge", balancer("{certificates: [deep.wiki.cloud.example.org]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "deep.wiki.cloud.example.org", more than one label below cloud.example.org; write a name right below the domain, which needs no certificate of its own, or one of another domain`}},
	{"without a misspelt cluster", "gke-edge", balancer("{without: omgea}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.without: found "omgea"; did you mean omega?`}},
	{"without the cluster that has the traffic", "gke-edge", balancer("{without: live}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.without: found "live", but traffic.default sends requests there; write live: 0 there and no mirror to it, ` + "`pulumi up`" + `, and then this`,
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.without: found "live", but traffic.apps.guestbook sends requests there; write live: 0 there and no mirror to it, ` + "`pulumi up`" + `, and then this`}},
	{"without a cluster that an app is sent to", "gke-edge", balancer("{without: omega}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.without: found "omega", but traffic.apps.guestbook sends requests there; write omega: 0 there and no mirror to it, ` + "`pulumi up`" + `, and then this`}},
	{"a certificate twice", "gke-edge", balancer("{certificates: [board.neighbours.org, board.neighbours.org]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[1]: found "board.neighbours.org" again; remove one of the two`}},
	{"a certificate for a name that nobody can own", "gke-edge", balancer("{certificates: [board.neighbours.test]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found "board.neighbours.test", but no certificate is ever issued below test; write a name that somebody owns, or remove it`}},
	{"a certificate for a name that is too long", "gke-edge", balancer("{certificates: [a-very-long-name-of-a-board-that-nobody-would-want-to-type.neighbours.org]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates[0]: found 73 characters; write a name of at most 64; a certificate holds no more`}},
	{"a certificate as text", "gke-edge", balancer("{certificates: board.neighbours.org}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificates: found text "board.neighbours.org"; write a list: [board.neighbours.org]`}},

	// Rates and logs.
	{"a rate of nothing", "gke-edge", balancer("{rateLimit: {}}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.rateLimit.requests: missing; write how many requests a client address has in that time, 1 to 10000`}},
	{"a rate of no request", "gke-edge", balancer("{rateLimit: {requests: 0}}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.rateLimit.requests: found 0; write 1 to 10000, or remove rateLimit`}},
	{"a rate of too many requests", "gke-edge", balancer("{rateLimit: {requests: 20000}}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.rateLimit.requests: found 20000; write 1 to 10000, or remove rateLimit`}},
	{"a rate in an odd time", "gke-edge", balancer("{rateLimit: {requests: 100, seconds: 45}}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.rateLimit.seconds: found 45; write one of 10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700, 3600`}},
	{"a rate in one number", "gke-edge", balancer("{rateLimit: 100}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.rateLimit: found number 100; write an object: {requests: ..., seconds: ...}`}},
	{"logs of more than everything", "gke-edge", balancer("{logPercent: 101}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.logPercent: found 101; write a percentage from 0 to 100`}},
	{"logs of less than nothing", "gke-edge", balancer("{logPercent: -1}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.logPercent: found -1; write a percentage from 0 to 100`}},
	{"a misspelt key of the load balancer", "gke-edge", balancer("{certificate: [board.neighbours.org]}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:loadBalancer.certificate: unknown key; did you mean certificates?`}},

	// Traffic that a load balancer of Google Cloud cannot divide.
	{"a mirror of a share", "gke-edge", traffic("{live: 100, mirror: {to: omega, percent: 5}}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:traffic.default.mirror.percent: found 5; write 100: on platform gke all requests are copied or none`}},
	{"a mirror of an app to a cluster that has requests", "gke-edge", trafficOfHello("{live: 50, omega: 50, mirror: {to: omega, percent: 100}}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:traffic.apps.hello.mirror.to: found omega, which is sent 50 % of the requests itself; write omega: 0, or remove mirror: on platform gke its own requests would be copied to it too`}},
	{"weights on Google Cloud that sum to 90", "gke-edge", traffic("{live: 90, mirror: {to: omega, percent: 5}}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:traffic.default: weights sum to 90, want 100; change them so that they do`}},
}
