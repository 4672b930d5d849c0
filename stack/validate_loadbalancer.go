package stack

import (
	"fmt"
	"slices"
	"strings"

	"live-omega/clusters"
	"live-omega/components/edge"
)

// maxRequests and maxCertificates bound a rate and a list against a slip of the finger: the one is more than any
// person asks for, and each of the other is a certificate of its own.
const (
	maxRequests     = 10_000
	maxCertificates = 100
)

// loadBalancer checks the public way in on Google Cloud.
func (v *validator) loadBalancer() {
	balancer := v.config.LoadBalancer
	if balancer == nil || !v.belongs("loadBalancer") {
		return
	}
	v.certificates("loadBalancer.certificates", balancer.Certificates)
	if balancer.Without != "" && v.oneOf("loadBalancer.without", balancer.Without, ClusterNames) {
		v.without(balancer.Without)
	}
	if balancer.RateLimit != nil {
		v.rateLimit("loadBalancer.rateLimit", *balancer.RateLimit)
	}
	if percent := balancer.LogPercent; percent != nil && (*percent < 0 || *percent > 100) {
		v.report("loadBalancer.logPercent", fmt.Sprintf("found %d", *percent), "write a percentage from 0 to 100")
	}
}

// without finds traffic for a cluster that is away.
func (v *validator) without(cluster string) {
	if v.config.Traffic == nil || v.config.Traffic.Default == nil {
		return
	}
	for _, split := range trafficOf(v.config).Uses(cluster) {
		v.report("loadBalancer.without", fmt.Sprintf("found %s, but traffic.%s sends requests there", quote(cluster), split),
			fmt.Sprintf("write %s: 0 there and no mirror to it, `pulumi up`, and then this", cluster))
	}
}

// certificates are names that the certificate of the domain does not cover: it is for the domain and every
// name one label below it.
func (v *validator) certificates(path string, hosts []string) {
	if len(hosts) > maxCertificates {
		v.report(path, fmt.Sprintf("found %d names", len(hosts)), fmt.Sprintf("write at most %d", maxCertificates))
	}
	for i, host := range hosts {
		path := fmt.Sprintf("%s[%d]", path, i)
		reserved, never := neverRegistered(host)
		switch {
		case !isHost(host) || !strings.Contains(host, "."):
			v.report(path, "found "+quote(host), "write a host name in lower case, without http://, port and path, such as board.example.org")
		case never:
			v.report(path, fmt.Sprintf("found %s, but no certificate is ever issued below %s", quote(host), reserved), "write a name that somebody owns, or remove it")
		case len(host) > maxCommonName:
			v.report(path, fmt.Sprintf("found %d characters", len(host)), fmt.Sprintf("write a name of at most %d; a certificate holds no more", maxCommonName))
		case v.config.Domain != "" && edge.CoveredByCertificate(host, v.config.Domain, nil):
			v.report(path, fmt.Sprintf("found %s, which the certificate of the domain covers", quote(host)), "remove it")
		case v.config.Domain != "" && strings.HasSuffix(host, "."+v.config.Domain):
			// Its proof in the zone would make the names above it exist, without an address: the wildcard of the
			// domain would no longer be theirs (RFC 4592, 2.2.2).
			v.report(path, fmt.Sprintf("found %s, more than one label below %s", quote(host), v.config.Domain),
				"write a name right below the domain, which needs no certificate of its own, or one of another domain")
		case slices.Contains(hosts[:i], host):
			v.report(path, "found "+quote(host)+" again", "remove one of the two")
		}
	}
}

func (v *validator) rateLimit(path string, limit RateLimit) {
	switch {
	case limit.Requests == nil:
		v.report(path+".requests", "missing", fmt.Sprintf("write how many requests a client address has in that time, 1 to %d", maxRequests))
	case *limit.Requests < 1 || *limit.Requests > maxRequests:
		v.report(path+".requests", fmt.Sprintf("found %d", *limit.Requests), fmt.Sprintf("write 1 to %d, or remove rateLimit", maxRequests))
	}
	if limit.Seconds != nil && !slices.Contains(edge.RateSeconds, *limit.Seconds) {
		v.report(path+".seconds", fmt.Sprintf("found %d", *limit.Seconds), "write one of "+strings.Trim(strings.ReplaceAll(fmt.Sprint(edge.RateSeconds), " ", ", "), "[]"))
	}
}

// unsupported finds what the edge of the platform cannot do of a split, which is right by itself.
func (v *validator) unsupported(path string, split Split) {
	if v.config.platform() != clusters.OnGKE {
		return
	}
	for _, problem := range splitOf(split).UnsupportedOnGCP(path) {
		v.report(problem.Path, problem.Found, problem.Remedy)
	}
}
