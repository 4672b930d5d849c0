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

// renderRouting is the file for Traefik's file provider.
//
// For each cluster there is a service that sends requests to it, and to the others while its health
// check fails. Weights and health are separate this way: the weights say where requests should go, and
// a dead cluster is bypassed whatever its weight. While the checks of all clusters fail, requests go where
// the weights say all the same: on an overloaded machine the checks time out first, and turning everyone
// away would make an outage of a delay.
//
// Retrying is safe for every method. Traefik's retry middleware (v3.5, pkg/middlewares/retry) asks for
// another attempt only until the headers of the request were written to a connection (httptrace's
// WroteHeaders); a request of which anything was sent is never sent twice.
func renderRouting(addresses map[string]string) (string, error) {
	clusters := slices.Sorted(maps.Keys(addresses))
	services := map[string]any{}
	for i, cluster := range clusters {
		if addresses[cluster] == "" {
			return "", fmt.Errorf("cluster %s has no address", cluster)
		}
		services[direct(cluster)] = balancer(addresses[cluster], true)
		services[anyway(cluster)] = balancer(addresses[cluster], false)
		// The others in the order of their names, beginning after this one.
		chain(services, clusterService(cluster), append(slices.Clone(clusters[i:]), clusters[:i]...), anyway(cluster))
	}
	file, err := yaml.Marshal(map[string]any{"http": map[string]any{
		"services": services,
		"serversTransports": map[string]any{transport: map[string]any{
			"maxIdleConnsPerHost": 64,
			"forwardingTimeouts": map[string]any{
				"dialTimeout": dialTimeout, "responseHeaderTimeout": responseTimeout, "idleConnTimeout": idleTimeout,
			},
		}},
		"middlewares": map[string]any{"retry": map[string]any{
			"retry": map[string]any{"attempts": retryAttempts, "initialInterval": retryInterval},
		}},
	}})
	if err != nil {
		return "", fmt.Errorf("writing the routing of the edge: %w", err)
	}
	return string(file), nil
}

const transport = "clusters"

// direct is the name of the service that is a cluster and nothing else; anyway is the same without a
// health check.
func direct(cluster string) string { return cluster + "-only" }
func anyway(cluster string) string { return cluster + "-anyway" }

// chain adds the service called name: the first of the clusters that is healthy, or last if none is.
func chain(services map[string]any, name string, clusters []string, last string) {
	fallback := last
	if len(clusters) > 1 {
		fallback = name + "-else-" + clusters[1]
		chain(services, fallback, clusters[1:], last)
	}
	services[name] = map[string]any{"failover": map[string]any{
		"service": direct(clusters[0]), "fallback": fallback,
	}}
}

// balancer sends requests to one address, Host header unchanged; if checked, while it is healthy. Healthy
// is a gateway that has its routes, not merely one that listens.
func balancer(address string, checked bool) map[string]any {
	settings := map[string]any{
		"servers":          []any{map[string]any{"url": "http://" + address}},
		"serversTransport": transport,
		"passHostHeader":   true,
	}
	if checked {
		settings["healthCheck"] = map[string]any{
			"path": ingress.ReadyPath, "hostname": ingress.ReadyHost,
			"interval": healthInterval, "timeout": healthTimeout,
		}
	}
	return map[string]any{"loadBalancer": settings}
}
