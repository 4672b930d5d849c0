package stack_test

import (
	"fmt"
	"strings"
)

// gke is config of the cluster live with a cluster to make.
func gke(yaml string) map[string]string {
	return edit("cluster", "{name: live, platform: gke, gke: "+yaml+"}")
}

// hundredAndOne are more networks than can be authorized.
var hundredAndOne = func() string {
	var networks []string
	for i := range 101 {
		networks = append(networks, fmt.Sprintf("10.0.%d.0/24", i))
	}
	return strings.Join(networks, ", ")
}()

func init() { badConfigs = append(badConfigs, badGKE...) }

var badGKE = []badConfig{
	// Locations.
	{"no cluster to make", "gke-live", edit("cluster", "{name: live, platform: gke}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke: missing; write {location: europe-west3-a, version: 1.33.5-gke.1080000, access: [203.0.113.7/32]}`}},
	{"a cluster to make of nothing", "gke-live", gke("{}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.location: missing; write a zone, such as europe-west3-b, or the region, europe-west3`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: missing; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access: missing; write the networks that you run Pulumi from, such as [203.0.113.7/32], or [0.0.0.0/0] for all`}},
	{"a cluster in another region", "gke-live", gke("{location: us-central1-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.location: found "us-central1-a", which is not in region europe-west3, where the network is; write a zone, such as europe-west3-b, or the region, europe-west3`}},
	{"a regional cluster in another region", "gke-live", gke("{location: us-central1, zones: [us-central1-b], version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.location: found "us-central1", which is not in region europe-west3, where the network is; write a zone, such as europe-west3-b, or the region, europe-west3`}},
	{"a cluster on a continent", "gke-live", gke("{location: europe, version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.location: found "europe"; write a zone, such as europe-west3-b, or the region, europe-west3`}},
	{"a regional cluster without zones", "gke-live", gke("{location: europe-west3, version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.zones: missing; write the zones of the nodes, such as [europe-west3-b, europe-west3-c]`}},
	{"a zone of another region", "gke-live", gke("{location: europe-west3, zones: [europe-west3-a, europe-west4-a], version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.zones[1]: found "europe-west4-a"; write a zone of europe-west3, such as europe-west3-b`}},
	{"a zone by its letter", "gke-live", gke("{location: europe-west3, zones: [a], version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.zones[0]: found "a"; write a zone of europe-west3, such as europe-west3-b`}},
	{"a zone twice", "gke-live", gke("{location: europe-west3, zones: [europe-west3-a, europe-west3-a], version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.zones[1]: found "europe-west3-a" again; remove one of the two`}},
	{"zones of a zonal cluster", "gke-live", gke("{location: europe-west3-a, zones: [europe-west3-b, europe-west3-c], version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.zones: found "europe-west3-b, europe-west3-c" beside location europe-west3-a; remove it; the nodes of a zonal cluster are where it is`}},
	{"zones as text", "gke-live", gke("{location: europe-west3, zones: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.zones: found text "europe-west3-a"; write a list: [europe-west3-a]`}},

	// Versions and maintenance.
	{"a version that is a prefix", "gke-live", gke(`{location: europe-west3-a, version: "1.33", access: [0.0.0.0/0]}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: found "1.33"; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`}},
	{"a version that Google picks", "gke-live", gke("{location: europe-west3-a, version: latest, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: found "latest"; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`}},
	{"a version without a build", "gke-live", gke("{location: europe-west3-a, version: 1.33.5, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: found "1.33.5"; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`}},
	{"a version with a v", "gke-live", gke("{location: europe-west3-a, version: v1.33.5-gke.1080000, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: found "v1.33.5-gke.1080000"; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`}},
	{"a version that is a fraction", "gke-live", gke("{location: europe-west3-a, version: 1.33, access: [0.0.0.0/0]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: found number 1.33; write it in quotes, such as "1.33"`}},
	{"no channel that exists", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], channel: nightly}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.channel: found "nightly"; write one of rapid, regular, stable`}},
	{"a misspelt channel", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], channel: reguler}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.channel: found "reguler"; did you mean regular?`}},
	{"a window of an hour", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {window: "3:00"}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.window: found "3:00"; write the time of day in UTC as HH:MM in quotes, such as "03:00"`}},
	{"a window in the afternoon", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {window: "3:00 pm"}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.window: found "3:00 pm"; write the time of day in UTC as HH:MM in quotes, such as "03:00"`}},
	{"a window after midnight", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {window: "24:00"}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.window: found "24:00"; write the time of day in UTC as HH:MM in quotes, such as "03:00"`}},
	{"a hold without an end", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {hold: {from: "2026-11-01"}}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.hold.until: missing; write a day as YYYY-MM-DD in quotes, such as "2026-11-01"`}},
	{"a hold from a day that does not exist", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {hold: {from: "2026-11-31", until: "2027-04-30"}}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.hold.from: found "2026-11-31"; write a day as YYYY-MM-DD in quotes, such as "2026-11-01"`}},
	{"a hold in another order", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {hold: {from: "2027-04-30", until: "2026-11-01"}}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.hold.until: found 2026-11-01, which is not after from 2027-04-30; write a later day`}},
	{"a hold of no day", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {hold: {from: "2026-11-01", until: "2026-11-01"}}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.hold.until: found 2026-11-01, which is not after from 2026-11-01; write a later day`}},
	{"a hold for longer than a version lives", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {hold: {from: "2026-11-01", until: "2028-11-01"}}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.hold.until: found 2028-11-01, 731 days after from; write 2027-12-31 or earlier; Google supports a minor version for 425 days and then upgrades it`}},
	{"a hold as a list", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], maintenance: {hold: ["2026-11-01"]}}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.hold: found a list of 1; write an object: {from: ..., until: ...}`}},

	// Access and keys.
	{"nobody's access", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access: missing; write the networks that you run Pulumi from, such as [203.0.113.7/32], or [0.0.0.0/0] for all`}},
	{"an empty list of networks", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: []}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access: missing; write the networks that you run Pulumi from, such as [203.0.113.7/32], or [0.0.0.0/0] for all`}},
	{"an address for access", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [203.0.113.7]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access[0]: found "203.0.113.7"; write an IPv4 network in CIDR notation, such as 203.0.113.0/24`}},
	{"an address inside of a network for access", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [203.0.113.7/24]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access[0]: found "203.0.113.7/24", an address inside of a network; write the network, 203.0.113.0/24`}},
	{"access by IPv6", "gke-live", gke(`{location: europe-west3-a, version: 1.33.5-gke.1080000, access: ["2001:db8::/32"]}`), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access[0]: found "2001:db8::/32"; write an IPv4 network in CIDR notation, such as 203.0.113.0/24`}},
	{"access twice", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [203.0.113.0/24, 203.0.113.0/24]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access[1]: found "203.0.113.0/24" again; remove one of the two`}},
	{"access for all as text", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: 0.0.0.0/0}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access: found text "0.0.0.0/0"; write a list: [0.0.0.0/0]`}},
	{"access for too many", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [" + hundredAndOne + "]}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access: found 101 networks; write at most 100`}},
	{"a key by its short name", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], encryptionKey: secrets}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.encryptionKey: found "secrets"; write the name of a key, such as projects/my-cloud/locations/europe-west3/keyRings/gke/cryptoKeys/secrets`}},
	{"a version of a key", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], encryptionKey: projects/my-cloud/locations/europe-west3/keyRings/gke/cryptoKeys/secrets/cryptoKeyVersions/1}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.encryptionKey: found "projects/my-cloud/locations/europe-west3/keyRings/gke/cryptoKeys/secrets/cryptoK…"; write the name of a key, such as projects/my-cloud/locations/europe-west3/keyRings/gke/cryptoKeys/secrets`}},
	{"a key in another region", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], encryptionKey: projects/my-cloud/locations/us-central1/keyRings/gke/cryptoKeys/secrets}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.encryptionKey: found a key in us-central1, but the cluster is in europe-west3; write a key in europe-west3`}},
	{"a global key", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], encryptionKey: projects/my-cloud/locations/global/keyRings/gke/cryptoKeys/secrets}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.encryptionKey: found a key in global, but the cluster is in europe-west3; write a key in europe-west3`}},
	{"logs in words", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], workloadLogs: errors}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.workloadLogs: found text "errors"; write true or false`}},
	{"a misspelt key of a cluster to make", "gke-live", gke("{location: europe-west3-a, version: 1.33.5-gke.1080000, access: [0.0.0.0/0], chanel: stable}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.chanel: unknown key; did you mean channel?`}},
	{"everything wrong with a cluster to make", "gke-live", with(gke(`{location: europe-west3-a, zones: [europe-west3-b], version: "1.33", channel: fast, maintenance: {window: noon}, access: [me], encryptionKey: mine}`), "gcp", "{project: x, region: europe}"), nil, []string{
		`Pulumi.gke-live.yaml: live-omega:gcp.project: found "x"; write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and "-"`,
		`Pulumi.gke-live.yaml: live-omega:gcp.region: found "europe"; write the name of a region, such as europe-west3`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.zones: found "europe-west3-b" beside location europe-west3-a; remove it; the nodes of a zonal cluster are where it is`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.version: found "1.33"; write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.channel: found "fast"; write one of rapid, regular, stable`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.maintenance.window: found "noon"; write the time of day in UTC as HH:MM in quotes, such as "03:00"`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.access[0]: found "me"; write an IPv4 network in CIDR notation, such as 203.0.113.0/24`,
		`Pulumi.gke-live.yaml: live-omega:cluster.gke.encryptionKey: found "mine"; write the name of a key, such as projects/my-cloud/locations/europe-west3/keyRings/gke/cryptoKeys/secrets`}},
}
