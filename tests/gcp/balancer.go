package gcp

import (
	"strings"
)

// checkHealthCheck: compute/docs/reference/rest/v1/healthChecks.
func checkHealthCheck(inputs object) []failure {
	var failures []failure
	count := 0
	for _, key := range []string{"httpHealthCheck", "tcpHealthCheck"} {
		if inputs[key] != nil {
			count++
		}
	}
	checkThat(&failures, count == 1, "httpHealthCheck", "a health check has exactly one protocol")
	seconds := func(key string) float64 {
		if inputs[key] == nil {
			return 5
		}
		return numberAt(inputs, key)
	}
	checkThat(&failures, seconds("timeoutSec") <= seconds("checkIntervalSec"), "timeoutSec", "is longer than the interval")
	return failures
}

// checkBackendService: groups of endpoints are balanced by rate, with a limit
// (cloud.google.com/load-balancing/docs/backend-service#balancing-mode-lb).
func checkBackendService(inputs object) []failure {
	var failures []failure
	for _, backend := range objectsAt(inputs, "backends") {
		group := textAt(backend, "group")
		checkThat(&failures, textAt(backend, "balancingMode") == "RATE", "backends", "%s is a group of endpoints, so its balancingMode is RATE", group)
		checkThat(&failures, backend["maxRate"] != nil || backend["maxRatePerEndpoint"] != nil, "backends", "%s has neither maxRate nor maxRatePerEndpoint", group)
	}
	checkThat(&failures, inputs["healthChecks"] != nil, "healthChecks", "is missing: a group of endpoints without it is never healthy")
	return failures
}

const lowestPriority = 2147483647

// checkSecurityPolicy: rules have a priority each, and the last one matches everything
// (google_compute_security_policy, "rule").
func checkSecurityPolicy(inputs object) []failure {
	var failures []failure
	seen := map[float64]bool{}
	for _, rule := range objectsAt(inputs, "rules") {
		priority := numberAt(rule, "priority")
		checkThat(&failures, !seen[priority], "rules", "two have the priority %v", priority)
		seen[priority] = true
		action := textAt(rule, "action")
		limits := action == "throttle" || action == "rate_based_ban"
		checkThat(&failures, limits == (rule["rateLimitOptions"] != nil), "rules", "action %s and rateLimitOptions do not go together", action)
	}
	checkThat(&failures, len(seen) == 0 || seen[lowestPriority], "rules", "lack the default one with the priority %d", lowestPriority)
	return failures
}

// checkURLMap: compute/docs/reference/rest/v1/urlMaps.
func checkURLMap(inputs object) []failure {
	var failures []failure
	checkDefault(&failures, "", inputs)
	matchers := map[string]bool{}
	for _, matcher := range objectsAt(inputs, "pathMatchers") {
		name := textAt(matcher, "name")
		checkThat(&failures, !matchers[name], "pathMatchers", "two are called %s", name)
		matchers[name] = true
		checkDefault(&failures, name+": ", matcher)
		checkRouteRules(&failures, name, matcher)
	}
	hosts := map[string]bool{}
	for _, rule := range objectsAt(inputs, "hostRules") {
		matcher := textAt(rule, "pathMatcher")
		checkThat(&failures, matchers[matcher], "hostRules", "there is no path matcher %q", matcher)
		for _, host := range listAt(rule, "hosts") {
			text, _ := host.(string)
			checkThat(&failures, !hosts[text] || text == "", "hostRules", "two have the host %q", text)
			hosts[text] = true
		}
	}
	return failures
}

// checkDefault: a map and a path matcher send what no rule matches to one place, and to one only.
func checkDefault(failures *[]failure, where string, part object) {
	count := 0
	for _, key := range []string{"defaultService", "defaultUrlRedirect"} {
		if part[key] != nil {
			count++
		}
	}
	weighted := at(part, "defaultRouteAction", "weightedBackendServices") != nil
	checkThat(failures, count == 1 && !weighted || count == 0 && weighted, "defaultService",
		"%swant one of defaultService, defaultUrlRedirect and defaultRouteAction.weightedBackendServices", where)
}

func checkRouteRules(failures *[]failure, matcher string, part object) {
	priorities := map[float64]bool{}
	for _, rule := range objectsAt(part, "routeRules") {
		priority := numberAt(rule, "priority")
		checkThat(failures, !priorities[priority] && priority >= 0 && priority <= lowestPriority, "pathMatchers", "%s: priority %v is taken or out of range", matcher, priority)
		priorities[priority] = true
		checkThat(failures, len(listAt(rule, "matchRules")) > 0, "pathMatchers", "%s: rule %v has no matchRules", matcher, priority)
		weighted := listAt(rule, "routeAction", "weightedBackendServices")
		targets := 0
		for _, present := range []bool{rule["service"] != nil, rule["urlRedirect"] != nil, len(weighted) > 0} {
			if present {
				targets++
			}
		}
		checkThat(failures, targets == 1, "pathMatchers", "%s: rule %v has %d of service, urlRedirect and weightedBackendServices, want one", matcher, priority, targets)
		for _, service := range objectsAt(rule, "routeAction", "weightedBackendServices") {
			weight := numberAt(service, "weight")
			checkThat(failures, weight >= 0 && weight <= 1000, "pathMatchers", "%s: rule %v has the weight %v, want 0 to 1000", matcher, priority, weight)
			checkThat(failures, weight != 0, "pathMatchers", "%s: rule %v has the weight 0, which the provider does not send: leave the service out", matcher, priority)
		}
		for _, match := range objectsAt(rule, "matchRules") {
			checkMatch(failures, matcher, match)
		}
	}
}

func checkMatch(failures *[]failure, matcher string, match object) {
	paths := 0
	for _, key := range []string{"fullPathMatch", "prefixMatch", "regexMatch"} {
		if match[key] != nil {
			paths++
		}
	}
	checkThat(failures, paths == 1, "pathMatchers", "%s: a match rule has %d of fullPathMatch, prefixMatch and regexMatch, want one", matcher, paths)
	prefix, known := match["prefixMatch"].(string)
	checkThat(failures, !known || strings.HasPrefix(prefix, "/"), "pathMatchers", "%s: prefixMatch %q does not begin with /", matcher, prefix)
	for _, header := range objectsAt(match, "headerMatches") {
		ways := 0
		for _, key := range []string{"exactMatch", "prefixMatch", "suffixMatch", "regexMatch", "presentMatch", "rangeMatch"} {
			if !isEmpty(header[key]) {
				ways++
			}
		}
		checkThat(failures, ways == 1, "pathMatchers", "%s: header %s is matched in %d ways, want one", matcher, textAt(header, "headerName"), ways)
	}
}
