package edge

import (
	"maps"
	"slices"

	"live-omega/components/gatewayapi"
	"live-omega/components/ingress"
	"live-omega/components/naming"
	"live-omega/components/traefik"
)

const (
	// PinHeader is the request header that names a cluster, where a split allows it.
	PinHeader = "X-Cluster"

	// CohortCookie keeps a visitor's draw. Cookies belong to a host, so a visitor draws once for each host
	// of each app; the draw is kept when weights move, and when sticky is switched off and on again.
	CohortCookie = "live-omega-cluster"

	// cohorts is the name of the Middleware and the TraefikService of sticky splits.
	cohorts = "clusters"

	// defaultRoute is the name of the route of all apps that have none of their own.
	defaultRoute = "default"
)

// Render are the edge's routes: the default one, which matches every host, and one for each app that
// differs, which is more specific and so comes first. A pure function; clusters are sorted names.
//
// Every number and switch of a split is in its one route. What a route refers to is always there,
// whether it is used or not.
func Render(clusters []string, domain string, traffic Traffic) []gatewayapi.HTTPRoute {
	routes := []gatewayapi.HTTPRoute{newRoute(defaultRoute, traffic.Default.rules(clusters, gatewayapi.Match{}))}
	for _, app := range slices.Sorted(maps.Keys(traffic.Apps)) {
		// Traefik (3.5, provider gateway) lets a header count for more than a host, against the rules of
		// the Gateway API. Without the second match, a default that pins would also pin the apps whose own
		// routes do not.
		named := gatewayapi.Match{Headers: []gatewayapi.HeaderMatch{{Name: PinHeader, Value: ".", Regexp: true}}}
		route := newRoute(routeName(app), traffic.Apps[app].rules(clusters, gatewayapi.Match{}, named))
		route.Hostnames = hosts(app, domain)
		routes = append(routes, route)
	}
	return routes
}

// routeName is the name of the route of an app that differs.
func routeName(app string) string { return "app-" + app }

// hosts are the names that every app has, whether it has a preview now or not: a release edit in a
// cluster is none of the edge's business.
func hosts(app, domain string) []string {
	return []string{naming.Host(app, domain), naming.PreviewHost(app, domain)}
}

func newRoute(name string, rules []gatewayapi.Rule) gatewayapi.HTTPRoute {
	return gatewayapi.HTTPRoute{Namespace: ingress.Namespace, Name: name, Labels: labels(), Rules: rules}
}

// labels are those of every object of the edge itself.
func labels() map[string]string {
	return map[string]string{
		"app.kubernetes.io/component":  "edge",
		"app.kubernetes.io/managed-by": "pulumi",
		"app.kubernetes.io/part-of":    "live-omega",
	}
}

// rules are first those for requests that chose their cluster, and then one for the rest, which fit any
// of the matches.
func (s Split) rules(clusters []string, rest ...gatewayapi.Match) []gatewayapi.Rule {
	var rules []gatewayapi.Rule
	if s.Pin {
		for _, cluster := range clusters {
			chosen := gatewayapi.HeaderMatch{Name: PinHeader, Value: cluster}
			rules = append(rules, gatewayapi.Rule{
				Matches:  []gatewayapi.Match{{Headers: []gatewayapi.HeaderMatch{chosen}}},
				Backends: []gatewayapi.Backend{backend(clusterService(cluster), 1)},
			})
		}
	}
	rule := gatewayapi.Rule{Matches: rest, Backends: s.backends(clusters)}
	if s.Sticky {
		rule.Filters = traefik.Weights(cohorts, s.choices(clusters)...)
		rule.Backends = []gatewayapi.Backend{{Traefik: cohorts, Weight: 1}}
	}
	return append(rules, rule)
}

// backends are the clusters with their percentages. With a mirror, the share of a cluster whose
// requests are copied is divided once more, between the cluster and the cluster with copies, so all
// weights are a hundred times as large.
//
// A cluster at weight 0 keeps its backend, so that every edit of weights is a change of numbers.
func (s Split) backends(clusters []string) []gatewayapi.Backend {
	var backends []gatewayapi.Backend
	for _, cluster := range clusters {
		weight := s.Weights[cluster]
		switch {
		case s.Mirror == nil:
			backends = append(backends, backend(clusterService(cluster), weight))
		case s.copiedFrom(cluster):
			backends = append(backends,
				backend(clusterService(cluster), weight*(100-s.Mirror.Percent)),
				backend(copied(cluster), weight*s.Mirror.Percent))
		default:
			backends = append(backends, backend(clusterService(cluster), weight*100))
		}
	}
	return backends
}

// choices are the clusters with their percentages of visitors. Visitors have numbers, and the choices
// own ranges of them in this order, which must never change: it decides who moves when weights do. The
// last cluster by name comes first and owns the numbers from 0. Between two clusters there is one border,
// so growing either of them moves visitors to it and none away from it.
func (s Split) choices(clusters []string) []traefik.Choice {
	var choices []traefik.Choice
	for _, cluster := range slices.Backward(clusters) {
		choice := traefik.Choice{Name: cluster, Percent: s.Weights[cluster]}
		if s.copiedFrom(cluster) {
			choice.Copied, choice.CopyPercent = copied(cluster), s.Mirror.Percent
		}
		choices = append(choices, choice)
	}
	return choices
}

// cohortBackends are the children of the service of sticky splits: every choice there can be.
func cohortBackends(clusters []string) map[string]gatewayapi.Backend {
	backends := map[string]gatewayapi.Backend{}
	for _, cluster := range clusters {
		backends[cluster] = backend(clusterService(cluster), 1)
		if len(clusters) == 2 {
			backends[copied(cluster)] = backend(copied(cluster), 1)
		}
	}
	return backends
}

// backend is a service of the routing file.
func backend(service string, weight int) gatewayapi.Backend {
	return gatewayapi.Backend{Traefik: service + "@file", Weight: weight}
}
