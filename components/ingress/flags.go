package ingress

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"live-omega/components/traefik"
)

const (
	// entryWeb takes users' requests; entryInternal answers probes and gives metrics.
	entryWeb      = "web"
	entryInternal = "internal"
	internalPort  = 8082

	// readSeconds bound how long a client may take to send a request, and how long it may hold a
	// connection on which it has sent nothing yet. Behind a load balancer of Google Cloud it is longer.
	readSeconds = 60
	// When a pod was drained, Traefik is told to stop. It answers 503 on ReadyPath, for load balancers
	// that only listen to their own health checks, and still accepts connections for acceptSeconds;
	// requests that run may take graceSeconds more.
	acceptSeconds = 1
	graceSeconds  = 20
	// exitSeconds are left over for the process to exit.
	exitSeconds = 5
	// loopSeconds are how much longer loops accept requests; less than exitSeconds.
	loopSeconds = 3
)

// drain is how a pod that is to go gets rid of its connections before Traefik hears of it, so that none
// is left that could carry a request into the moment of closing. Its endpoint disappears, and no new
// connection arrives after well under a second. Of those that it has,
//
//   - the busy ones are closed after the response at which they are older than keepAliveSeconds;
//   - the idle ones are closed by clients that keep them for less than seconds - keepAliveSeconds, as
//     the edge does (see package edge), or by Traefik when nothing came for readSeconds.
//
// The last matters because of connections on which nothing was ever sent: clients open some in
// advance. Traefik 3.5 peeks at the first bytes of a connection before its HTTP server gets it
// (httpForwarder in pkg/server/server_entrypoint_tcp.go), and that hand-over blocks once the server is
// shutting down: the first request on such a connection would hang until the process ends.
//
// Short connections also spread the load over the pods again after one was replaced.
//
// With a load balancer of Google Cloud nothing depends on connections: it chooses a pod for each request,
// and it alone closes idle ones. What takes time there is that it learns of the pod's end, from GKE's
// controller of network endpoint groups.
type drain struct {
	seconds int
	// keepAliveSeconds is the age at which connections are closed after a response, 0 for none.
	keepAliveSeconds int
	// readSeconds bound how long a client may take to send a request, and how long a connection may be idle.
	readSeconds int
}

var (
	// behindEdge serves connections of the edge, which gives idle ones up after 3 s.
	behindEdge = drain{seconds: 8, keepAliveSeconds: 4, readSeconds: readSeconds}
	// public serves anyone's connections, so it waits until Traefik itself has closed the last.
	public = drain{seconds: readSeconds + 5, keepAliveSeconds: 30, readSeconds: readSeconds}
	// behindBalancer serves a load balancer of Google Cloud, which keeps idle connections for 600 s, whatever
	// one says, and answers 502 if it sends a request on one that is being closed here; so they are kept for
	// longer (https://cloud.google.com/load-balancing/docs/https#timeout-keepalive-backends).
	//
	// Google wants a pod to serve until it was taken out of its group, and shows a preStop hook of 40 s
	// (https://cloud.google.com/knowledge/kb/502-503-errors-on-external-http-s-load-balancer-000006416).
	// Requests that came in the last moment have 30 s more before Traefik hears of it.
	behindBalancer = drain{seconds: 90, readSeconds: 620}
)

func (a Args) drain() drain {
	switch {
	case a.Exposure.Kind == NEG:
		return behindBalancer
	case a.Public:
		return public
	}
	return behindEdge
}

// settleProbes are the successful readiness probes, two seconds apart, that a pod needs before it gets
// requests. When a whole cluster starts, its API still lists the pods of before, and the gateway is soon
// ready while the apps behind it are not. Behind the edge another cluster serves meanwhile, so the
// gateway gives the apps ten seconds; a public one has nobody to wait behind.
func (a Args) settleProbes() int {
	if a.Public {
		return 1
	}
	return 6
}

// terminationSeconds are what a pod may take from being told to go until its process is killed.
func (a Args) terminationSeconds() int {
	return a.drain().seconds + acceptSeconds + graceSeconds + exitSeconds
}

// flags are the static configuration of Traefik.
func (a Args) flags() []string {
	flags := []string{
		"--global.checknewversion=false",
		"--global.sendanonymoususage=false",
		"--log.level=INFO",
		"--log.format=json",

		fmt.Sprintf("--entrypoints.%s.address=:%d", entryWeb, Port),
		fmt.Sprintf("--entrypoints.%s.transport.keepalivemaxtime=%ds", entryWeb, a.drain().keepAliveSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.respondingtimeouts.readtimeout=%ds", entryWeb, a.drain().readSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.respondingtimeouts.idletimeout=%ds", entryWeb, a.drain().readSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.lifecycle.requestacceptgracetimeout=%ds", entryWeb, acceptSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.lifecycle.gracetimeout=%ds", entryWeb, graceSeconds),
		fmt.Sprintf("--entrypoints.%s.address=:%d", entryInternal, internalPort),

		// A pod that is gone without the API knowing yet is given up soon; the default is 30 s. Not so soon
		// that the first packet of a connection may not be lost: it is sent again after one second
		// (RFC 6298, 2.1), also when it is the gateway itself that got no CPU for that long.
		"--serverstransport.forwardingtimeouts.dialtimeout=3s",

		"--ping=true",
		"--ping.entrypoint=" + entryInternal,
		"--metrics.prometheus=true",
		"--metrics.prometheus.entrypoint=" + entryInternal,

		"--providers.kubernetesgateway=true",
		// What of Traefik's own API the routes refer to; see package traefik.
		"--providers.kubernetescrd=true",
		// An app's TraefikService lies beside one variant and refers to the Services of both.
		"--providers.kubernetescrd.allowcrossnamespace=true",
		// It is there before the pods of the variants are, and Traefik would drop it until then.
		"--providers.kubernetescrd.allowemptyservices=true",
		// Nodes are read for node ports only.
		"--providers.kubernetescrd.disableclusterscoperesources=true",
		fmt.Sprintf("--experimental.localplugins.%s.modulename=%s", traefik.PluginName, traefik.PluginModule),

		// How long changes are gathered before they are applied: the default of 2 s would be most of
		// the time that moving traffic takes.
		"--providers.providersthrottleduration=200ms",
	}
	flags = append(flags, a.Exposure.statusFlags()...)
	if trusted := a.trusted(); len(trusted) > 0 {
		flags = append(flags, fmt.Sprintf("--entrypoints.%s.forwardedheaders.trustedips=%s", entryWeb, strings.Join(trusted, ",")))
	}
	if a.Exposure.Kind == NEG {
		flags = append(flags, fmt.Sprintf("--experimental.localplugins.%s.modulename=%s", traefik.HostsName, traefik.HostsModule))
	}
	if a.Routing != nil {
		flags = append(flags,
			"--providers.file.filename="+routingFolder+"/"+routingFile,
			// The file never changes under a running pod.
			"--providers.file.watch=false",
		)
	}
	for _, loop := range slices.Sorted(maps.Keys(a.Loops)) {
		flags = append(flags, loopFlags(loop, a.Loops[loop])...)
	}
	if len(a.Middlewares) > 0 {
		flags = append(flags, fmt.Sprintf("--entrypoints.%s.http.middlewares=%s", entryWeb, strings.Join(a.Middlewares, ",")))
	}
	return flags
}

// loopFlags are those of an entry point for the pod's own requests. It goes on accepting them after users'
// requests are no longer accepted, because the last of those may be on their way to it, and believes
// what the first entry point said about the client.
func loopFlags(name string, port int) []string {
	return []string{
		fmt.Sprintf("--entrypoints.%s.address=%s:%d", name, LoopAddress, port),
		fmt.Sprintf("--entrypoints.%s.forwardedheaders.trustedips=%s/32", name, LoopAddress),
		fmt.Sprintf("--entrypoints.%s.transport.respondingtimeouts.readtimeout=%ds", name, readSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.lifecycle.requestacceptgracetimeout=%ds", name, acceptSeconds+loopSeconds),
		fmt.Sprintf("--entrypoints.%s.transport.lifecycle.gracetimeout=%ds", name, graceSeconds),
	}
}
