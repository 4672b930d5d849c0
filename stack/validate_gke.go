package stack

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"live-omega/clusters"
)

const (
	// maxAccess is how many authorized networks a cluster with private nodes takes (GKE documentation,
	// "Authorized networks", limitations: 50 for public clusters, 100 for private ones).
	maxAccess = 100
	// maxHoldDays is how long a minor version is supported in the regular channel: 14 months (GKE
	// documentation, "Versioning and support"). An exclusion of the scope NO_MINOR_OR_NODE_UPGRADES ends with
	// the support of the version at the latest ("Maintenance windows and exclusions").
	maxHoldDays = 425
	// timeOfDay is how a maintenance window begins.
	timeOfDay = "15:04"
)

// kmsKey is the full name of a key in Cloud KMS; the location is its first group.
var kmsKey = regexp.MustCompile(`^projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/locations/([a-z0-9-]+)/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}$`)

// gke checks a cluster to make.
func (v *validator) gke(path string, gke GKE) {
	v.location(path+".location", gke.Location)
	v.zones(path+".zones", gke)
	v.gkeVersion(path+".version", gke.Version)
	v.oneOf(path+".channel", gke.Channel, clusters.Channels)
	if gke.Maintenance != nil {
		v.maintenance(path+".maintenance", *gke.Maintenance)
	}
	v.access(path+".access", gke.Access)
	v.encryptionKey(path+".encryptionKey", gke)
}

// location is a zone of the region, or the region.
func (v *validator) location(path, location string) {
	known := v.knownRegion()
	example := known
	if example == "" {
		example = "europe-west3"
	}
	remedy := fmt.Sprintf("write a zone, such as %s-b, or the region, %s", example, example)
	switch {
	case location == "":
		v.report(path, "missing", remedy)
	case !isZone(location) && !region.MatchString(location):
		v.report(path, "found "+quote(location), remedy)
	case known != "" && location != known && regionOf(location) != known:
		v.report(path, fmt.Sprintf("found %s, which is not in region %s, where the network is", quote(location), known), remedy)
	}
}

// zones are those of the nodes of a regional cluster. A zonal cluster's nodes are where it is.
func (v *validator) zones(path string, gke GKE) {
	if isZone(gke.Location) {
		if len(gke.Zones) != 1 || gke.Zones[0] != gke.Location {
			v.report(path, fmt.Sprintf("found %s beside location %s", quote(strings.Join(gke.Zones, ", ")), gke.Location),
				"remove it; the nodes of a zonal cluster are where it is")
		}
		return
	}
	if !region.MatchString(gke.Location) {
		return // Whose zones these ought to be is not known.
	}
	if len(gke.Zones) == 0 {
		v.report(path, "missing", fmt.Sprintf("write the zones of the nodes, such as [%s-b, %s-c]", gke.Location, gke.Location))
	}
	for i, name := range gke.Zones {
		path := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case regionOf(name) != gke.Location:
			v.report(path, "found "+quote(name), fmt.Sprintf("write a zone of %s, such as %s-b", gke.Location, gke.Location))
		case slices.Contains(gke.Zones[:i], name):
			v.report(path, "found "+quote(name)+" again", "remove one of the two")
		}
	}
}

// gkeVersion wants the whole version: a part of one is whatever Google makes of it that day.
func (v *validator) gkeVersion(path, version string) {
	const remedy = "write it whole, such as 1.33.5-gke.1080000; gcloud container get-server-config lists what there is"
	if version == "" {
		v.report(path, "missing", remedy)
	} else if _, ok := clusters.ParseGKEVersion(version); !ok {
		v.report(path, "found "+quote(version), remedy)
	}
}

func (v *validator) maintenance(path string, maintenance Maintenance) {
	// Parse would take 3:00 too, which Google does not.
	if _, err := time.Parse(timeOfDay, maintenance.Window); err != nil || len(maintenance.Window) != len(timeOfDay) {
		v.report(path+".window", "found "+quote(maintenance.Window), `write the time of day in UTC as HH:MM in quotes, such as "03:00"`)
	}
	if maintenance.Hold == nil {
		return
	}
	from, ok := v.day(path+".hold.from", maintenance.Hold.From)
	until, okToo := v.day(path+".hold.until", maintenance.Hold.Until)
	if !ok || !okToo {
		return
	}
	switch days := int(until.Sub(from).Hours() / 24); {
	case days <= 0:
		v.report(path+".hold.until", fmt.Sprintf("found %s, which is not after from %s", maintenance.Hold.Until, maintenance.Hold.From), "write a later day")
	case days > maxHoldDays:
		v.report(path+".hold.until", fmt.Sprintf("found %s, %d days after from", maintenance.Hold.Until, days),
			fmt.Sprintf("write %s or earlier; Google supports a minor version for %d days and then upgrades it",
				from.AddDate(0, 0, maxHoldDays).Format(time.DateOnly), maxHoldDays))
	}
}

// day is a day of the calendar, from its beginning in UTC.
func (v *validator) day(path, text string) (time.Time, bool) {
	const remedy = `write a day as YYYY-MM-DD in quotes, such as "2026-11-01"`
	day, err := time.Parse(time.DateOnly, text)
	switch {
	case text == "":
		v.report(path, "missing", remedy)
	case err != nil:
		v.report(path, "found "+quote(text), remedy)
	}
	return day, err == nil
}

// access are the networks from which the API can be reached.
func (v *validator) access(path string, networks []string) {
	switch {
	case len(networks) == 0:
		v.report(path, "missing", "write the networks that you run Pulumi from, such as [203.0.113.7/32], or [0.0.0.0/0] for all")
	case len(networks) > maxAccess:
		v.report(path, fmt.Sprintf("found %d networks", len(networks)), fmt.Sprintf("write at most %d", maxAccess))
	}
	seen := map[netip.Prefix]bool{}
	for i, text := range networks {
		path := fmt.Sprintf("%s[%d]", path, i)
		network, ok := v.network(path, text, "203.0.113.0/24")
		if !ok {
			continue
		}
		if seen[network] {
			v.report(path, "found "+quote(text)+" again", "remove one of the two")
		}
		seen[network] = true
	}
}

// encryptionKey must be where the control plane is; keys elsewhere, and global ones, are refused (GKE
// documentation, "Encrypt secrets at the application layer").
func (v *validator) encryptionKey(path string, gke GKE) {
	if gke.EncryptionKey == "" {
		return
	}
	where := regionOrSelf(gke.Location)
	known := region.MatchString(where)
	if !known {
		where = "europe-west3"
	}
	match := kmsKey.FindStringSubmatch(gke.EncryptionKey)
	switch {
	case match == nil:
		v.report(path, "found "+quote(gke.EncryptionKey),
			fmt.Sprintf("write the name of a key, such as projects/my-cloud/locations/%s/keyRings/gke/cryptoKeys/secrets", where))
	case known && match[1] != where:
		v.report(path, fmt.Sprintf("found a key in %s, but the cluster is in %s", match[1], where), "write a key in "+where)
	}
}

// regionOrSelf is the region of a zone, and anything else as it is.
func regionOrSelf(location string) string {
	if isZone(location) {
		return regionOf(location)
	}
	return location
}
