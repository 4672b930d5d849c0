package stack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"live-omega/clusters"
	"live-omega/components/ingress"
)

var (
	// projectID is what the Resource Manager accepts: 6 to 30 lower-case letters, digits and hyphens, a letter
	// first and no hyphen last (REST reference, v1, projects.projectId).
	projectID     = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	projectNumber = regexp.MustCompile(`^[0-9]+$`)
	// region is the name of a region: a part of the world, a direction, and a number.
	region = regexp.MustCompile(`^(africa|asia|australia|europe|me|northamerica|southamerica|us)-` +
		`(north|south|east|west|central|northeast|northwest|southeast|southwest)[0-9]{1,2}$`)
)

// unregistered are the top-level names that can never be registered (RFC 6761, RFC 6762, RFC 8375 and ICANN's
// resolution 2024.07.29.06), so that nobody issues a certificate below them.
var unregistered = []string{"test", "example", "invalid", "localhost", "local", "internal", "home.arpa"}

// maxCommonName is the longest first name of a certificate in bytes (RFC 5280, appendix A.1, ub-common-name).
const maxCommonName = 64

// belongs is whether a concern is one of the stack's; a misplaced one is reported as such, and nothing in it
// needs to be right.
func (v *validator) belongs(key string) bool {
	keys, known := concerns[v.config.Layer][v.config.platform()]
	_, belongs := keys[key]
	return belongs || !known
}

// gcp checks where on Google Cloud a stack is.
func (v *validator) gcp() {
	if v.config.GCP == nil || !v.belongs("gcp") {
		return
	}
	const idRemedy = "write the ID of the project, such as my-cloud: 6 to 30 lower-case letters, digits and \"-\""
	switch project := v.config.GCP.Project; {
	case project == "":
		v.report("gcp.project", "missing", idRemedy)
	case projectNumber.MatchString(project):
		v.report("gcp.project", "found "+quote(project)+", the number of a project", idRemedy)
	case !projectID.MatchString(project):
		v.report("gcp.project", "found "+quote(project), idRemedy)
	}
	switch name := v.config.GCP.Region; {
	case name == "":
		v.report("gcp.region", "missing", "write the name of a region, such as europe-west3")
	case isZone(name):
		v.report("gcp.region", "found "+quote(name)+", which is a zone", "write its region, "+regionOf(name))
	case !region.MatchString(name):
		v.report("gcp.region", "found "+quote(name), "write the name of a region, such as europe-west3")
	}
}

// knownRegion is the region of the config, or "" where none that exists is written.
func (v *validator) knownRegion() string {
	if v.config.GCP == nil || !region.MatchString(v.config.GCP.Region) {
		return ""
	}
	return v.config.GCP.Region
}

// clusterOnGKE finds the keys of the other platform. Their values are not repeated: a kubeconfig may be
// written in full by mistake.
func (v *validator) clusterOnGKE(cluster Cluster) {
	for _, field := range []struct{ key, value string }{{"kubeconfig", cluster.Kubeconfig}, {"context", cluster.Context}} {
		if field.value != "" {
			v.report("cluster."+field.key, "does not belong to platform gke",
				"remove it; the cluster is reached with the credentials of whoever runs Pulumi")
		}
	}
	if cluster.GKE == nil {
		v.report("cluster.gke", "missing", "write {location: europe-west3-a, version: 1.33.5-gke.1080000, access: [203.0.113.7/32]}")
		return
	}
	v.gke("cluster.gke", *cluster.GKE)
}

// exposures are the kinds that requests reach an ingress by on the platform of the stack, all of them on one
// that nobody knows. On GKE nodes have no addresses of their own, and external IPs of Services are refused
// unless a cluster allows them.
func (v *validator) exposures() []string {
	var kinds []string
	for _, kind := range ingress.Kinds() {
		there := true
		switch v.config.platform() {
		case clusters.OnGKE:
			there = kind == ingress.NEG || kind == ingress.LoadBalancer
		case clusters.Kubeconfig:
			there = kind != ingress.NEG
		}
		if there {
			kinds = append(kinds, string(kind))
		}
	}
	return kinds
}

// exposure reports a kind that nobody knows, or that the platform does not have.
func (v *validator) exposure(kind ingress.Kind) bool {
	known := v.exposures()
	if slices.Contains(ingress.Kinds(), kind) && !slices.Contains(known, string(kind)) {
		v.report("ingress.exposure", fmt.Sprintf("found %s, which does not exist on platform %s", quote(string(kind)), v.config.platform()),
			"write one of "+strings.Join(known, ", "))
		return false
	}
	return v.oneOf("ingress.exposure", string(kind), known)
}

// domainOnGCP checks that a certificate can be issued for the domain, and for every name one label below it.
func (v *validator) domainOnGCP(domain string) {
	switch reserved, never := neverRegistered(domain); {
	case never:
		v.report("domain", fmt.Sprintf("found %s, but no certificate is ever issued below %s", quote(domain), reserved),
			"write a domain that you own, such as cloud.example.org")
	case !strings.Contains(domain, "."):
		v.report("domain", "found "+quote(domain)+", a top-level domain", "write a domain that you own, such as cloud.example.org")
	case len(domain) > maxCommonName:
		v.report("domain", fmt.Sprintf("found %d characters", len(domain)),
			fmt.Sprintf("write a domain of at most %d; a certificate holds no more", maxCommonName))
	}
}

// neverRegistered is the name at the end of a host that nobody can own, if there is one.
func neverRegistered(host string) (string, bool) {
	for _, name := range unregistered {
		if host == name || strings.HasSuffix(host, "."+name) {
			return name, true
		}
	}
	return "", false
}
