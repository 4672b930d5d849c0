package stack_test

// poolA is a cluster with one node pool, which is active.
func poolA(yaml string) map[string]string { return edit("nodes", "{pools: {a: "+yaml+"}}") }

// poolB is a cluster with two node pools, with something added to the one that is not active.
func poolB(yaml string) map[string]string {
	return edit("nodes", "{pools: {a: {image: cos, machineType: e2-standard-4}, b: {image: ubuntu, machineType: e2-standard-4, "+yaml+"}}}")
}

// helloOnGKE is config of both apps, with something added to the only variant of hello.
func helloOnGKE(yaml string) map[string]string {
	return edit("apps", "{guestbook: {variants: {"+goodA+`}}, hello: {variants: {a: {image: "demo@sha256:$D", version: v1, `+yaml+"}}}}")
}

// oldPool is a cluster whose control plane and only node pool have an old version.
func oldPool(version string) map[string]string {
	return with(poolA("{image: cos, machineType: e2-standard-4}"), "cluster",
		"{name: live, platform: gke, gke: {location: europe-west3-a, access: [0.0.0.0/0], version: "+version+"}}")
}

// upgrade is a cluster with one node pool that is upgraded in some way.
func upgrade(yaml string) map[string]string {
	return poolA("{image: cos, machineType: e2-standard-4, upgrade: " + yaml + "}")
}

func init() { badConfigs = append(badConfigs, badNodes...) }

var badNodes = []badConfig{
	// Pools and which is active.
	{"pools of nobody", "gke-live", edit("nodes", "{active: a}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a: missing, but nodes.active is a; write {image: cos, machineType: e2-standard-4}, or another pool in nodes.active`}},
	{"a pool that is active and missing", "gke-live", edit("nodes", "{active: b, pools: {a: {image: cos, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b: missing, but nodes.active is b; write {image: cos, machineType: e2-standard-4}, or another pool in nodes.active`}},
	{"both pools, one of them missing", "gke-live", edit("nodes", "{active: both, pools: {a: {image: cos, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b: missing, but nodes.active is both; write {image: cos, machineType: e2-standard-4}, or another pool in nodes.active`}},
	{"a third node pool", "gke-live", edit("nodes", "{active: a, pools: {a: {image: cos, machineType: e2-standard-4}, c: {image: cos}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.c: found "c"; write a or b; a cluster has at most these two pools`}},
	{"an active pool of another name", "gke-live", edit("nodes", "{active: ubuntu, pools: {a: {image: cos, machineType: e2-standard-4}, b: {image: ubuntu, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.active: found "ubuntu"; write one of a, b, both`}},
	{"both pools in other words", "gke-live", edit("nodes", "{active: boht, pools: {a: {image: cos, machineType: e2-standard-4}, b: {image: ubuntu, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.active: found "boht"; did you mean both?`}},
	{"pools as a list", "gke-live", edit("nodes", "{active: a, pools: [{image: cos}]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools: found a list of 1; write an object: {name: ...}`}},
	{"a standby of another word", "gke-live", edit("nodes", "{standby: off, pools: {a: {image: cos, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.standby: found "off"; write one of tainted, zero`}},
	{"a standby that nobody knows", "gke-live", edit("nodes", "{standby: drained, pools: {a: {image: cos, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.standby: found "drained"; write one of tainted, zero`}},
	{"a variant on a pool that does not exist", "gke-live", with(helloOnGKE("pool: b"), "nodes", "{pools: {a: {image: cos, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:apps.hello.variants.a.pool: found "b", but nodes.pools has no b; write a, or remove it, or write nodes.pools.b`}},
	{"a variant on a pool of another name", "gke-live", helloOnGKE("pool: c"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:apps.hello.variants.a.pool: found "c"; write one of a, b, or remove it to run on any node`}},

	// A pool to make.
	{"a pool of nothing", "gke-live", poolA("{}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.image: missing; write one of cos, ubuntu`,
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.machineType: missing; write a machine type, such as e2-standard-4`}},
	{"nodes by name in a pool to make", "gke-live", poolA("{image: cos, machineType: e2-standard-4, nodes: [live]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.nodes: does not belong to platform gke; remove it; nodes are made as the other keys say`}},
	{"a machine of one word", "gke-live", poolA("{image: cos, machineType: large}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.machineType: found "large"; write a machine type, such as e2-standard-4`}},
	{"a machine type in capitals", "gke-live", poolA("{image: cos, machineType: E2-standard-4}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.machineType: found "E2-standard-4"; write a machine type, such as e2-standard-4`}},
	{"a machine with another processor", "gke-live", poolA("{image: cos, machineType: t2a-standard-4}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.machineType: found "t2a-standard-4", with Arm processors, whose nodes take only pods that tolerate them; write one with x86 processors, such as e2-standard-4`}},
	{"fewer nodes than none", "gke-live", poolA("{image: cos, machineType: e2-standard-4, min: -1}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.min: found -1; write 0 to 100 nodes per zone`}},
	{"a pool that never has nodes", "gke-live", poolA("{image: cos, machineType: e2-standard-4, min: 0, max: 0}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.max: found 0; write 1 to 100 nodes per zone; while a pool is not active, nodes.standby says what it has`}},
	{"a thousand nodes", "gke-live", poolA("{image: cos, machineType: e2-standard-4, max: 1000}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.max: found 1000; write 1 to 100 nodes per zone; while a pool is not active, nodes.standby says what it has`}},
	{"bounds of a pool the wrong way round", "gke-live", poolA("{image: cos, machineType: e2-standard-4, min: 5, max: 3}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a: min 5 is above max 3; swap them, or raise max`}},
	{"a least number above the default of the largest", "gke-live", poolA("{image: cos, machineType: e2-standard-4, min: 4}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a: min 4 is above max 3; swap them, or raise max`}},
	{"a disk that is too small", "gke-live", poolA("{image: cos, machineType: e2-standard-4, diskGB: 10}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.diskGB: found 10; write 12 to 1000`}},
	{"a disk that is too big", "gke-live", poolA("{image: cos, machineType: e2-standard-4, diskGB: 2000}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.diskGB: found 2000; write 12 to 1000`}},
	{"a disk with a unit", "gke-live", poolA("{image: cos, machineType: e2-standard-4, diskGB: 50GB}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.diskGB: found text "50GB"; write a whole number`}},
	{"spot machines in words", "gke-live", poolA("{image: cos, machineType: e2-standard-4, spot: sometimes}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.spot: found text "sometimes"; write true or false`}},

	// Images and versions.
	{"a pool without an image", "gke-live", poolA("{machineType: e2-standard-4}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.image: missing; write one of cos, ubuntu`}},
	{"an image of another cloud", "gke-live", poolA("{image: flatcar, machineType: e2-standard-4}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.image: found "flatcar"; write one of cos, ubuntu`}},
	{"a misspelt image", "gke-live", poolA("{image: ubunto, machineType: e2-standard-4}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.image: found "ubunto"; did you mean ubuntu?`}},
	{"an image by its name at Google", "gke-live", poolA("{image: COS_CONTAINERD, machineType: e2-standard-4}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.image: found "COS_CONTAINERD"; write one of cos, ubuntu`}},
	{"an image with a version that it is not for", "gke-live", oldPool("1.23.17-gke.100"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.image: found "cos" with version 1.23.17-gke.100; write a version from 1.24 on; the image is not for older ones`}},
	{"kubelets that are newer than the control plane", "gke-live", poolA("{image: cos, machineType: e2-standard-4, version: 1.33.6-gke.1}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.version: found 1.33.6-gke.1, which is newer than the control plane's 1.33.5-gke.1080000; upgrade the control plane first, or write its version`}},
	{"kubelets that the control plane left behind", "gke-live", poolA("{image: cos, machineType: e2-standard-4, version: 1.30.1-gke.1}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.version: found 1.30.1-gke.1, which is 3 minor versions older than the control plane's 1.33.5-gke.1080000; write a version from 1.31 on; upgrade nodes before the control plane leaves them behind`}},
	{"a version of kubelets that is a prefix", "gke-live", poolA("{image: cos, machineType: e2-standard-4, version: '1.33'}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.version: found "1.33"; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`}},
	{"a wrong version of everything is reported once", "gke-live", with(gke("{location: europe-west3-a, version: latest, access: [0.0.0.0/0]}"), "nodes", "{pools: {a: {image: cos, machineType: e2-standard-4}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: found "latest"; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`}},

	// Taints.
	{"a taint without an effect", "gke-live", poolB("taints: [dedicated=forum]"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[0]: found "dedicated=forum"; write key=value:Effect, such as dedicated=forum:NoSchedule, with one of the effects NoExecute, NoSchedule, PreferNoSchedule`}},
	{"a taint with an effect of another name", "gke-live", poolB("taints: ['dedicated=forum:NoExec']"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[0]: found "dedicated=forum:NoExec"; write key=value:Effect, such as dedicated=forum:NoSchedule, with one of the effects NoExecute, NoSchedule, PreferNoSchedule`}},
	{"a taint without a key", "gke-live", poolB("taints: ['=forum:NoSchedule']"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[0]: found "=forum:NoSchedule"; write key=value:Effect, such as dedicated=forum:NoSchedule, with one of the effects NoExecute, NoSchedule, PreferNoSchedule`}},
	{"a taint with a value that is no label", "gke-live", poolB("taints: ['dedicated=a b:NoSchedule']"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[0]: found "dedicated=a b:NoSchedule"; write key=value:Effect, such as dedicated=forum:NoSchedule, with one of the effects NoExecute, NoSchedule, PreferNoSchedule`}},
	{"the cloud's own taint", "gke-live", poolB("taints: ['live-omega.dev/node-pool=b:NoSchedule']"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[0]: found "live-omega.dev/node-pool=b:NoSchedule", whose key the cloud sets itself; remove it, or write another key; nodes.standby taints a pool that is not active`}},
	{"a taint of Kubernetes", "gke-live", poolB("taints: ['node.kubernetes.io/unreachable:NoExecute']"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[0]: found "node.kubernetes.io/unreachable:NoExecute", whose key belongs to Kubernetes or Google; write a key of your own, such as dedicated`}},
	{"a taint of Google", "gke-live", poolB("taints: ['cloud.google.com/gke-spot=true:NoSchedule']"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[0]: found "cloud.google.com/gke-spot=true:NoSchedule", whose key belongs to Kubernetes or Google; write a key of your own, such as dedicated`}},
	{"a taint twice", "gke-live", poolB("taints: ['dedicated=forum:NoSchedule', 'dedicated=wiki:NoSchedule']"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.b.taints[1]: found "dedicated=wiki:NoSchedule", but the effect NoSchedule of dedicated is there already; remove one of the two`}},
	{"taints on the only active pool", "gke-live", poolA("{image: cos, machineType: e2-standard-4, taints: ['dedicated=forum:NoSchedule']}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.taints: leave no node for the pods of the system, such as DNS: every pool that is active is tainted; remove them, or write the effect PreferNoSchedule, or another pool in nodes.active`}},
	{"taints on both active pools", "gke-live", edit("nodes", "{active: both, pools: {a: {image: cos, machineType: e2-standard-4, taints: ['x:NoExecute']}, b: {image: ubuntu, machineType: e2-standard-4, taints: ['y:NoSchedule']}}}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.taints: leave no node for the pods of the system, such as DNS: every pool that is active is tainted; remove them, or write the effect PreferNoSchedule, or another pool in nodes.active`}},

	// Upgrades.
	{"an upgrade of another kind", "gke-live", upgrade("{strategy: rolling}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.strategy: found "rolling"; write one of blueGreen, surge`}},
	{"an upgrade in other capitals", "gke-live", upgrade("{strategy: bluegreen}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.strategy: found "bluegreen"; did you mean blueGreen?`}},
	{"batches of a surge", "gke-live", upgrade("{batchNodes: 1}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.batchNodes: has no meaning under strategy surge; remove it, or write strategy: blueGreen`}},
	{"a surge of a blue-green upgrade", "gke-live", upgrade("{strategy: blueGreen, maxSurge: 1, maxUnavailable: 0}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.maxSurge: has no meaning under strategy blueGreen; remove it, or write strategy: surge`,
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.maxUnavailable: has no meaning under strategy blueGreen; remove it, or write strategy: surge`}},
	{"an upgrade of no node at a time", "gke-live", upgrade("{maxSurge: 0}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade: maxSurge and maxUnavailable are both 0, so that no node could be replaced; write 1 or more for one of them`}},
	{"an upgrade of too many nodes at a time", "gke-live", upgrade("{maxSurge: 21, maxUnavailable: -1}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.maxSurge: found 21; write 0 to 20`,
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.maxUnavailable: found -1; write 0 to 20`}},
	{"an upgrade of too many nodes together", "gke-live", upgrade("{maxSurge: 15, maxUnavailable: 10}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade: maxSurge and maxUnavailable are 25 together; write at most 20 together`}},
	{"batches of nothing, soaking for two weeks", "gke-live", upgrade("{strategy: blueGreen, batchNodes: 0, soakMinutes: 20160}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.batchNodes: found 0; write 1 to 100`,
		`Pulumi.gke-live.yaml: live-omega:nodes.pools.a.upgrade.soakMinutes: found 20160; write 0 to 10080`}},

	// Pools of nodes that exist.
	{"pools without nodes", "live", edit("nodes", "{active: a, pools: {a: {}, b: {nodes: []}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:nodes.pools.a.nodes: missing; write the names of nodes that exist, such as [live-b]; kubectl get nodes lists them`,
		`Pulumi.live.yaml: live-omega:nodes.pools.b.nodes: missing; write the names of nodes that exist, such as [live-b]; kubectl get nodes lists them`}},
	{"a pool to make of nodes that exist", "live", edit("nodes", "{pools: {a: {nodes: [live], image: cos, version: 1.33.5-gke.1080000, machineType: e2-standard-4, spot: true, min: 1, max: 3, diskGB: 50, taints: [], upgrade: {}}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:nodes.pools.a.image: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.version: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.machineType: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.spot: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.min: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.max: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.diskGB: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.taints: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.upgrade: does not belong to platform kubeconfig; remove it, or write cluster.platform: gke`}},
	{"nodes of no name", "live", edit("nodes", "{pools: {a: {nodes: ['live node', live, live]}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:nodes.pools.a.nodes[0]: found "live node"; write the name of a node, as kubectl get nodes shows it`,
		`Pulumi.live.yaml: live-omega:nodes.pools.a.nodes[2]: found "live" again; remove one of the two`}},
	{"a node in both pools", "live", edit("nodes", "{pools: {a: {nodes: [live, spare]}, b: {nodes: [spare]}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:nodes.pools.b.nodes[0]: found "spare", which is in pool a already; remove it from one of them`}},
	{"nodes as text", "live", edit("nodes", "{pools: {a: {nodes: live}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:nodes.pools.a.nodes: found text "live"; write a list: [live]`}},
	{"a pool that is active and missing, of nodes that exist", "live", edit("nodes", "{active: b, pools: {a: {nodes: [live]}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:nodes.pools.b: missing, but nodes.active is b; write {nodes: [live-b]}, or another pool in nodes.active`}},
	{"nodes that are scaled to zero", "live", edit("nodes", "{standby: zero, pools: {a: {nodes: [live]}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:nodes.standby: found "zero" on platform kubeconfig, which makes and removes no nodes; write tainted, or remove it`}},
	{"a variant on nodes that nobody put in a pool", "live", with(hello(`{variants: {a: {image: "demo@sha256:$D", version: v1}, b: {image: "demo@sha256:$D", version: v2, pool: b}}}`), "nodes", "{pools: {a: {nodes: [live]}}}"), nil, []string{
		`Pulumi.live.yaml: live-omega:apps.hello.variants.b.pool: found "b", but nodes.pools has no b; write a, or remove it, or write nodes.pools.b`}},
	{"node pools in shared", "shared", edit("nodes", "{}"), nil, []string{
		`Pulumi.shared.yaml: live-omega:nodes: does not belong to layer shared; move it to a stack of layer cluster, or remove it`}},
}
