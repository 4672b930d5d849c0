package edge

import (
	"fmt"
	"maps"
	"slices"

	"live-omega/components/naming"
)

// matcher is what the URL map says about some hosts. It has the words of Google's API.
type matcher struct {
	name  string
	rules []rule
}

// rule sends requests that fit any of its matches to the clusters by their weights. Of several rules that
// fit, the one with the lowest priority counts.
type rule struct {
	priority int
	// matches are none for every request.
	matches []headerMatch
	shares  []weighted
	// copies is the cluster that gets a copy of each request; "" for none.
	copies string
}

// headerMatch is fitted by a header that is, begins with, or ends with a text; one of them is set. Regular
// expressions would say more with less, but are not for global external load balancers
// (https://cloud.google.com/load-balancing/docs/quotas#url_maps, and HttpHeaderMatch.regexMatch in the
// reference of the API).
type headerMatch struct{ header, exact, prefix, suffix string }

// weighted is a cluster with its weight, 1 to 1000. Cookie is what a visitor gets who comes to it.
type weighted struct {
	cluster string
	weight  int
	cookie  string
}

const (
	// weightPerPercent makes percentages of a thousand out of those of a hundred.
	weightPerPercent = 10

	// Priorities have gaps, so that switching one thing on or off leaves the other rules as they are.
	pinPriority    = 100
	stickyPriority = 200
	lastOfMatcher  = 1000

	// cohortSeconds is how long a visitor stays where he was drawn, a day. The cookie names a cluster and not a
	// number, so it also bounds how long it takes until the visitors are divided by new weights.
	cohortSeconds = 86_400

	cookieHeader = "Cookie"
)

// matchers are those of the URL map: the default one, and one for each app that differs. A pure function;
// clusters are sorted names. Names, priorities and the order of everything depend on the names of apps and
// clusters alone, so an edit of an app's traffic changes its own matcher.
func matchers(clusters []string, traffic Traffic) []matcher {
	all := []matcher{{name: defaultRoute, rules: traffic.Default.rulesOnGCP(clusters)}}
	for _, app := range slices.Sorted(maps.Keys(traffic.Apps)) {
		all = append(all, matcher{name: matcherName(app), rules: traffic.Apps[app].rulesOnGCP(clusters)})
	}
	return all
}

// matcherName is the name of the matcher of an app that differs.
func matcherName(app string) string { return naming.Label(routeName(app)) }

// rulesOnGCP are first those for requests that chose their cluster, then those for visitors who have been
// drawn, and then one for the rest.
//
// A cluster at weight 0 has neither entry nor visitors. The provider does not send a weight of 0, as it sends
// no number that is 0 unless told to for a field (magic-modules, mmv1/products/compute/UrlMap.yaml has no
// send_empty_value there), and what the API makes of an entry without a weight is not said.
func (s Split) rulesOnGCP(clusters []string) []rule {
	var rules []rule
	if s.Pin {
		for i, cluster := range clusters {
			rules = append(rules, rule{
				priority: pinPriority + i,
				matches:  []headerMatch{{header: PinHeader, exact: cluster}},
				shares:   everything(cluster),
			})
		}
	}
	last := rule{priority: lastOfMatcher, copies: s.copiesOf(clusters)}
	for i, cluster := range clusters {
		share := weighted{cluster: cluster, weight: s.Weights[cluster] * weightPerPercent}
		if share.weight == 0 {
			continue
		}
		if s.Sticky {
			share.cookie = cohortCookie(cluster)
			rules = append(rules, rule{
				priority: stickyPriority + i, matches: drawn(cluster), shares: everything(cluster), copies: s.copiesOf([]string{cluster}),
			})
		}
		last.shares = append(last.shares, share)
	}
	return append(rules, last)
}

// everything is the share of a cluster that gets all.
func everything(cluster string) []weighted {
	return []weighted{{cluster: cluster, weight: 100 * weightPerPercent}}
}

// copiesOf is the cluster that gets copies of requests that are sent to any of the clusters.
func (s Split) copiesOf(clusters []string) string {
	if slices.ContainsFunc(clusters, s.copiedFrom) {
		return s.Mirror.To
	}
	return ""
}

// cohortCookie is the header that keeps a visitor on a cluster.
func cohortCookie(cluster string) string {
	return fmt.Sprintf("%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Lax", cohort(cluster), cohortSeconds)
}

func cohort(cluster string) string { return CohortCookie + "=" + cluster }

// drawn are the matches of a visitor who was drawn for the cluster: the cookie is the only one that the
// browser has for the host, the first, or the last. In the midst of others it cannot be found.
func drawn(cluster string) []headerMatch {
	return []headerMatch{
		{header: cookieHeader, exact: cohort(cluster)},
		{header: cookieHeader, prefix: cohort(cluster) + ";"},
		{header: cookieHeader, suffix: "; " + cohort(cluster)},
	}
}

// hostsOfApps are the names of the apps that differ: those that every app has, and more. A name belongs to
// one app, or requests could not be divided by it.
func hostsOfApps(apps []string, domain string, more map[string][]string) (map[string][]string, error) {
	all, owner := map[string][]string{}, map[string]string{}
	for _, app := range apps {
		names := slices.Compact(slices.Sorted(slices.Values(append(hosts(app, domain), more[app]...))))
		for _, name := range names {
			if other, taken := owner[name]; taken {
				return nil, fmt.Errorf("host %s is app %s's on one cluster and app %s's on the other; give it to the same app on both", name, other, app)
			}
			owner[name] = app
		}
		if len(names) > maxHosts {
			return nil, fmt.Errorf("app %s has %d hosts, and Google Cloud takes %d; remove hosts of its community", app, len(names), maxHosts)
		}
		all[app] = names
	}
	return all, nil
}
