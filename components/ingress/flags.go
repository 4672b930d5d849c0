package ingress

import (
	"fmt"
	"strings"
)

const (
	// entryWeb takes users' requests; entryInternal answers probes and gives metrics.
	entryWeb      = "web"
	entryInternal = "internal"
	internalPort  = 8082

	// A pod that is to go is drained before Traefik hears of it, so that no connection is left that
	// could carry a request into the moment of closing:
	//
	//   - its endpoint disappears, and no new connection arrives after well under a second;
	//   - Traefik closes a connection after the response at which it is older than keepAliveSeconds;
	//   - whoever keeps idle connections for less than drainSeconds - keepAliveSeconds (the edge does,
	//     see package edge) has none left when drainSeconds are over.
	//
	// Short connections also spread the load over the pods again after one was replaced.
	drainSeconds     = 8
	keepAliveSeconds = 4
	// Then Traefik is told to stop. It answers 503 on ReadyPath, for load balancers that only listen to
	// their own health checks, and still accepts connections for acceptSeconds; requests that run may
	// take graceSeconds more.
	acceptSeconds = 1
	graceSeconds  = 20
	// exitSeconds are left over for the process to exit.
	exitSeconds = 5

	terminationSeconds = drainSeconds + acceptSeconds + graceSeconds + exitSeconds
)

// flags are the static configuration of Traefik.
func (a Args) flags() []string {
	flags := []string{
		"--global.checknewversion=false",
		"--global.sendanonymoususage=false",
		"--log.level=INFO",
		"--log.format=json",

		fmt.Sprintf("--entrypoints.%s.address=:%d", entryWeb, webPort),
		fmt.Sprintf("--entrypoints.%s.transport.keepalivemaxtime=%ds", entryWeb, keepAliveSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.lifecycle.requestacceptgracetimeout=%ds", entryWeb, acceptSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.lifecycle.gracetimeout=%ds", entryWeb, graceSeconds),
		fmt.Sprintf("--entrypoints.%s.address=:%d", entryInternal, internalPort),

		"--ping=true",
		"--ping.entrypoint=" + entryInternal,
		"--metrics.prometheus=true",
		"--metrics.prometheus.entrypoint=" + entryInternal,

		"--providers.kubernetesgateway=true",
		// How long changes are gathered before they are applied: the default of 2 s would be most of
		// the time that moving traffic takes.
		"--providers.providersthrottleduration=200ms",
	}
	flags = append(flags, a.Exposure.statusFlags()...)
	if len(a.TrustedProxies) > 0 {
		flags = append(flags, fmt.Sprintf("--entrypoints.%s.forwardedheaders.trustedips=%s", entryWeb, strings.Join(a.TrustedProxies, ",")))
	}
	if a.Routing != nil {
		flags = append(flags,
			"--providers.file.filename="+routingFolder+"/"+routingFile,
			// The file never changes under a running pod.
			"--providers.file.watch=false",
		)
	}
	if len(a.Middlewares) > 0 {
		flags = append(flags, fmt.Sprintf("--entrypoints.%s.http.middlewares=%s", entryWeb, strings.Join(a.Middlewares, ",")))
	}
	return flags
}
