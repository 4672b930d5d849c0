package edge

import (
	"fmt"
	"maps"
	"slices"
)

// Limits of a URL map (https://cloud.google.com/load-balancing/docs/quotas#url_maps), none of which can be
// raised.
const (
	maxHosts    = 1000 // of a host rule
	maxMatchers = 1000 // and host rules
)

// Problem is something that a platform cannot do although another can.
type Problem struct {
	// Path is the place below the traffic, such as "apps.wiki.mirror.percent".
	Path string
	// Found is what is wrong there, Remedy what to write instead.
	Found, Remedy string
}

// UnsupportedOnGCP finds what a load balancer of Google Cloud cannot do. It knows the sum of all of it, not
// whether the weights make sense.
func (t Traffic) UnsupportedOnGCP() []Problem {
	problems := t.Default.UnsupportedOnGCP("default")
	for _, app := range slices.Sorted(maps.Keys(t.Apps)) {
		problems = append(problems, t.Apps[app].UnsupportedOnGCP("apps."+app)...)
	}
	// The default and the clusters have matchers too.
	if most := maxMatchers - 1 - len(t.Default.Weights); len(t.Apps) > most {
		problems = append(problems, Problem{"apps", fmt.Sprintf("found %d apps that differ from the default", len(t.Apps)),
			fmt.Sprintf("write at most %d; the limit of a URL map is %d", most, maxMatchers)})
	}
	return problems
}

// UnsupportedOnGCP finds what a load balancer of Google Cloud cannot do of a split at a path.
//
// It copies all requests of a rule or none (URLMapPathMatcherRouteRuleRouteActionRequestMirrorPolicy has no
// percentage), those too that it sends to the cluster that gets the copies.
func (s Split) UnsupportedOnGCP(path string) []Problem {
	if s.Mirror == nil {
		return nil
	}
	var problems []Problem
	if s.Mirror.Percent != 100 {
		problems = append(problems, Problem{path + ".mirror.percent", fmt.Sprintf("found %d", s.Mirror.Percent),
			"write 100: on platform gke all requests are copied or none"})
	}
	if percent := s.Weights[s.Mirror.To]; percent != 0 {
		problems = append(problems, Problem{path + ".mirror.to", fmt.Sprintf("found %s, which is sent %d %% of the requests itself", s.Mirror.To, percent),
			fmt.Sprintf("write %s: 0, or remove mirror: on platform gke its own requests would be copied to it too", s.Mirror.To)})
	}
	return problems
}
