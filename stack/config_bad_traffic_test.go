package stack_test

// traffic is config of the default split.
func traffic(yaml string) map[string]string { return edit("traffic", "{default: "+yaml+"}") }

// trafficOfHello is config of the split of the app hello.
func trafficOfHello(yaml string) map[string]string {
	return edit("traffic", "{default: {live: 100}, apps: {hello: "+yaml+"}}")
}

func init() { badConfigs = append(badConfigs, badTraffic...) }

var badTraffic = []badConfig{
	{"a misspelt sticky", "edge", traffic("{live: 100, stiky: true}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.stiky: unknown key; did you mean sticky?`}},
	{"a cookie in the place of sticky", "edge", traffic("{live: 100, cookie: me}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.cookie: unknown key; remove it, or write one of live, mirror, omega, pin, sticky`}},
	{"a sticky of text", "edge", traffic("{live: 100, sticky: 'on'}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.sticky: found text "on"; write true or false`}},
	{"a sticky of a number", "edge", trafficOfHello("{live: 100, sticky: 1}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.sticky: found number 1; write true or false`}},
	{"a sticky of nothing", "edge", traffic("{live: 100, sticky: }"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.sticky: empty; write true or false, or remove the key`}},
	{"a pin of a cluster", "edge", traffic("{live: 100, pin: omega}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.pin: found text "omega"; write true or false`}},
	{"a pin in quotes", "edge", trafficOfHello(`{live: 100, pin: "true"}`), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.pin: found text "true"; write true or false`}},
	{"a misspelt pin", "edge", trafficOfHello("{live: 100, pins: true}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.pins: unknown key; did you mean pin?`}},
	{"a mirror of text", "edge", traffic("{live: 100, mirror: omega}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror: found text "omega"; write an object: {to: ..., percent: ...}`}},
	{"an empty mirror", "edge", traffic("{live: 100, mirror: }"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror: empty; write an object: {to: ..., percent: ...}, or remove the key`}},
	{"a mirror of nothing", "edge", traffic("{live: 100, mirror: {}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.to: missing; write one of live, omega`,
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.percent: missing; write the percentage of requests to copy, 1 to 100`}},
	{"a mirror without a percentage", "edge", traffic("{live: 100, mirror: {to: omega}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.percent: missing; write the percentage of requests to copy, 1 to 100`}},
	{"a mirror to nobody", "edge", traffic("{live: 100, mirror: {percent: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.to: missing; write one of live, omega`}},
	{"a mirror to a misspelt cluster", "edge", traffic("{live: 100, mirror: {to: omgea, percent: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.to: found "omgea"; did you mean omega?`}},
	{"a mirror to the edge", "edge", traffic("{live: 100, mirror: {to: edge, percent: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.to: found "edge"; write one of live, omega`}},
	{"a mirror of no request", "edge", traffic("{live: 100, mirror: {to: omega, percent: 0}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.percent: found 0; write a percentage from 1 to 100, or remove mirror`}},
	{"a mirror of more than everything", "edge", trafficOfHello("{live: 100, mirror: {to: omega, percent: 150}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.mirror.percent: found 150; write a percentage from 1 to 100, or remove mirror`}},
	{"a mirror of half a percent", "edge", traffic("{live: 100, mirror: {to: omega, percent: 0.5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.percent: found number 0.5; write a whole number`}},
	{"a mirror with a percent sign", "edge", traffic("{live: 100, mirror: {to: omega, percent: 5%}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.percent: found text "5%"; write a whole number`}},
	{"a misspelt percentage of a mirror", "edge", traffic("{live: 100, mirror: {to: omega, pecent: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.pecent: unknown key; did you mean percent?`}},
	{"a mirror in the words of weights", "edge", traffic("{live: 100, mirror: {omega: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.omega: unknown key; remove it, or write one of percent, to`,
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.to: missing; write one of live, omega`,
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.percent: missing; write the percentage of requests to copy, 1 to 100`}},
	{"a mirror to the cluster that answers everything", "edge", traffic("{live: 100, mirror: {to: live, percent: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror.to: found "live", but omega gets 0 % of the requests, so there is nothing to copy; give omega 1 or more, write to: omega, or remove mirror`}},
	{"a mirror of an app to the cluster that answers everything", "edge", trafficOfHello("{omega: 100, mirror: {to: omega, percent: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.mirror.to: found "omega", but live gets 0 % of the requests, so there is nothing to copy; give live 1 or more, write to: live, or remove mirror`}},
	{"two mirrors", "edge", traffic("{live: 100, mirror: [{to: omega, percent: 5}]}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.mirror: found a list of 1; write an object: {to: ..., percent: ...}`}},
	{"a mirror beside the splits", "edge", edit("traffic", "{default: {live: 100}, mirror: {to: omega, percent: 5}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.mirror: unknown key; remove it, or write one of apps, default`}},
	{"everything wrong with a split", "edge", trafficOfHello("{live: 120, sticky: maybe, mirror: {to: mars, percent: -1}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.sticky: found text "maybe"; write true or false`,
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.live: found 120; write a percentage from 0 to 100`,
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.mirror.to: found "mars"; write one of live, omega`,
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello.mirror.percent: found -1; write a percentage from 1 to 100, or remove mirror`}},
	{"a split of an app that is empty", "edge", trafficOfHello(""), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello: empty; write an object: {live: ..., omega: ..., sticky: ..., pin: ..., mirror: ...}, or remove the key`}},
}
