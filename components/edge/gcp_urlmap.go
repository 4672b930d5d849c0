package edge

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/ingress"
	"live-omega/components/naming"
)

// Short names for those of the SDK.
type (
	routeRuleArgs    = compute.URLMapPathMatcherRouteRuleArgs
	routeRules       = compute.URLMapPathMatcherRouteRuleArray
	routeMatchArgs   = compute.URLMapPathMatcherRouteRuleMatchRuleArgs
	routeMatches     = compute.URLMapPathMatcherRouteRuleMatchRuleArray
	routeHeaders     = compute.URLMapPathMatcherRouteRuleMatchRuleHeaderMatchArray
	routeHeaderArgs  = compute.URLMapPathMatcherRouteRuleMatchRuleHeaderMatchArgs
	routeActionArgs  = compute.URLMapPathMatcherRouteRuleRouteActionArgs
	routeRetryArgs   = compute.URLMapPathMatcherRouteRuleRouteActionRetryPolicyArgs
	routeMirrorArgs  = compute.URLMapPathMatcherRouteRuleRouteActionRequestMirrorPolicyArgs
	routeWeights     = compute.URLMapPathMatcherRouteRuleRouteActionWeightedBackendServiceArray
	routeWeightArgs  = compute.URLMapPathMatcherRouteRuleRouteActionWeightedBackendServiceArgs
	routeChangeArgs  = compute.URLMapPathMatcherRouteRuleRouteActionWeightedBackendServiceHeaderActionArgs
	routeAddedArgs   = compute.URLMapPathMatcherRouteRuleRouteActionWeightedBackendServiceHeaderActionResponseHeadersToAddArgs
	routeAddedHeader = compute.URLMapPathMatcherRouteRuleRouteActionWeightedBackendServiceHeaderActionResponseHeadersToAddArray
)

// attempts are how often a request is tried again that reached no gateway.
const attempts = 3

// safeToRetry are the failures after which nobody has seen the request, whatever its method is: no
// connection, or a stream that was refused unread. Without a policy the load balancer tries requests
// without a body once more after an answer of 502, 503 or 504, which may be the app's own.
var safeToRetry = []string{"connect-failure", "refused-stream"}

// urlMap divides the requests.
func (b *balancerBuilder) urlMap() error {
	paths := compute.URLMapPathMatcherArray{}
	fallback := b.services[b.present()[0]].ID()
	for _, found := range matchers(b.present(), b.args.Traffic) {
		paths = append(paths, &compute.URLMapPathMatcherArgs{
			Name: pulumi.String(found.name),
			// Every request fits the last rule; a service must be named all the same.
			DefaultService: fallback,
			RouteRules:     b.routeRules(found.rules),
		})
	}
	for _, cluster := range b.clusters {
		paths = append(paths, &compute.URLMapPathMatcherArgs{
			Name: pulumi.String(clusterMatcher(cluster)), DefaultService: b.services[cluster].ID(),
		})
	}
	made, err := compute.NewURLMap(b.ctx, b.name, &compute.URLMapArgs{
		Name:           pulumi.String(balancerName),
		DefaultService: fallback,
		HostRules:      b.hostRules(),
		PathMatchers:   paths,
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating the URL map: %w", err)
	}
	b.routes = made
	return nil
}

// hostRules send the hosts of the apps that differ to their matchers, and all others to the default one. A
// host counts for more than "*", whatever their order.
func (b *balancerBuilder) hostRules() compute.URLMapHostRuleArray {
	apps := slices.Sorted(maps.Keys(b.args.Traffic.Apps))
	given := pulumi.StringArrayMap{}
	for _, app := range apps {
		if more := b.args.Hosts[app]; more != nil {
			given[app] = more
		}
	}
	all := given.ToStringArrayMapOutput().ApplyT(func(more map[string][]string) (map[string][]string, error) {
		return hostsOfApps(apps, b.args.Domain, more)
	}).(pulumi.StringArrayMapOutput)

	rules := compute.URLMapHostRuleArray{&compute.URLMapHostRuleArgs{
		Hosts: pulumi.ToStringArray([]string{"*"}), PathMatcher: pulumi.String(defaultRoute),
	}}
	for _, app := range apps {
		rules = append(rules, &compute.URLMapHostRuleArgs{
			Hosts: all.MapIndex(pulumi.String(app)), PathMatcher: pulumi.String(matcherName(app)),
		})
	}
	for _, cluster := range b.clusters {
		rules = append(rules, &compute.URLMapHostRuleArgs{
			Hosts: pulumi.ToStringArray([]string{clusterHost(cluster)}), PathMatcher: pulumi.String(clusterMatcher(cluster)),
		})
	}
	return rules
}

// clusterMatcher and clusterHost are the name and the host of a matcher that keeps a cluster in the map while
// it gets no requests. Google checks the health only of what a map refers to. Without the matcher a cluster
// would answer 503 when its first requests come, until it was checked, and its gateways could not be
// replaced, because GKE counts their pods as ready when they are healthy for the load balancer. The host is
// below a reserved one; nobody asks for it, and no app answers there.
func clusterMatcher(cluster string) string { return naming.Label("cluster", cluster) }
func clusterHost(cluster string) string    { return cluster + "." + ingress.ReadyHost }

func (b *balancerBuilder) routeRules(rules []rule) routeRules {
	var made routeRules
	for _, one := range rules {
		action := &routeActionArgs{
			WeightedBackendServices: b.weights(one.shares),
			RetryPolicy:             &routeRetryArgs{NumRetries: pulumi.Int(attempts), RetryConditions: pulumi.ToStringArray(safeToRetry)},
		}
		if one.copies != "" {
			action.RequestMirrorPolicy = &routeMirrorArgs{BackendService: b.services[one.copies].ID()}
		}
		made = append(made, &routeRuleArgs{Priority: pulumi.Int(one.priority), MatchRules: matchRules(one.matches), RouteAction: action})
	}
	return made
}

// weights are the clusters with their weights, and the cookies of those who come to them.
func (b *balancerBuilder) weights(shares []weighted) routeWeights {
	var made routeWeights
	for _, share := range shares {
		weight := &routeWeightArgs{BackendService: b.services[share.cluster].ID(), Weight: pulumi.Int(share.weight)}
		if share.cookie != "" {
			// The app's own cookies stay.
			added := &routeAddedArgs{HeaderName: pulumi.String("Set-Cookie"), HeaderValue: pulumi.String(share.cookie), Replace: pulumi.Bool(false)}
			weight.HeaderAction = &routeChangeArgs{ResponseHeadersToAdds: routeAddedHeader{added}}
		}
		made = append(made, weight)
	}
	return made
}

// matchRules are fitted by requests that fit any of the matches, or by every request.
func matchRules(matches []headerMatch) routeMatches {
	everyPath := pulumi.String("/")
	if len(matches) == 0 {
		return routeMatches{&routeMatchArgs{PrefixMatch: everyPath}}
	}
	var made routeMatches
	for _, match := range matches {
		header := &routeHeaderArgs{HeaderName: pulumi.String(match.header)}
		switch {
		case match.exact != "":
			header.ExactMatch = pulumi.String(match.exact)
		case match.prefix != "":
			header.PrefixMatch = pulumi.String(match.prefix)
		default:
			header.SuffixMatch = pulumi.String(match.suffix)
		}
		made = append(made, &routeMatchArgs{PrefixMatch: everyPath, HeaderMatches: routeHeaders{header}})
	}
	return made
}
