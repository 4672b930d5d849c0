package stack_test

// goodQuota is a quota with room.
const goodQuota = `{cpu: "2", memory: 4Gi, pods: 40}`

// makers are communities of which makers is as given, and the others are good.
func makers(yaml string) map[string]string {
	return edit("communities", `{neighbours: {contact: n@example.org, quota: `+goodQuota+`}, makers: `+yaml+`}`)
}

// maker is a good community makers, except for what is added to it.
func maker(yaml string) map[string]string {
	return makers(`{contact: m@example.org, quota: ` + goodQuota + `, ` + yaml + `}`)
}

// makerQuota is a community makers with a quota.
func makerQuota(yaml string) map[string]string {
	return makers(`{contact: m@example.org, quota: ` + yaml + `}`)
}

// with adds one more edit.
func with(edits map[string]string, key, yaml string) map[string]string {
	edits[key] = yaml
	return edits
}

func init() { badConfigs = append(badConfigs, badCommunities...) }

const where = `Pulumi.live.yaml: live-omega:communities.makers`

var badCommunities = []badConfig{
	// The community itself.
	{"communities in shared", "shared", edit("communities", "{}"), nil, []string{
		`Pulumi.shared.yaml: live-omega:communities: does not belong to layer shared; move it to a stack of layer cluster, or remove it`}},
	{"no communities at all", "live", edit("communities", "-"), nil, []string{
		`Pulumi.live.yaml: live-omega:communities.makers: missing, but app hello belongs to it; write {contact: someone@example.org, quota: {cpu: "2", memory: 4Gi, pods: 40}}`,
		`Pulumi.live.yaml: live-omega:communities.neighbours: missing, but app guestbook belongs to it; write {contact: someone@example.org, quota: {cpu: "2", memory: 4Gi, pods: 40}}`}},
	{"an app without its community", "live", edit("communities", `{neighbours: {contact: n@example.org, quota: `+goodQuota+`}}`), nil, []string{
		where + `: missing, but app hello belongs to it; write {contact: someone@example.org, quota: {cpu: "2", memory: 4Gi, pods: 40}}`}},
	{"a list of communities", "live", edit("communities", "[makers, neighbours]"), nil, []string{
		`Pulumi.live.yaml: live-omega:communities: found a list of 2; write an object: {name: ...}`}},
	{"a community's name in capitals", "live", with(maker("internet: false"), "communities",
		`{neighbours: {contact: n@example.org, quota: `+goodQuota+`}, makers: {contact: m@example.org, quota: `+goodQuota+`}, The Board: {contact: b@example.org, quota: `+goodQuota+`}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:communities["The Board"]: found "The Board"; write a name of lower-case letters, digits and "-", at most 63`}},
	{"a community without anything", "live", makers("{}"), nil, []string{
		where + `.contact: missing; write where the community is reached, such as someone@example.org`,
		where + `.quota: missing; write what the community may use in all: {cpu: "2", memory: 4Gi, pods: 40}`}},
	{"a contact of spaces", "live", makers(`{contact: "  ", quota: ` + goodQuota + `}`), nil, []string{
		where + `.contact: missing; write where the community is reached, such as someone@example.org`}},
	{"a misspelt key of a community", "live", maker("host: {}"), nil, []string{
		where + `.host: unknown key; did you mean hosts?`}},
	{"internet as a word", "live", maker("internet: some"), nil, []string{
		where + `.internet: found text "some"; write true or false`}},

	// The end of a guest.
	{"a date in another order", "live", maker(`until: "31.12.2030"`), nil, []string{
		where + `.until: found "31.12.2030"; write the last day as YYYY-MM-DD, such as 2030-12-31`}},
	{"a day that does not exist", "live", maker(`until: "2030-02-30"`), nil, []string{
		where + `.until: found "2030-02-30"; write the last day as YYYY-MM-DD, such as 2030-12-31`}},
	{"a time of day", "live", maker(`until: "2030-12-31T12:00:00Z"`), nil, []string{
		where + `.until: found "2030-12-31T12:00:00Z"; write the last day as YYYY-MM-DD, such as 2030-12-31`}},

	// Members.
	{"a member without a name", "live", maker("members: [{role: view}]"), nil, []string{
		where + `.members[0].name: missing; write the name that the cluster knows the user or group by, such as ada@example.org`}},
	{"members by name alone", "live", maker("members: [ada@example.org]"), nil, []string{
		where + `.members[0]: found text "ada@example.org"; write an object: {kind: ..., name: ..., role: ...}`}},
	{"everyone as a member", "live", maker(`members: [{kind: Group, name: "system:authenticated"}]`), nil, []string{
		where + `.members[0].name: found "system:authenticated"; write a person or a group of people; names with "system:" belong to Kubernetes`}},
	{"a machine as a member", "live", maker("members: [{kind: ServiceAccount, name: robot}]"), nil, []string{
		where + `.members[0].kind: found "ServiceAccount"; write one of Group, User`}},
	{"a kind in small letters", "live", maker("members: [{kind: group, name: makers}]"), nil, []string{
		where + `.members[0].kind: found "group"; did you mean Group?`}},
	{"a member who may do anything", "live", maker("members: [{name: ada, role: cluster-admin}]"), nil, []string{
		where + `.members[0].role: found "cluster-admin"; write one of edit, view`}},
	{"a misspelt role", "live", maker("members: [{name: ada, role: edti}]"), nil, []string{
		where + `.members[0].role: found "edti"; did you mean edit?`}},
	{"a member twice", "live", maker("members: [{name: ada}, {kind: Group, name: ada}, {kind: User, name: ada, role: edit}]"), nil, []string{
		where + `.members[2].name: found User "ada", who is a member already; remove one of the two`}},

	// Hosts.
	{"a host that is a URL", "live", maker(`hosts: {"https://make.example.org": hello}`), nil, []string{
		where + `.hosts["https://make.example.org"]: found "https://make.example.org"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a host with a port", "live", maker(`hosts: {"make.example.org:80": hello}`), nil, []string{
		where + `.hosts["make.example.org:80"]: found "make.example.org:80"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a host for everything", "live", maker(`hosts: {"*.example.org": hello}`), nil, []string{
		where + `.hosts["*.example.org"]: found "*.example.org"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a host that is an address", "live", maker(`hosts: {10.0.0.1: hello}`), nil, []string{
		where + `.hosts["10.0.0.1"]: found "10.0.0.1"; write a host name in lower case, without http://, port and path, such as board.example.org`}},
	{"a host that the gateway answers", "live", maker(`hosts: {gateway.internal: hello}`), nil, []string{
		where + `.hosts["gateway.internal"]: is what the gateway itself answers to; write another host name`}},
	{"the host of another app", "live", maker(`hosts: {guestbook.live-omega.test: hello}`), nil, []string{
		where + `.hosts["guestbook.live-omega.test"]: is the own host of app guestbook; remove it; an app's own host needs no entry and belongs to that app only`}},
	{"the preview host of another app", "live", maker(`hosts: {guestbook-preview.live-omega.test: hello}`), nil, []string{
		where + `.hosts["guestbook-preview.live-omega.test"]: is the preview host of app guestbook; write another host name`}},
	{"a host of two communities", "live", edit("communities",
		`{neighbours: {contact: n@example.org, quota: `+goodQuota+`, hosts: {board.example.org: guestbook}}, makers: {contact: m@example.org, quota: `+goodQuota+`, hosts: {board.example.org: hello}}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:communities.neighbours.hosts["board.example.org"]: belongs to community makers already; remove it from one of them`}},
	{"a host of an app of others", "live", maker(`hosts: {make.example.org: guestbook}`), nil, []string{
		where + `.hosts["make.example.org"]: found "guestbook", which belongs to community neighbours; remove the host, or write one of hello`}},
	{"a host of no app", "live", maker(`hosts: {make.example.org: helo}`), nil, []string{
		where + `.hosts["make.example.org"]: found "helo"; did you mean hello?`}},
	{"a host of an app that runs elsewhere", "live", with(maker(`hosts: {make.example.org: hello}`), "apps",
		"{guestbook: {variants: {"+goodA+"}}}"), nil, []string{
		where + `.hosts["make.example.org"]: found "hello", which does not run on this cluster; remove the host; no app of the community runs on this cluster`}},

	// Quota and defaults.
	{"a quota of numbers", "live", makerQuota("{cpu: 2, memory: 4Gi, pods: 40}"), nil, []string{
		where + `.quota.cpu: found number 2; write it in quotes, such as "2"`}},
	{"an empty quota", "live", makerQuota("{}"), nil, []string{
		where + `.quota.cpu: missing; write a quantity, such as "2" or 500m`,
		where + `.quota.memory: missing; write a quantity, such as 4Gi or 512Mi`,
		where + `.quota.pods: missing; write the number of pods, such as 40`}},
	{"quantities that are none", "live", makerQuota("{cpu: two, memory: 4 GB, pods: 40, storage: lots}"), nil, []string{
		where + `.quota.cpu: found "two"; write a quantity above 0, such as "2" or 500m`,
		where + `.quota.memory: found "4 GB"; write a quantity above 0, such as 4Gi or 512Mi`,
		where + `.quota.storage: found "lots"; write a quantity above 0, such as 4Gi or 512Mi`}},
	{"a quota of nothing", "live", makerQuota(`{cpu: "0", memory: "-1Gi", pods: 0}`), nil, []string{
		where + `.quota.cpu: found "0"; write a quantity above 0, such as "2" or 500m`,
		where + `.quota.memory: found "-1Gi"; write a quantity above 0, such as 4Gi or 512Mi`,
		where + `.quota.pods: found 0; write 1 to 10000`}},
	{"more pods than a cluster holds", "live", makerQuota(`{cpu: "2", memory: 4Gi, pods: 100000}`), nil, []string{
		where + `.quota.pods: found 100000; write 1 to 10000`}},
	{"a quota that apps do not fit into", "live", edit("communities",
		`{neighbours: {contact: n@example.org, quota: {cpu: 79m, memory: 255Mi, pods: 7}}, makers: {contact: m@example.org, quota: `+goodQuota+`}}`), nil, []string{
		`Pulumi.live.yaml: live-omega:communities.neighbours.quota.cpu: found 79m, but what is declared needs 80m while it is rolled out, most of it guestbook-a: 50m for 5 pods (2 × 2 + 1); write 80m or more, or lower replicas or requests`,
		`Pulumi.live.yaml: live-omega:communities.neighbours.quota.memory: found 255Mi, but what is declared needs 256Mi while it is rolled out, most of it guestbook-a: 160Mi for 5 pods (2 × 2 + 1); write 256Mi or more, or lower replicas or requests`,
		`Pulumi.live.yaml: live-omega:communities.neighbours.quota.pods: found 7, but what is declared needs 8 while it is rolled out, most of it guestbook-a: 5 for 5 pods (2 × 2 + 1); write 8 or more, or lower replicas or requests`}},
	{"an app that may grow beyond the quota", "live", with(makerQuota(`{cpu: "2", memory: 4Gi, pods: 20}`), "apps",
		`{hello: {variants: {a: {image: "demo@sha256:$D", version: v1, autoscale: {min: 1, max: 10}}}}}`), nil, []string{
		where + `.quota.pods: found 20, but what is declared needs 21 while it is rolled out, most of it hello-a: 21 for 21 pods (2 × 10 + 1); write 21 or more, or lower replicas or requests`}},
	{"a variant too big for the quota", "live", with(makerQuota(`{cpu: "2", memory: 4Gi, pods: 40}`), "apps",
		`{hello: {variants: {a: {image: "demo@sha256:$D", version: v1, resources: {memory: 2Gi, memoryLimit: 2Gi}}}}}`), nil, []string{
		where + `.quota.memory: found 4Gi, but what is declared needs 6Gi while it is rolled out, most of it hello-a: 6Gi for 3 pods (2 × 1 + 1); write 6Gi or more, or lower replicas or requests`}},
	{"defaults that are no quantities", "live", maker("defaults: {cpu: a bit, memoryLimit: 0Mi}"), nil, []string{
		where + `.defaults.cpu: found "a bit"; write a quantity above 0, such as "2" or 500m`,
		where + `.defaults.memoryLimit: found "0Mi"; write a quantity above 0, such as 4Gi or 512Mi`}},
	{"a default request above its limit", "live", maker("defaults: {memory: 256Mi}"), nil, []string{
		where + `.defaults.memory: found 256Mi, which is above memoryLimit 128Mi; write at most 128Mi, or a higher memoryLimit`}},
}
