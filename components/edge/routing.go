package edge

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"

	"live-omega/components/ingress"
)

const (
	// retryMiddleware is what every request passes first.
	retryMiddleware = "retry@file"

	// A cluster is asked for its health every healthInterval and has healthTimeout to answer. One that
	// is dead refuses the connection or lets dialTimeout pass, so it is left out within a second; the
	// rest is for one that is busy, which answers late and must not be taken for a dead one.
	healthInterval = "500ms"
	healthTimeout  = "2s"

	// dialTimeout bounds how long a dead address holds up a request before the next attempt.
	dialTimeout = "300ms"
	// responseTimeout bounds the wait for the first byte of a response. Requests that were on their way
	// when their cluster disappeared without a word end with it.
	responseTimeout = "30s"
	// idleTimeout is shorter than the gateways of the clusters need for draining, less what they let a
	// connection live; see package ingress.
	idleTimeout = "3s"

	// Traefik's pauses between attempts grow from retryInterval to twice that, each up to half shorter
	// or longer. Nine of them last longer than it takes to find a cluster dead, which four from 100 ms
	// did not: when a cluster was killed, requests ran out of attempts after 0.3 s. They also cover an
	// edit of weights while one is dead: Traefik takes every cluster of a new configuration for healthy
	// until the first check.
	retryAttempts = 10
	retryInterval = "150ms"
)

// clusterService is the name inside the gateway of a cluster with its fallbacks.
func clusterService(cluster string) string { return cluster }

// routing is the gateway's dynamic configuration for the clusters' addresses. Only addresses and
// names are in it, so it changes with the clusters and not with the traffic.
func routing(clusters map[string]pulumi.StringInput) pulumi.StringOutput {
	addresses := pulumi.StringMap{}
	for cluster, address := range clusters {
		addresses[cluster] = address
	}
	return addresses.ToStringMapOutput().ApplyT(renderRouting).(pulumi.StringOutput)
}

// routingFile is the dynamic configuration of Traefik, by the names of its parts.
type routingFile struct{ routers, services, middlewares, transports map[string]any }

// renderRouting is the file for Traefik's file provider.
//
// For each cluster there is a service that sends requests to it, and to the others while its health
// check fails. Weights and health are separate this way: the weights say where requests should go, and
// a dead cluster is bypassed whatever its weight. While the checks of all clusters fail, requests go where
// the weights say all the same: on an overloaded machine the checks time out first, and turning everyone
// away would make an outage of a delay.
//
// Of two clusters there are also the services that copy requests; see addCopies.
//
// Retrying is safe for every method. Traefik's retry middleware (v3.5, pkg/middlewares/retry) asks for
// another attempt only until the headers of the request were written to a connection (httptrace's
// WroteHeaders); a request of which anything was sent is never sent twice.
func renderRouting(addresses map[string]string) (string, error) {
	clusters := slices.Sorted(maps.Keys(addresses))
	for _, cluster := range clusters {
		if addresses[cluster] == "" {
			return "", fmt.Errorf("cluster %s has no address", cluster)
		}
	}
	file := routingFile{
		routers:  map[string]any{},
		services: map[string]any{},
		middlewares: map[string]any{"retry": map[string]any{
			"retry": map[string]any{"attempts": retryAttempts, "initialInterval": retryInterval},
		}},
		transports: transports(),
	}
	for i, cluster := range clusters {
		file.services[direct(cluster)] = checked(balancer(addresses[cluster], clusterTransport))
		file.services[anyway(cluster)] = balancer(addresses[cluster], clusterTransport)
		// The others in the order of their names, beginning after this one.
		file.chain(clusterService(cluster), append(slices.Clone(clusters[i:]), clusters[:i]...), anyway(cluster))
	}
	if ports := loops(clusters); ports != nil {
		one, other := clusters[0], clusters[1]
		file.addCopies(one, other, addresses[other], ports)
		file.addCopies(other, one, addresses[one], ports)
	}
	return file.yaml()
}

func (r routingFile) yaml() (string, error) {
	parts := map[string]any{"services": r.services, "middlewares": r.middlewares, "serversTransports": r.transports}
	if len(r.routers) > 0 {
		parts["routers"] = r.routers
	}
	text, err := yaml.Marshal(map[string]any{"http": parts})
	if err != nil {
		return "", fmt.Errorf("writing the routing of the edge: %w", err)
	}
	return string(text), nil
}

// How connections are made: to the clusters, to a cluster for a copy, and to the pod itself.
const (
	clusterTransport = "clusters"
	copyTransport    = "copies"
	loopTransport    = "loops"
)

func transports() map[string]any {
	transport := func(timeouts map[string]any) map[string]any {
		return map[string]any{"maxIdleConnsPerHost": 64, "forwardingTimeouts": timeouts}
	}
	return map[string]any{
		clusterTransport: transport(map[string]any{
			"dialTimeout": dialTimeout, "responseHeaderTimeout": responseTimeout, "idleConnTimeout": idleTimeout,
		}),
		copyTransport: transport(map[string]any{
			"dialTimeout": dialTimeout, "responseHeaderTimeout": copyResponseTimeout, "idleConnTimeout": idleTimeout,
		}),
		// What is behind a loop has its own bounds.
		loopTransport: transport(map[string]any{"dialTimeout": dialTimeout, "idleConnTimeout": idleTimeout}),
	}
}

// direct is the name of the service that is a cluster and nothing else; anyway is the same without a
// health check.
func direct(cluster string) string { return cluster + "-only" }
func anyway(cluster string) string { return cluster + "-anyway" }

// chain adds the service called name: the first of the clusters that is healthy, or last if none is.
func (r routingFile) chain(name string, clusters []string, last string) {
	fallback := last
	if len(clusters) > 1 {
		fallback = name + "-else-" + clusters[1]
		r.chain(fallback, clusters[1:], last)
	}
	r.services[name] = failover(direct(clusters[0]), fallback)
}

// failover sends requests to a service that is checked, and to the fallback while the check fails.
func failover(service, fallback string) map[string]any {
	return map[string]any{"failover": map[string]any{"service": service, "fallback": fallback}}
}

// balancer sends requests to one address, Host header unchanged.
func balancer(address, transport string) map[string]any {
	return map[string]any{"loadBalancer": map[string]any{
		"servers":          []any{map[string]any{"url": "http://" + address}},
		"serversTransport": transport,
		"passHostHeader":   true,
	}}
}

// checked makes a balancer send requests only while the address is healthy. Healthy is a gateway that
// has its routes, not merely one that listens.
func checked(balancer map[string]any) map[string]any {
	balancer["loadBalancer"].(map[string]any)["healthCheck"] = map[string]any{
		"path": ingress.ReadyPath, "hostname": ingress.ReadyHost,
		"interval": healthInterval, "timeout": healthTimeout,
	}
	return balancer
}
