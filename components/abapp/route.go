package abapp

import (
	"slices"

	"live-omega/components/gatewayapi"
	"live-omega/components/naming"
	"live-omega/components/traefik"
)

// servicePort is the port of every variant's Service.
const servicePort = 80

// PinHeader names the variant that a request wants, where the release lets it.
const PinHeader = "X-Variant"

// Routes are the HTTPRoutes of an app.
type Routes struct {
	// Main is for the app's hosts.
	Main gatewayapi.HTTPRoute
	// Preview shows the variant that users do not see; nil where the release has none.
	Preview *gatewayapi.HTTPRoute
}

// Render is who sees which variant. It is a pure function of its arguments, and the only place where a
// release turns into objects, so that an edit of a release reaches the app's routes only. The release must
// be valid.
//
// A variant keeps its backend at weight 0: moving to it is then a change of numbers in a gateway that
// knows its endpoints already.
func Render(args Args) Routes {
	to := targets{app: args.App.Name, variants: sortedNames(args.Variants)}
	rules := rulesOf(to, args.Release)
	if args.Release.Pin {
		rules = append(pins(to, rules), rules...)
	}
	routes := Routes{Main: args.route(args.App.Name, args.Hosts, rules)}
	if shown := Previewed(args.Release); shown != "" {
		preview := args.route(previewName(args.App.Name), []string{args.Preview}, []gatewayapi.Rule{{Backends: to.divide(all(shown))}})
		routes.Preview = &preview
	}
	return routes
}

// rulesOf are the rules of the strategy.
func rulesOf(to targets, release Release) []gatewayapi.Rule {
	if rules := renderers[release.Strategy].rules; rules != nil {
		return rules(to, release)
	}
	return []gatewayapi.Rule{{Backends: to.divide(audienceOf(release).percent)}}
}

// pins are rules that let a request choose its variant, whatever the other rules say of it. The Gateway
// API prefers the match with more conditions to the rule that stands first; so that the pin wins, it is
// also put beside the conditions of each other match.
func pins(to targets, others []gatewayapi.Rule) []gatewayapi.Rule {
	rules := make([]gatewayapi.Rule, 0, len(to.variants))
	for _, variant := range to.variants {
		pin := gatewayapi.HeaderMatch{Name: PinHeader, Value: variant}
		matches := []gatewayapi.Match{{Headers: []gatewayapi.HeaderMatch{pin}}}
		for _, rule := range others {
			for _, match := range rule.Matches {
				match.Headers = append([]gatewayapi.HeaderMatch{pin}, match.Headers...)
				matches = append(matches, match)
			}
		}
		rules = append(rules, gatewayapi.Rule{Matches: matches, Backends: to.divide(all(variant))})
	}
	return rules
}

// route is one in the namespace of variant a, which every app has.
func (a Args) route(name string, hosts []string, rules []gatewayapi.Rule) gatewayapi.HTTPRoute {
	return gatewayapi.HTTPRoute{
		Namespace:   naming.Namespace(a.App.Name, VariantA),
		Name:        name,
		Parent:      a.Gateway,
		Hostnames:   slices.Clone(hosts),
		Rules:       rules,
		Labels:      a.labels(),
		Annotations: a.annotations(),
	}
}

// targets are where an app's requests can go.
type targets struct {
	app      string
	variants []string
}

// divide gives every variant its percentage of the requests, 0 if there is none for it.
func (t targets) divide(percent map[string]int) []gatewayapi.Backend {
	backends := make([]gatewayapi.Backend, len(t.variants))
	for i, variant := range t.variants {
		backends[i] = serviceOf(t.app, variant)
		backends[i].Weight = percent[variant]
	}
	return backends
}

// choose leaves the choice to the service that keeps visitors where they are.
func (t targets) choose(choices ...traefik.Choice) []gatewayapi.Rule {
	service := cohortsName(t.app)
	return []gatewayapi.Rule{{
		Filters:  traefik.Weights(service, choices...),
		Backends: []gatewayapi.Backend{{Traefik: service, Weight: 1}},
	}}
}

// serviceOf is the Service of a variant.
func serviceOf(app, variant string) gatewayapi.Backend {
	return gatewayapi.Backend{Namespace: naming.Namespace(app, variant), Name: app, Port: servicePort}
}

// Names of the objects beside the app's own, in the namespace of variant a. The first two are also those
// of the services inside Traefik.
func copiesName(app string) string  { return naming.Label(app, "copies") }
func cohortsName(app string) string { return naming.Label(app, "cohorts") }
func previewName(app string) string { return naming.Label(app, "preview") }
