package stack_test

// badConfig is an edit of the sample config that must be refused, with the complete message.
type badConfig struct {
	name, stack string
	// edits are YAML by key; "-" removes the key.
	edits map[string]string
	// secret are keys whose values are encrypted.
	secret []string
	want   []string
}

const (
	goodA = `a: {image: "demo@sha256:$D", version: v1}`
	goodB = `b: {image: "demo@sha256:$D", version: v2}`
)

// edit is one edited key.
func edit(key, yaml string) map[string]string { return map[string]string{key: yaml} }

// hello is config of the app hello.
func hello(yaml string) map[string]string { return edit("apps", "{hello: "+yaml+"}") }

// release is a release of an app with both variants.
func release(yaml string) map[string]string {
	return hello("{variants: {" + goodA + ", " + goodB + "}, release: " + yaml + "}")
}

var badConfigs = []badConfig{
	// Layers and keys.
	{"no layer", "shared", edit("layer", "-"), nil, []string{
		`Pulumi.shared.yaml: live-omega:layer: missing; write one of shared, cluster, edge`}},
	{"an unknown layer", "shared", edit("layer", "base"), nil, []string{
		`Pulumi.shared.yaml: live-omega:layer: found "base"; write one of shared, cluster, edge`}},
	{"a misspelt layer", "live", edit("layer", "clsuter"), nil, []string{
		`Pulumi.live.yaml: live-omega:layer: found "clsuter"; did you mean cluster?`}},
	{"a misspelt key", "shared", map[string]string{"primary": "-", "primry": "live"}, nil, []string{
		`Pulumi.shared.yaml: live-omega:primry: unknown key; did you mean primary?`}},
	{"a key of another program", "shared", edit("region", "europe"), nil, []string{
		`Pulumi.shared.yaml: live-omega:region: unknown key; remove it, or write one of apps, cluster, communities, domain, foundation, gcp, ingress, layer, loadBalancer, nodes, primary, stacks, traffic`}},
	{"traffic in a cluster", "live", edit("traffic", "{default: {live: 100}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:traffic: does not belong to layer cluster; move it to a stack of layer edge, or remove it`}},
	{"apps in the edge", "edge", edit("apps", "{}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:apps: does not belong to layer edge; move it to a stack of layer cluster, or remove it`}},
	{"a domain in shared", "shared", edit("domain", "live-omega.test"), nil, []string{
		`Pulumi.shared.yaml: live-omega:domain: does not belong to layer shared on platform kubeconfig; remove it, or write live-omega:gcp, which makes this a stack on Google Cloud`}},
	{"no cluster", "live", edit("cluster", "-"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster: missing; write {name: live, kubeconfig: .local/live/kubeconfig}`}},
	{"no ingress", "live", edit("ingress", "-"), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress: missing; write {image: "traefik@sha256:...", address: 10.98.0.11}`}},
	{"no domain", "edge", edit("domain", "-"), nil, []string{
		`Pulumi.edge.yaml: live-omega:domain: missing; write the domain below which the apps are, such as live-omega.test`}},
	{"no traffic", "edge", edit("traffic", "-"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic: missing; write {default: {live: 100, omega: 0}}`}},
	{"no primary", "shared", edit("primary", "-"), nil, []string{
		`Pulumi.shared.yaml: live-omega:primary: missing; write one of live, omega`}},
	{"an encrypted value", "shared", nil, []string{"primary"}, []string{
		`Pulumi.shared.yaml: live-omega:primary: encrypted; write it as plain text, without --secret; config here holds nothing secret, and passwords are made by the shared stack`}},
	{"everything at once", "edge", map[string]string{"traffic": `{default: {live: 90}, apps: {helo: {live: 100}}}`, "domain": "https://x", "cluster": "{nmae: edge, kubeconfig: k}"}, nil, []string{
		`Pulumi.edge.yaml: live-omega:cluster.nmae: unknown key; did you mean name?`,
		`Pulumi.edge.yaml: live-omega:domain: found "https://x"; write a domain in lower case, without http:// and without a dot at the end, such as live-omega.test`,
		`Pulumi.edge.yaml: live-omega:traffic.default: weights sum to 90, want 100; change them so that they do`,
		`Pulumi.edge.yaml: live-omega:traffic.apps.helo: found "helo"; did you mean hello?`}},

	// Primary and stacks.
	{"a primary of old habit", "shared", edit("primary", "prod"), nil, []string{
		`Pulumi.shared.yaml: live-omega:primary: found "prod"; write one of live, omega`}},
	{"a misspelt primary", "shared", edit("primary", "omga"), nil, []string{
		`Pulumi.shared.yaml: live-omega:primary: found "omga"; did you mean omega?`}},
	{"a primary in capitals", "shared", edit("primary", "LIVE"), nil, []string{
		`Pulumi.shared.yaml: live-omega:primary: found "LIVE"; write one of live, omega`}},
	{"an empty primary", "shared", edit("primary", `""`), nil, []string{
		`Pulumi.shared.yaml: live-omega:primary: missing; write one of live, omega`}},
	{"stacks as text", "shared", edit("stacks", "gke"), nil, []string{
		`Pulumi.shared.yaml: live-omega:stacks: found text "gke"; write an object: {name: ...}`}},
	{"a stack that nobody knows", "shared", edit("stacks", "{egde: gke-edge}"), nil, []string{
		`Pulumi.shared.yaml: live-omega:stacks.egde: found "egde"; did you mean edge?`}},
	{"a stack's name with a slash", "shared", edit("stacks", "{live: org/live}"), nil, []string{
		`Pulumi.shared.yaml: live-omega:stacks.live: found "org/live"; write the name of a stack: letters, digits, "-", "_" and ".", at most 100`}},
	{"two stacks in one", "shared", edit("stacks", "{live: one, omega: one}"), nil, []string{
		`Pulumi.shared.yaml: live-omega:stacks.omega: found "one", which is live already; write another stack; every one is one thing only`}},

	// Cluster.
	{"a cluster as text", "live", edit("cluster", "live"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster: found text "live"; write an object: {name: ..., platform: ..., kubeconfig: ..., context: ..., gke: ..., registry: ...}`}},
	{"an empty cluster", "live", edit("cluster", ""), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster: empty; write an object: {name: ..., platform: ..., kubeconfig: ..., context: ..., gke: ..., registry: ...}, or remove the key`}},
	{"a cluster without a name", "live", edit("cluster", "{kubeconfig: k}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.name: missing; write one of live, omega`}},
	{"a cluster of the wrong name", "live", edit("cluster", "{name: prod, kubeconfig: k}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.name: found "prod"; write one of live, omega`}},
	{"the other cluster's config", "omega", edit("cluster", "{name: live, kubeconfig: k}"), nil, []string{
		`Pulumi.omega.yaml: live-omega:cluster.name: found "live", whose stack is live and not omega; write the cluster that this stack is, or in every stack's config live-omega:stacks: {live: omega}`}},
	{"an edge on a cluster that carries traffic", "edge", edit("cluster", "{name: live, kubeconfig: k}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:cluster.name: found "live"; write another name, such as edge; the edge runs on a cluster of its own`}},
	{"an edge with a name of two words", "edge", edit("cluster", "{name: my edge, kubeconfig: k}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:cluster.name: found "my edge"; write a name of lower-case letters, digits and "-", at most 63`}},
	{"an edge without a name", "edge", edit("cluster", "{kubeconfig: k}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:cluster.name: missing; write a name, such as edge`}},
	{"an unknown platform", "live", edit("cluster", "{name: live, platform: eks, kubeconfig: k}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.platform: found "eks"; write one of kubeconfig, gke`}},
	{"a misspelt platform", "live", edit("cluster", "{name: live, platform: kubeconfg, kubeconfig: k}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.platform: found "kubeconfg"; did you mean kubeconfig?`}},
	{"no kubeconfig", "live", edit("cluster", "{name: live}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.kubeconfig: missing; write the path of the cluster's kubeconfig`}},
	{"a kubeconfig's contents", "live", edit("cluster", `{name: live, kubeconfig: "apiVersion: v1\nusers: [{token: hush}]"}`), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.kubeconfig: holds the contents of a kubeconfig; write its path, so that no credential gets into the state`}},
	{"a context that is a number", "live", edit("cluster", "{name: live, kubeconfig: k, context: 1}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.context: found number 1; write it in quotes, such as "1"`}},
	{"a registry with a scheme", "live", edit("cluster", "{name: live, kubeconfig: k, registry: 'https://registry'}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.registry: found "https://registry"; write host:port/path without https:// and without a slash at the end`}},
	{"a registry with a slash at the end", "live", edit("cluster", "{name: live, kubeconfig: k, registry: registry/}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.registry: found "registry/"; write host:port/path without https:// and without a slash at the end`}},

	// Ingress and domain.
	{"an ingress by tag", "live", edit("ingress", "{image: 'traefik:v3.5', address: 10.0.0.1}"), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.image: found "traefik:v3.5"; write name@sha256:digest, with the 64 digits of the digest`}},
	{"an ingress without an image", "live", edit("ingress", "{address: 10.0.0.1}"), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.image: missing; write name@sha256:digest, with the 64 digits of the digest`}},
	{"a digest that is cut off", "live", edit("ingress", "{image: 'traefik@sha256:1234', address: 10.0.0.1}"), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.image: found "traefik@sha256:1234"; write name@sha256:digest, with the 64 digits of the digest`}},
	{"a lonely ingress", "live", edit("ingress", `{image: "traefik@sha256:$D", replicas: 1, address: 10.0.0.1}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.replicas: found 1; write 2 to 20; one pod must be replaceable while another serves`}},
	{"a slip of the finger", "live", edit("ingress", `{image: "traefik@sha256:$D", replicas: 200, address: 10.0.0.1}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.replicas: found 200; write 2 to 20; one pod must be replaceable while another serves`}},
	{"replicas in quotes", "live", edit("ingress", `{image: "traefik@sha256:$D", replicas: "2", address: 10.0.0.1}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.replicas: found text "2"; write 2 without quotes`}},
	{"half a replica", "live", edit("ingress", `{image: "traefik@sha256:$D", replicas: 2.5, address: 10.0.0.1}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.replicas: found number 2.5; write a whole number`}},
	{"an unknown exposure", "live", edit("ingress", `{image: "traefik@sha256:$D", exposure: hostPort, address: 10.0.0.1}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.exposure: found "hostPort"; write one of externalIP, loadBalancer, nodePort`}},
	{"an exposure in other capitals", "live", edit("ingress", `{image: "traefik@sha256:$D", exposure: externalIp, address: 10.0.0.1}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.exposure: found "externalIp"; did you mean externalIP?`}},
	{"no address", "live", edit("ingress", `{image: "traefik@sha256:$D"}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.address: missing; write the address for exposure externalIP`}},
	{"an address with a port", "live", edit("ingress", `{image: "traefik@sha256:$D", address: "10.0.0.1:80"}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.address: found "10.0.0.1:80"; write an IP address without a port, such as 10.98.0.11`}},
	{"a node port on no name", "live", edit("ingress", `{image: "traefik@sha256:$D", exposure: nodePort, address: "node:80"}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.address: found "node:80"; write an IP address or a host name without a port`}},
	{"an address for a load balancer", "live", edit("ingress", `{image: "traefik@sha256:$D", exposure: loadBalancer, address: 10.0.0.1}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.address: found "10.0.0.1" with exposure loadBalancer; remove it; the platform decides the address`}},
	{"a proxy that is no network", "live", edit("ingress", `{image: "traefik@sha256:$D", address: 10.0.0.1, trustedProxies: [10.0.0.0/8, 10.98.0.13]}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.trustedProxies[1]: found "10.98.0.13"; write a network, such as 10.98.0.0/24`}},
	{"one proxy as text", "live", edit("ingress", `{image: "traefik@sha256:$D", address: 10.0.0.1, trustedProxies: 10.0.0.0/8}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.trustedProxies: found text "10.0.0.0/8"; write a list: [10.0.0.0/8]`}},
	{"a domain with a dot at the end", "live", edit("domain", "live-omega.test."), nil, []string{
		`Pulumi.live.yaml: live-omega:domain: found "live-omega.test."; write a domain in lower case, without http:// and without a dot at the end, such as live-omega.test`}},

	// Apps.
	{"an app that is not in the catalogue", "live", edit("apps", "{forum: {variants: {"+goodA+"}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.forum: found "forum"; write one of calendar, chores, guestbook, hello, library, weather, wiki`}},
	{"a misspelt app", "live", edit("apps", "{guestbok: {variants: {"+goodA+"}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.guestbok: found "guestbok"; did you mean guestbook?`}},
	{"an app's name with a dot", "live", edit("apps", "{my.app: {variants: {"+goodA+"}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps["my.app"]: found "my.app"; write one of calendar, chores, guestbook, hello, library, weather, wiki`}},
	{"an empty app", "live", hello(""), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello: empty; write an object: {variants: ..., release: ...}, or remove the key`}},
	{"an app without variants", "live", hello("{}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a: missing; write {image: "name@sha256:...", version: v1.0.0}`}},
	{"an app with b only", "live", hello("{variants: {" + goodB + "}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a: missing; write {image: "name@sha256:...", version: v1.0.0}`}},
	{"a third variant", "live", hello("{variants: {" + goodA + `, c: {image: "demo@sha256:$D", version: v3}}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.c: found "c"; write a or b; an app has at most these two variants`}},
	{"a variant by tag", "live", hello("{variants: {a: {image: 'demo:latest', version: v1}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.image: found "demo:latest"; write name@sha256:digest, with the 64 digits of the digest`}},
	{"a variant without anything", "live", hello("{variants: {a: {}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.image: missing; write name@sha256:digest, with the 64 digits of the digest`,
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.version: missing; write what people call it, such as v1.2.0: at most 63 letters, digits, ".", "_" and "-"`}},
	{"a version that is a number", "live", hello(`{variants: {a: {image: "demo@sha256:$D", version: 1.5}}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.version: found number 1.5; write it in quotes, such as "1.5"`}},
	{"a version that is no label", "live", hello(`{variants: {a: {image: "demo@sha256:$D", version: v1 beta}}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.version: found "v1 beta"; write what people call it, such as v1.2.0: at most 63 letters, digits, ".", "_" and "-"`}},
	{"negative replicas", "live", hello(`{variants: {a: {image: "demo@sha256:$D", version: v1, replicas: -1}}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.replicas: found -1; write 0 to 100`}},
	{"a thousand replicas", "live", hello(`{variants: {a: {image: "demo@sha256:$D", version: v1, replicas: 1e3}}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.replicas: found 1000; write 0 to 100`}},
	{"traffic to a variant without pods", "live", hello(`{variants: {a: {image: "demo@sha256:$D", version: v1, replicas: 0}, ` + goodB + `}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.a.replicas: found 0, but the release sends 100 % of requests to variant a; write 1 or more, or release the other variant first`}},

	// Releases.
	{"an unknown strategy", "live", release("{strategy: yolo}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.release.strategy: found "yolo"; write one of abTest, blueGreen, canary, dark, ramped, recreate, shadow`}},
	{"a release as text", "live", release("canary"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.release: found text "canary"; write an object: {strategy: ..., weight: ..., sticky: ..., active: ..., match: ..., percent: ..., preview: ..., pin: ...}`}},
	{"a misspelt weight", "live", release("{strategy: canary, wieght: 10}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.release.wieght: unknown key; did you mean weight?`}},
	{"a canary without a weight", "live", release("{strategy: canary}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.release.weight: missing; write the percentage of requests for variant b, 0 to 100`}},
	{"a canary of more than everything", "live", release("{strategy: canary, weight: 101}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.release.weight: found 101; write a percentage from 0 to 100`}},
	{"a weight with a percent sign", "live", release("{strategy: canary, weight: 10%}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.release.weight: found text "10%"; write a whole number`}},
	{"a weight without a canary", "live", release("{strategy: ramped, weight: 10}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.release.weight: has no meaning under strategy ramped; remove it, or write strategy: canary`}},
	{"a canary without b", "live", hello("{variants: {" + goodA + "}, release: {strategy: canary, weight: 10}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants: strategy canary needs variants a and b, found only a; add variant b, or write strategy: ramped`}},

	// Traffic.
	{"weights that sum to 90", "edge", edit("traffic", "{default: {live: 90, omega: 0}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default: weights sum to 90, want 100; change them so that they do`}},
	{"weights of an app that sum to 110", "edge", edit("traffic", "{default: {live: 100}, apps: {hello: {live: 60, omega: 50}}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.hello: weights sum to 110, want 100; change them so that they do`}},
	{"a negative weight", "edge", edit("traffic", "{default: {live: 110, omega: -10}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.live: found 110; write a percentage from 0 to 100`,
		`Pulumi.edge.yaml: live-omega:traffic.default.omega: found -10; write a percentage from 0 to 100`}},
	{"a misspelt cluster", "edge", edit("traffic", "{default: {live: 50, omgea: 50}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.omgea: unknown key; did you mean omega?`}},
	{"traffic to the edge", "edge", edit("traffic", "{default: {edge: 100}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.edge: unknown key; remove it, or write one of live, mirror, omega, pin, sticky`}},
	{"traffic of an app that nobody knows", "edge", edit("traffic", "{default: {live: 100}, apps: {helo: {live: 100}}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps.helo: found "helo"; did you mean hello?`}},
	{"traffic without a default", "edge", edit("traffic", "{apps: {}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default: missing; write {live: 100, omega: 0}`}},
	{"weights in quotes", "edge", edit("traffic", `{default: {live: "100"}}`), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.live: found text "100"; write 100 without quotes`}},
	{"weights without numbers", "edge", edit("traffic", "{default: {live: all}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default.live: found text "all"; write a whole number`}},
	{"traffic as a list", "edge", edit("traffic", "[live, omega]"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic: found a list of 2; write an object: {default: ..., apps: ...}`}},
	{"traffic of apps at the wrong level", "edge", edit("traffic", "{default: {live: 100}, guestbook: {live: 100}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.guestbook: unknown key; remove it, or write one of apps, default`}},
	{"empty apps", "edge", edit("traffic", "{default: {live: 100}, apps: }"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.apps: empty; write an object: {name: ...}, or remove the key`}},
	{"weights of nobody", "edge", edit("traffic", "{default: {}}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:traffic.default: weights sum to 0, want 100; change them so that they do`}},
}
