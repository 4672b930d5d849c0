package edge

import (
	"fmt"

	"live-omega/components/ingress"
)

const (
	// copyResponseTimeout bounds how long a copy waits for the cluster that gets it, and how long its
	// request is kept in memory. Nobody waits for the answer.
	copyResponseTimeout = "5s"

	// maxCopyDigits bounds the bodies that are copied, in digits of their length: 5 is below 100 kB.
	// Traefik sets that much memory aside for every request that has a body, until its copy is answered
	// or given up.
	maxCopyDigits = 5
	maxCopyBytes  = 99_999

	// firstLoopPort is the first of the ports of the loops.
	firstLoopPort = 8090
)

// Copies are made by Traefik's mirroring: it sends a request to its cluster, and once that was answered, a
// copy to the other cluster. It stands on a loop through the pod itself, because three things in it
// (Traefik 3.5, pkg/server/service/loadbalancer/mirror) would reach the users otherwise:
//
//   - A copy inherits the retries of its request (traefik#12988). If it starts before the retry
//     middleware has seen the end of the request, the request is sent once more, its effect repeated and
//     a second answer appended to the first. So the mirroring has no retry before it, and has the retries
//     of its own requests behind it: two loops.
//   - A body of unknown length that turns out empty is answered with 500 (traefik#12079), and one
//     that is sent in turns with the answer waits forever, because it is read to the end first.
//   - A copy whose answer has begun is not bounded in time; event streams never end.
//
// The requests of the last two kinds go round without being copied. A request that goes round has two
// more 127.0.0.1 in its X-Forwarded-For.
//
// While the cluster is dead nothing goes round: the other one answers, and must not get a copy besides.
// Only until its death is noticed can both reach it.
//
//	route ─► live-copied ─► live-loop ══► live-mirror ─► live-again ══► retry ─► live
//	              │ if live is dead            └───────► omega-copies: one attempt, omega or nobody
//	              └──────► live

// copied is the name of a cluster with copies being made: the service that routes refer to. loop is the
// service that is the first loop, mirror the one that makes the copies, copies the cluster as it gets them,
// and again the second loop.
func copied(cluster string) string { return cluster + "-copied" }
func loop(cluster string) string   { return cluster + "-loop" }
func mirror(cluster string) string { return cluster + "-mirror" }
func copies(cluster string) string { return cluster + "-copies" }
func again(cluster string) string  { return cluster + "-again" }

// loops are the ports of the loops by their names. There are none unless there are two clusters.
func loops(clusters []string) map[string]int {
	if len(clusters) != 2 {
		return nil
	}
	ports := map[string]int{}
	for i, cluster := range clusters {
		ports[loop(cluster)], ports[again(cluster)] = firstLoopPort+2*i, firstLoopPort+2*i+1
	}
	return ports
}

// copiable is the rule of the requests that are copied: those without a body, and those with a small
// one of known length; but not those that open a stream.
var copiable = fmt.Sprintf("(Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`) || Method(`DELETE`) || HeaderRegexp(`Content-Length`, `^[0-9]{1,%d}$`))"+
	" && !HeaderRegexp(`Upgrade`, `.`) && !HeaderRegexp(`Accept`, `text/event-stream`)", maxCopyDigits)

// addCopies adds the services of a cluster with copies to the other one, and the loops that they stand on.
func (r routingFile) addCopies(cluster, other, otherAddress string, ports map[string]int) {
	through := func(name string) map[string]any {
		return balancer(fmt.Sprintf("%s:%d", ingress.LoopAddress, ports[name]), loopTransport)
	}
	const everything = "PathPrefix(`/`)"

	r.services[copied(cluster)] = failover(loop(cluster), clusterService(cluster))
	r.services[loop(cluster)] = checked(through(loop(cluster)))
	r.routers[mirror(cluster)] = router(loop(cluster), copiable, mirror(cluster))
	r.routers[loop(cluster)] = router(loop(cluster), everything, again(cluster))
	// The check of the loop is that of the cluster behind it.
	ready := router(loop(cluster), fmt.Sprintf("Host(`%s`)", ingress.ReadyHost), direct(cluster))
	ready["priority"] = firstPriority
	r.routers[loop(cluster)+"-ready"] = ready

	r.services[mirror(cluster)] = map[string]any{"mirroring": map[string]any{
		"service":     again(cluster),
		"mirrorBody":  true,
		"maxBodySize": maxCopyBytes,
		"mirrors":     []any{map[string]any{"name": copies(other), "percent": 100}},
	}}
	r.services[copies(other)] = balancer(otherAddress, copyTransport)

	r.services[again(cluster)] = through(again(cluster))
	retried := router(again(cluster), everything, clusterService(cluster))
	retried["middlewares"] = []any{retryMiddleware}
	r.routers[again(cluster)] = retried
}

// firstPriority is above the length of every rule; of two rules without a priority the longer one comes
// first.
const firstPriority = 1000

// router sends the requests of an entry point that fit the rule to a service.
func router(entryPoint, rule, service string) map[string]any {
	return map[string]any{"entryPoints": []any{entryPoint}, "rule": rule, "service": service}
}
