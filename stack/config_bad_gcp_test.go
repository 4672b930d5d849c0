package stack_test

// goodGKE is a cluster to make.
const goodGKE = "gke: {location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"

func init() { badConfigs = append(badConfigs, badGCP...) }

var badGCP = []badConfig{
	// Where on Google Cloud.
	{"no project", "gke-shared", edit("gcp", "{region: europe-west3}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.project: missing; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`}},
	{"a project by its number", "gke-shared", edit("gcp", `{project: "123456789012", region: europe-west3}`), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.project: found "123456789012", the number of a project; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`}},
	{"a project by a number without quotes", "gke-shared", edit("gcp", "{project: 123456789012, region: europe-west3}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.project: found number 123456789012; write it in quotes, such as "123456789012"`}},
	{"a project by its display name", "gke-edge", edit("gcp", "{project: My Cloud, region: europe-west3}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:gcp.project: found "My Cloud"; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`}},
	{"a project's ID that is too short", "gke-live", edit("gcp", "{project: cloud, region: europe-west3}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:gcp.project: found "cloud"; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`}},
	{"no project of a cluster to make", "gke-live", edit("gcp", "{region: europe-west3}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:gcp.project: missing; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`}},
	{"a project's ID that is too long", "gke-shared", edit("gcp", "{project: a-cloud-of-our-own-for-neighbours, region: europe-west3}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.project: found "a-cloud-of-our-own-for-neighbours"; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`}},
	{"a project's ID with a hyphen at the end", "gke-shared", edit("gcp", "{project: my-cloud-, region: europe-west3}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.project: found "my-cloud-"; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`}},
	{"no region", "gke-edge", edit("gcp", "{project: my-cloud}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:gcp.region: missing; write the name of a region, such as europe-west3`}},
	{"a zone as the region", "gke-edge", edit("gcp", "{project: my-cloud, region: europe-west3-a}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:gcp.region: found "europe-west3-a", which is a zone; write its region, europe-west3`}},
	{"a region that does not exist", "gke-edge", edit("gcp", "{project: my-cloud, region: europe-wset3}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:gcp.region: found "europe-wset3"; write the name of a region, such as europe-west3`}},
	{"a continent as the region", "gke-shared", edit("gcp", "{project: my-cloud, region: EU}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.region: found "EU"; write the name of a region, such as europe-west3`}},
	{"a project as text", "gke-edge", edit("gcp", "my-cloud"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:gcp: found text "my-cloud"; write an object: {project: ..., region: ..., protect: ...}`}},
	{"a misspelt key of gcp", "gke-shared", edit("gcp", "{projekt: my-cloud, region: europe-west3}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.projekt: unknown key; did you mean project?`}},
	{"protection in words", "gke-shared", edit("gcp", "{project: my-cloud, region: europe-west3, protect: always}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:gcp.protect: found text "always"; write true or false`}},

	// Keys of the other platform.
	{"gcp in a cluster of one's own", "live", edit("gcp", "{project: my-cloud, region: europe-west3}"), nil, []string{
		`Pulumi.live.yaml: live-omega:gcp: does not belong to layer cluster on platform kubeconfig; remove it, or write cluster.platform: gke`}},
	{"gcp in the edge of one's own", "edge", edit("gcp", "{project: my-cloud, region: europe-west3}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:cluster: does not belong to layer edge on platform gke; remove it, or remove live-omega:gcp, which makes this a stack on Google Cloud`,
		`Pulumi.edge.yaml: live-omega:ingress: does not belong to layer edge on platform gke; remove it, or remove live-omega:gcp, which makes this a stack on Google Cloud`,
		`Pulumi.edge.yaml: live-omega:domain: found "live-omega.test", but no certificate is ever issued below test; write a domain that you own, such as cloud.example.org`}},
	{"a foundation without gcp", "shared", edit("foundation", "{networks: {}}"), nil, []string{
		`Pulumi.shared.yaml: live-omega:foundation: does not belong to layer shared on platform kubeconfig; remove it, or write live-omega:gcp, which makes this a stack on Google Cloud`}},
	{"gcp without a foundation", "shared", edit("gcp", "{project: my-cloud, region: europe-west3}"), nil, []string{
		`Pulumi.shared.yaml: live-omega:foundation: missing; write {networks: {live: {nodes: 10.10.0.0/20, pods: 10.16.0.0/14, services: 10.10.16.0/20, controlPlane: 10.10.32.0/28}, omega: ...}}`,
		`Pulumi.shared.yaml: live-omega:domain: missing; write the domain below which the apps are, such as cloud.example.org`}},
	{"no foundation", "gke-shared", edit("foundation", "-"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation: missing; write {networks: {live: {nodes: 10.10.0.0/20, pods: 10.16.0.0/14, services: 10.10.16.0/20, controlPlane: 10.10.32.0/28}, omega: ...}}`}},
	{"no domain for the zone", "gke-shared", edit("domain", "-"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:domain: missing; write the domain below which the apps are, such as cloud.example.org`}},
	{"no project for a cluster to make", "gke-live", edit("gcp", "-"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:gcp: missing; write {project: my-cloud, region: europe-west3}`}},
	{"no cluster, on Google Cloud", "gke-live", edit("cluster", "-"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster: missing; write {name: live, platform: gke, gke: {location: europe-west3-a, version: 1.33.5-gke.1080000, access: [203.0.113.7/32]}}`}},
	{"no node pools on Google Cloud", "gke-live", edit("nodes", "-"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:nodes: missing; write {active: a, pools: {a: {image: cos, machineType: e2-standard-4}}}`}},
	{"no ingress on Google Cloud", "gke-live", edit("ingress", "-"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:ingress: missing; write {image: "traefik@sha256:..."}`}},
	{"a load balancer in a cluster", "gke-live", edit("loadBalancer", "{}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:loadBalancer: does not belong to layer cluster; move it to a stack of layer edge, or remove it`}},
	{"a load balancer without gcp", "edge", edit("loadBalancer", "{logPercent: 200}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:loadBalancer: does not belong to layer edge on platform kubeconfig; remove it, or write live-omega:gcp, which makes this a stack on Google Cloud`}},
	{"node pools in the edge", "gke-edge", edit("nodes", "{active: c}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:nodes: does not belong to layer edge; move it to a stack of layer cluster, or remove it`}},
	{"a cluster for the edge on Google Cloud", "gke-edge", edit("cluster", "{name: live, kubeconfig: k}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:cluster: does not belong to layer edge on platform gke; remove it, or remove live-omega:gcp, which makes this a stack on Google Cloud`}},
	{"an ingress for the edge on Google Cloud", "gke-edge", edit("ingress", "{replicas: 1}"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:ingress: does not belong to layer edge on platform gke; remove it, or remove live-omega:gcp, which makes this a stack on Google Cloud`}},
	{"a kubeconfig of a cluster to make", "gke-live", edit("cluster", "{name: live, platform: gke, kubeconfig: 'users: [{token: hush}]', context: mine, "+goodGKE+"}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.kubeconfig: does not belong to platform gke; remove it; the cluster is reached with the credentials of whoever runs Pulumi`,
		`Pulumi.gke-live.yaml: live-omega:cluster.context: does not belong to platform gke; remove it; the cluster is reached with the credentials of whoever runs Pulumi`}},
	{"a cluster to make, by kubeconfig", "live", edit("cluster", "{name: live, "+goodGKE+"}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.gke: does not belong to platform kubeconfig; remove it, or write platform: gke`}},
	{"a cluster to make, with a kubeconfig", "live", edit("cluster", "{name: live, kubeconfig: k, "+goodGKE+"}"), nil, []string{
		`Pulumi.live.yaml: live-omega:cluster.gke: does not belong to platform kubeconfig; remove it, or write platform: gke`}},
	{"a cluster to make for the edge", "edge", edit("cluster", "{name: edge, platform: gke, "+goodGKE+"}"), nil, []string{
		`Pulumi.edge.yaml: live-omega:cluster.platform: found "gke" in layer edge; write kubeconfig, or write live-omega:gcp in the place of cluster and ingress`}},
	{"a platform of another cloud", "gke-live", edit("cluster", "{name: live, platform: eks, "+goodGKE+"}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.platform: found "eks"; write one of kubeconfig, gke`}},
	{"the cluster of the other stack on Google Cloud", "gke-omega", edit("cluster", "{name: live, platform: gke, "+goodGKE+"}"), nil, []string{
		`Pulumi.gke-omega.yaml: live-omega:cluster.name: found "live", whose stack is gke-live and not gke-omega; write the cluster that this stack is, or in every stack's config live-omega:stacks: {live: gke-omega}`}},

	// Exposures and domains.
	{"a group of endpoints without Google Cloud", "live", edit("ingress", `{image: "traefik@sha256:$D", exposure: neg}`), nil, []string{
		`Pulumi.live.yaml: live-omega:ingress.exposure: found "neg", which does not exist on platform kubeconfig; write one of externalIP, loadBalancer, nodePort`}},
	{"an external IP on Google Cloud", "gke-live", edit("ingress", `{image: "traefik@sha256:$D", exposure: externalIP, address: 10.0.0.1}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:ingress.exposure: found "externalIP", which does not exist on platform gke; write one of loadBalancer, neg`}},
	{"a node port on Google Cloud", "gke-live", edit("ingress", `{image: "traefik@sha256:$D", exposure: nodePort, address: node}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:ingress.exposure: found "nodePort", which does not exist on platform gke; write one of loadBalancer, neg`}},
	{"a misspelt exposure on Google Cloud", "gke-live", edit("ingress", `{image: "traefik@sha256:$D", exposure: ngo}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:ingress.exposure: found "ngo"; write one of loadBalancer, neg`}},
	{"an address for a group of endpoints", "gke-live", edit("ingress", `{image: "traefik@sha256:$D", address: 10.98.0.11}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:ingress.address: found "10.98.0.11" with exposure neg; remove it; the platform decides the address`}},
	{"a domain that nobody can own", "gke-shared", edit("domain", "live-omega.test"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:domain: found "live-omega.test", but no certificate is ever issued below test; write a domain that you own, such as cloud.example.org`}},
	{"a domain of the own network", "gke-edge", edit("domain", "cloud.home.arpa"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:domain: found "cloud.home.arpa", but no certificate is ever issued below home.arpa; write a domain that you own, such as cloud.example.org`}},
	{"a top-level domain", "gke-shared", edit("domain", "org"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:domain: found "org", a top-level domain; write a domain that you own, such as cloud.example.org`}},
	{"a domain that no certificate holds", "gke-edge", edit("domain", "a-very-long-name-of-a-domain-that-nobody-would-want-to-type.example.org"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:domain: found 71 characters; write a domain of at most 64; a certificate holds no more`}},
	{"a domain with a scheme, on Google Cloud", "gke-edge", edit("domain", "https://cloud.example.org"), nil, []string{
		`Pulumi.gke-edge.yaml: live-omega:domain: found "https://cloud.example.org"; write a domain in lower case, without http:// and without a dot at the end, such as cloud.example.org`}},
}
