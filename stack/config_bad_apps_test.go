package stack_test

func init() { badConfigs = append(badConfigs, badApps...) }

const (
	app      = `Pulumi.live.yaml: live-omega:apps.hello.`
	variantB = app + `variants.b.`
)

// helloB is config of the app hello with a variant b to which something is added; nobody is sent to it.
func helloB(yaml string) map[string]string {
	return hello("{variants: {" + goodA + `, b: {image: "demo@sha256:$D", version: v2, ` + yaml + "}}}")
}

// guestbookB is the same of the app guestbook, which has a secret.
func guestbookB(yaml string) map[string]string {
	return edit("apps", "{guestbook: {variants: {"+goodA+`, b: {image: "demo@sha256:$D", version: v2, `+yaml+"}}}}")
}

// onlyA is a release of the app hello without variant b.
func onlyA(yaml string) map[string]string {
	return hello("{variants: {" + goodA + "}, release: " + yaml + "}")
}

// match is an abTest of the app hello.
func match(yaml string) map[string]string { return release("{strategy: abTest, match: " + yaml + "}") }

var badApps = []badConfig{
	// Fields under strategies that do not have them.
	{"an active variant of a canary", "live", release("{strategy: canary, weight: 1, active: a}"), nil, []string{
		app + `release.active: has no meaning under strategy canary; remove it, or write strategy: blueGreen`}},
	{"a weight of a blueGreen", "live", release("{strategy: blueGreen, active: a, weight: 0}"), nil, []string{
		app + `release.weight: has no meaning under strategy blueGreen; remove it, or write strategy: canary`}},
	{"a match of a canary", "live", release("{strategy: canary, weight: 1, match: [{query: {a: b}}]}"), nil, []string{
		app + `release.match: has no meaning under strategy canary; remove it, or write strategy: abTest`}},
	{"a percentage of a canary", "live", release("{strategy: canary, weight: 1, percent: 1}"), nil, []string{
		app + `release.percent: has no meaning under strategy canary; remove it, or write strategy: shadow`}},
	{"a sticky shadow", "live", release("{strategy: shadow, percent: 1, sticky: true}"), nil, []string{
		app + `release.sticky: has no meaning under strategy shadow; remove it, or write strategy: abTest or canary`}},
	{"a shadow that is not sticky", "live", release("{strategy: shadow, percent: 1, sticky: false}"), nil, []string{
		app + `release.sticky: has no meaning under strategy shadow; remove it, or write strategy: abTest or canary`}},
	{"a preview of a recreate", "live", release("{strategy: recreate, preview: true}"), nil, []string{
		app + `release.preview: has no meaning under strategy recreate; remove it, or write strategy: blueGreen or dark`}},
	{"a strategy in other capitals, with a field of it", "live", release("{strategy: bluegreen, active: b}"), nil, []string{
		app + `release.strategy: found "bluegreen"; write one of abTest, blueGreen, canary, dark, ramped, recreate, shadow`}},

	// What the strategies need.
	{"a blueGreen without an active variant", "live", release("{strategy: blueGreen}"), nil, []string{
		app + `release.active: missing; write the variant that all requests go to, a or b`}},
	{"a blueGreen by colour", "live", release("{strategy: blueGreen, active: green}"), nil, []string{
		app + `release.active: found "green"; write a or b`}},
	{"a blueGreen without b", "live", onlyA("{strategy: blueGreen, active: a}"), nil, []string{
		app + `variants: strategy blueGreen needs variants a and b, found only a; add variant b, or write strategy: ramped`}},
	{"an abTest without b", "live", onlyA("{strategy: abTest, match: [{query: {a: b}}]}"), nil, []string{
		app + `variants: strategy abTest needs variants a and b, found only a; add variant b, or write strategy: ramped`}},
	{"a shadow without b", "live", onlyA("{strategy: shadow, percent: 1}"), nil, []string{
		app + `variants: strategy shadow needs variants a and b, found only a; add variant b, or write strategy: ramped`}},
	{"a shadow of nothing", "live", release("{strategy: shadow}"), nil, []string{
		app + `release.percent: missing; write the percentage of requests that are copied to variant b, 1 to 100`}},
	{"a shadow of 0 percent", "live", release("{strategy: shadow, percent: 0}"), nil, []string{
		app + `release.percent: found 0; write a percentage from 1 to 100, or write strategy: ramped to copy nothing`}},
	{"a shadow of more than everything", "live", release("{strategy: shadow, percent: 101}"), nil, []string{
		app + `release.percent: found 101; write a percentage from 1 to 100, or write strategy: ramped to copy nothing`}},
	{"a dark variant that nobody could see", "live", release("{strategy: dark, preview: false}"), nil, []string{
		app + `release: strategy dark with neither preview nor pin shows variant b to nobody; write preview: true or pin: true, or write strategy: ramped`}},
	{"a dark variant that is absent", "live", onlyA("{strategy: dark}"), nil, []string{
		app + `variants: strategy dark needs variants a and b, found only a; add variant b, or write strategy: ramped`}},
	{"a pin with nothing to choose", "live", onlyA("{pin: true}"), nil, []string{
		app + `release.pin: needs variants a and b, found only a; add variant b, or remove it`}},
	{"a pin in words", "live", release("{pin: always}"), nil, []string{
		app + `release.pin: found text "always"; write true or false`}},

	// Matches.
	{"an abTest of nobody", "live", release("{strategy: abTest}"), nil, []string{
		app + `release.match: missing; write who sees variant b, such as [{headers: {x-beta: yes}}]`}},
	{"an abTest with an empty list", "live", match("[]"), nil, []string{
		app + `release.match: missing; write who sees variant b, such as [{headers: {x-beta: yes}}]`}},
	{"a match that everyone fits", "live", match("[{query: {a: b}}, {}]"), nil, []string{
		app + `release.match[1]: is empty, and would send everyone to variant b; write a header, a cookie or a query parameter, or write strategy: blueGreen`}},
	{"a match that is no list", "live", match("{headers: {x-beta: yes}}"), nil, []string{
		app + `release.match: found an object with the keys headers; write a list: [...]`}},
	{"a match of something else", "live", match("[{header: {x-beta: 'yes'}}]"), nil, []string{
		app + `release.match[0].header: unknown key; did you mean headers?`}},
	{"nine matches", "live", match("[{query: {a: b}}, {query: {a: b}}, {query: {a: b}}, {query: {a: b}}, {query: {a: b}}, {query: {a: b}}, {query: {a: b}}, {query: {a: b}}, {query: {a: b}}]"), nil, []string{
		app + `release.match: found 9 rules; write at most 8`}},
	{"nine conditions", "live", match(`[{query: {a: x, b: x, c: x, d: x, e: x, f: x, g: x, h: x, i: x}}]`), nil, []string{
		app + `release.match[0]: found 9 conditions; write at most 8`}},
	{"two cookies in a match", "live", match(`[{cookies: {a: x, b: x}}]`), nil, []string{
		app + `release.match[0].cookies: found 2; write one; for either of several write a rule each`}},
	{"a header's name with a space", "live", match(`[{headers: {"x beta": x}}]`), nil, []string{
		app + `release.match[0].headers: found the name "x beta"; write a name of letters, digits and !#$%&'*+-.^_|~, at most 256`}},
	{"a header without a value", "live", match(`[{headers: {x-beta: ""}}]`), nil, []string{
		app + "release.match[0].headers.x-beta: found \"\"; write printable ASCII without ` and without spaces at its ends, at most 1024 bytes"}},
	{"a header that ends a rule of the gateway", "live", match("[{headers: {x-beta: \"a`) || Path(`/\"}}]"), nil, []string{
		app + "release.match[0].headers.x-beta: found \"a`) || Path(`/\"; write printable ASCII without ` and without spaces at its ends, at most 1024 bytes"}},
	{"a header twice", "live", match(`[{headers: {X-Beta: a, x-beta: b}}]`), nil, []string{
		app + `release.match[0].headers.x-beta: is the header X-Beta again; remove one of them; case does not matter`}},
	{"a cookie as a header", "live", match(`[{headers: {cookie: beta=1}}]`), nil, []string{
		app + `release.match[0].headers.cookie: cannot be matched; write the cookie below cookies`}},
	{"a host as a header", "live", match(`[{headers: {Host: other.test}}]`), nil, []string{
		app + `release.match[0].headers.Host: cannot be matched; remove it; an app's hosts all lead to the same variants`}},
	{"a match on the header of pins", "live", release(`{strategy: abTest, pin: true, match: [{headers: {x-variant: b}}]}`), nil, []string{
		app + `release.match[0].headers.x-variant: cannot be matched; remove it; with pin: true the header chooses the variant by itself`}},
	{"a cookie with two values", "live", match(`[{cookies: {beta: "a; b"}}]`), nil, []string{
		app + "release.match[0].cookies.beta: found \"a; b\"; write what a cookie can hold: ASCII without spaces, quotes, commas, semicolons, \\ and `, at most 1024 bytes"}},
	{"a query parameter with a key in brackets", "live", match(`[{query: {"f[]": a}}]`), nil, []string{
		app + `release.match[0].query: found the name "f[]"; write a name of letters, digits and !#$%&'*+-.^_|~, at most 256`}},
	{"a query parameter over two lines", "live", match(`[{query: {f: "a\nb"}}]`), nil, []string{
		app + "release.match[0].query.f: found \"a\\nb\"; write printable text without `, at most 1024 bytes"}},
	{"a query parameter that is a number", "live", match(`[{query: {f: 1}}]`), nil, []string{
		app + `release.match[0].query.f: found number 1; write it in quotes, such as "1"`}},

	// Capacity.
	{"a blueGreen to a variant without pods", "live", hello(`{variants: {` + goodA + `, b: {image: "demo@sha256:$D", version: v2, replicas: 0}}, release: {strategy: blueGreen, active: b}}`), nil, []string{
		variantB + `replicas: found 0, but the release sends 100 % of requests to variant b; write 1 or more, or release the other variant first`}},
	{"an abTest of a variant without pods", "live", hello(`{variants: {` + goodA + `, b: {image: "demo@sha256:$D", version: v2, replicas: 0}}, release: {strategy: abTest, match: [{query: {a: b}}]}}`), nil, []string{
		variantB + `replicas: found 0, but the release sends the requests that match to variant b; write 1 or more, or release the other variant first`}},
	{"copies for a variant without pods", "live", hello(`{variants: {` + goodA + `, b: {image: "demo@sha256:$D", version: v2, replicas: 0}}, release: {strategy: shadow, percent: 5}}`), nil, []string{
		variantB + `replicas: found 0, but the release sends copies of 5 % of requests to variant b; write 1 or more, or release the other variant first`}},

	// Scaling.
	{"two who decide the number of pods", "live", helloB("replicas: 2, autoscale: {min: 1, max: 3}"), nil, []string{
		variantB + `replicas: found 2 beside autoscale, which decides the number of pods; remove one of them`}},
	{"an autoscaler without bounds", "live", helloB("autoscale: {}"), nil, []string{
		variantB + `autoscale.min: found 0; write 1 to 100`,
		variantB + `autoscale.max: found 0; write 1 to 100`}},
	{"an autoscaler to nothing", "live", helloB("autoscale: {min: 0, max: 3}"), nil, []string{
		variantB + `autoscale.min: found 0; write 1 to 100`}},
	{"an autoscaler that ruins", "live", helloB("autoscale: {min: 1, max: 101}"), nil, []string{
		variantB + `autoscale.max: found 101; write 1 to 100`}},
	{"an autoscaler upside down", "live", helloB("autoscale: {min: 3, max: 2}"), nil, []string{
		variantB + `autoscale: min 3 is above max 2; swap them, or raise max`}},
	{"an autoscaler that waits for more than everything", "live", helloB("autoscale: {min: 1, max: 2, cpu: 150}"), nil, []string{
		variantB + `autoscale.cpu: found 150; write a percentage of the requested CPU from 1 to 100`}},
	{"an autoscaler by memory", "live", helloB("autoscale: {min: 1, max: 2, memory: 70}"), nil, []string{
		variantB + `autoscale.memory: unknown key; remove it, or write one of cpu, max, min`}},

	// Environment, resources, pools.
	{"a variable with a dash", "live", helloB("env: {LOG-LEVEL: debug}"), nil, []string{
		variantB + `env.LOG-LEVEL: found the name "LOG-LEVEL"; write a name of letters, digits and _ that does not begin with a digit`}},
	{"a variable that begins with a digit", "live", helloB("env: {2FA: x}"), nil, []string{
		variantB + `env.2FA: found the name "2FA"; write a name of letters, digits and _ that does not begin with a digit`}},
	{"a port of one's own", "live", helloB(`env: {PORT: "80"}`), nil, []string{
		variantB + `env.PORT: is a name that the cloud sets; write a name other than PORT that does not begin with CLOUD_ or POD_`}},
	{"a cluster of one's own", "live", helloB(`env: {CLOUD_CLUSTER: prod}`), nil, []string{
		variantB + `env.CLOUD_CLUSTER: is a name that the cloud sets; write a name other than PORT that does not begin with CLOUD_ or POD_`}},
	{"a secret in plain text", "live", guestbookB(`env: {SESSION_KEY: hush}`), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.guestbook.variants.b.env.SESSION_KEY: is the app's secret session-key, which the shared stack generates; remove it, or write another name`}},
	{"a variable that is a number", "live", helloB(`env: {LIMIT: 10}`), nil, []string{
		variantB + `env.LIMIT: found number 10; write it in quotes, such as "10"`}},
	{"arguments as one text", "live", helloB(`args: --verbose`), nil, []string{
		variantB + `args: found text "--verbose"; write a list: [--verbose]`}},
	{"memory in words", "live", helloB(`resources: {memory: 64 MB}`), nil, []string{
		variantB + `resources.memory: found "64 MB"; write a quantity above 0, such as 64Mi or 1Gi`}},
	{"no CPU at all", "live", helloB(`resources: {cpu: "0"}`), nil, []string{
		variantB + `resources.cpu: found "0"; write a quantity above 0, such as 50m or 0.5`}},
	{"a request above its limit", "live", helloB(`resources: {cpu: 200m, cpuLimit: 100m}`), nil, []string{
		variantB + `resources.cpu: 200m is above the limit 100m; write less, or write cpuLimit too`}},
	{"a request above the catalogue's limit", "live", helloB(`resources: {memory: 256Mi}`), nil, []string{
		variantB + `resources.memory: 256Mi is above the limit 128Mi; write less, or write memoryLimit too`}},
	{"a limit below the catalogue's request", "live", helloB(`resources: {memoryLimit: 16Mi}`), nil, []string{
		variantB + `resources.memory: 32Mi is above the limit 16Mi; write less, or write memoryLimit too`}},
	{"a third pool", "live", helloB(`pool: c`), nil, []string{
		variantB + `pool: found "c"; write one of a, b, or remove it to run on any node`}},
	{"everything that is wrong with a variant and a release", "live", hello("{variants: {" + goodA + `, b: {image: demo, version: v2, replicas: 101, pool: x}}, release: {strategy: shadow, weight: 1}}`), nil, []string{
		variantB + `image: found "demo"; write name@sha256:digest, with the 64 digits of the digest`,
		variantB + `replicas: found 101; write 0 to 100`,
		variantB + `pool: found "x"; write one of a, b, or remove it to run on any node`,
		app + `release.weight: has no meaning under strategy shadow; remove it, or write strategy: canary`,
		app + `release.percent: missing; write the percentage of requests that are copied to variant b, 1 to 100`}},
}
