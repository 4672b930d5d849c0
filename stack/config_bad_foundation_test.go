package stack_test

const (
	goodLive  = "{nodes: 10.10.0.0/20, pods: 10.16.0.0/14, services: 10.10.16.0/20, controlPlane: 10.10.32.0/28}"
	goodOmega = "{nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"
)

// omega is a foundation with the ranges of the cluster omega, beside good ones of live.
func omega(yaml string) map[string]string {
	return edit("foundation", "{networks: {live: "+goodLive+", omega: "+yaml+"}}")
}

// backups is a foundation with some backups.
func backups(yaml string) map[string]string {
	return edit("foundation", "{networks: {live: "+goodLive+", omega: "+goodOmega+"}, backups: "+yaml+"}")
}

func init() { badConfigs = append(badConfigs, badFoundations...) }

var badFoundations = []badConfig{
	// Ranges by themselves.
	{"networks of nobody", "gke-shared", edit("foundation", "{networks: {}}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.live: missing; write {nodes: 10.10.0.0/20, pods: 10.16.0.0/14, services: 10.10.16.0/20, controlPlane: 10.10.32.0/28}`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega: missing; write {nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}`}},
	{"a foundation of nothing", "gke-shared", edit("foundation", ""), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation: empty; write an object: {networks: ..., backups: ...}, or remove the key`}},
	{"a network of one cluster only", "gke-shared", edit("foundation", "{networks: {live: "+goodLive+"}}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega: missing; write {nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}`}},
	{"a network of a third cluster", "gke-shared", edit("foundation", "{networks: {live: "+goodLive+", omega: "+goodOmega+", edge: {nodes: 10.12.0.0/20}}}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.edge: found "edge"; write one of live, omega`}},
	{"a network of a misspelt cluster", "gke-shared", edit("foundation", "{networks: {live: "+goodLive+", omgea: "+goodOmega+"}}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega: missing; write {nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omgea: found "omgea"; did you mean omega?`}},
	{"a network without ranges", "gke-shared", omega("{}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: missing; write a network in CIDR notation, such as 10.11.0.0/20`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: missing; write a network in CIDR notation, such as 10.20.0.0/14`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.services: missing; write a network in CIDR notation, such as 10.11.16.0/20`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.controlPlane: missing; write a network in CIDR notation, such as 10.11.32.0/28`}},
	{"a range without a size", "gke-shared", omega("{nodes: 10.11.0.0, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: found "10.11.0.0"; write an IPv4 network in CIDR notation, such as 10.11.0.0/20`}},
	{"a range of IPv6", "gke-shared", omega("{nodes: 'fd00::/64', pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: found "fd00::/64"; write an IPv4 network in CIDR notation, such as 10.11.0.0/20`}},
	{"a range that begins inside of a network", "gke-shared", omega("{nodes: 10.11.0.1/20, pods: 10.21.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: found "10.11.0.1/20", an address inside of a network; write the network, 10.11.0.0/20`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found "10.21.0.0/14", an address inside of a network; write the network, 10.20.0.0/14`}},
	{"nodes on public addresses", "gke-shared", omega("{nodes: 8.8.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: found "8.8.0.0/20", which is not private; write a range within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10`}},
	{"a range that is private in part", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 172.0.0.0/9, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found "172.0.0.0/9", which is not private; write a range within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10`}},
	{"nodes on the bridge of the containers", "gke-shared", omega("{nodes: 172.17.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: found "172.17.0.0/20", which overlaps 172.17.0.0/16, the bridge on every node; write a range outside of it, such as 10.11.0.0/20`}},
	{"pods around the bridge of the containers", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 172.16.0.0/12, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found "172.16.0.0/12", which overlaps 172.17.0.0/16, the bridge on every node; write a range outside of it, such as 10.20.0.0/14`}},
	{"too few nodes", "gke-shared", omega("{nodes: 10.11.0.0/30, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: found "10.11.0.0/30", a /30; write a range from /29 to /8, such as 10.11.0.0/20`}},
	{"pods for four nodes", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.20.0.0/22, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found "10.20.0.0/22", a /22; write a range from /21 to /9, such as 10.20.0.0/14`}},
	{"more pods than a cluster has", "gke-shared", omega("{nodes: 192.168.0.0/20, pods: 10.0.0.0/8, services: 192.168.16.0/20, controlPlane: 192.168.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found "10.0.0.0/8", a /8; write a range from /21 to /9, such as 10.20.0.0/14`}},
	{"more services than a cluster has", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 192.168.0.0/15, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.services: found "192.168.0.0/15", a /15; write a range from /27 to /16, such as 10.11.16.0/20`}},
	{"services that are too few", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/28, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.services: found "10.11.16.0/28", a /28; write a range from /27 to /16, such as 10.11.16.0/20`}},
	{"a control plane of another size", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/24}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.controlPlane: found "10.11.32.0/24", a /24; write a /28, such as 10.11.32.0/28`}},

	// Overlaps.
	{"services among the nodes", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.20.0.0/14, services: 10.11.8.0/22, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.services: found 10.11.8.0/22, which overlaps 10.11.0.0/20 of foundation.networks.omega.nodes; write a range that overlaps no other one of the cloud`}},
	{"both clusters with the same pods", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.16.0.0/14, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found 10.16.0.0/14, which overlaps 10.16.0.0/14 of foundation.networks.live.pods; write a range that overlaps no other one of the cloud`}},
	{"the ranges of the other cluster", "gke-shared", omega(goodLive), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.nodes: found 10.10.0.0/20, which overlaps 10.10.0.0/20 of foundation.networks.live.nodes; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found 10.16.0.0/14, which overlaps 10.16.0.0/14 of foundation.networks.live.pods; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.services: found 10.10.16.0/20, which overlaps 10.10.16.0/20 of foundation.networks.live.services; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.controlPlane: found 10.10.32.0/28, which overlaps 10.10.32.0/28 of foundation.networks.live.controlPlane; write a range that overlaps no other one of the cloud`}},
	{"pods around everything", "gke-shared", omega("{nodes: 10.11.0.0/20, pods: 10.0.0.0/11, services: 10.11.16.0/20, controlPlane: 10.11.32.0/28}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found 10.0.0.0/11, which overlaps 10.10.0.0/20 of foundation.networks.live.nodes; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found 10.0.0.0/11, which overlaps 10.16.0.0/14 of foundation.networks.live.pods; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found 10.0.0.0/11, which overlaps 10.10.16.0/20 of foundation.networks.live.services; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found 10.0.0.0/11, which overlaps 10.10.32.0/28 of foundation.networks.live.controlPlane; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.pods: found 10.0.0.0/11, which overlaps 10.11.0.0/20 of foundation.networks.omega.nodes; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.services: found 10.11.16.0/20, which overlaps 10.0.0.0/11 of foundation.networks.omega.pods; write a range that overlaps no other one of the cloud`,
		`Pulumi.gke-shared.yaml: live-omega:foundation.networks.omega.controlPlane: found 10.11.32.0/28, which overlaps 10.0.0.0/11 of foundation.networks.omega.pods; write a range that overlaps no other one of the cloud`}},

	// Backups.
	{"backups on no continent", "gke-shared", backups("{location: Europe}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.backups.location: found "Europe"; write a region, such as europe-west3, or one of ASIA, ASIA1, EU, EUR4, EUR5, EUR7, EUR8, NAM4, US`}},
	{"backups in a continent in small letters", "gke-shared", backups("{location: eu}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.backups.location: found "eu"; write EU`}},
	{"backups in a zone", "gke-shared", backups("{location: europe-west3-a}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.backups.location: found "europe-west3-a"; write a region, such as europe-west3, or one of ASIA, ASIA1, EU, EUR4, EUR5, EUR7, EUR8, NAM4, US`}},
	{"backups for no time", "gke-shared", backups("{retentionDays: 0}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.backups.retentionDays: found 0; write 7 to 90, the bounds of Cloud Storage's soft delete`}},
	{"backups for two years", "gke-shared", backups("{retentionDays: 730}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.backups.retentionDays: found 730; write 7 to 90, the bounds of Cloud Storage's soft delete`}},
	{"a misspelt key of the backups", "gke-shared", backups("{locaton: EU}"), nil, []string{
		`Pulumi.gke-shared.yaml: live-omega:foundation.backups.locaton: unknown key; did you mean location?`}},
}
