package abapp

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"live-omega/components/gatewayapi"
)

// testKept is how long a visitor who was once shown b keeps seeing it.
const testKept = 30 * 24 * time.Hour

// abTest sends those who fit a match to variant b, and the rest to a. When it is sticky, whoever fitted
// once goes on seeing b, also with requests that fit nothing.
var abTest = renderer{
	fields: []string{"match", "sticky"},
	needsB: true,
	check:  checkMatches,
	audience: func(Release) audience {
		return audience{percent: all(VariantA), besides: "the requests that match"}
	},
	rules: func(to targets, release Release) []gatewayapi.Rule {
		matching := gatewayapi.Rule{Backends: to.divide(all(VariantB))}
		for _, match := range release.Match {
			matching.Matches = append(matching.Matches, match.render())
		}
		rest := gatewayapi.Rule{Backends: to.divide(all(VariantA))}
		if !isSet(release.Sticky) {
			return []gatewayapi.Rule{matching, rest}
		}
		cookie := to.app + "-test"
		matching.Filters = []gatewayapi.Filter{{AddResponseHeader: &gatewayapi.Header{
			Name: "Set-Cookie",
			Value: fmt.Sprintf("%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax",
				cookie, VariantB, int(testKept.Seconds())),
		}}}
		returning := gatewayapi.Rule{
			Matches:  []gatewayapi.Match{{Headers: []gatewayapi.HeaderMatch{cookieMatch(cookie, VariantB)}}},
			Backends: to.divide(all(VariantB)),
		}
		return []gatewayapi.Rule{matching, returning, rest}
	},
}

// render is the match for the Gateway API, its parts sorted by name.
func (m Match) render() gatewayapi.Match {
	var rendered gatewayapi.Match
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		rendered.Headers = append(rendered.Headers, gatewayapi.HeaderMatch{Name: name, Value: m.Headers[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(m.Cookies)) {
		rendered.Headers = append(rendered.Headers, cookieMatch(name, m.Cookies[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Query)) {
		rendered.Query = append(rendered.Query, gatewayapi.QueryMatch{Name: name, Value: m.Query[name]})
	}
	return rendered
}

// cookieMatch finds a cookie among those of the header Cookie (RFC 6265, 4.2.1). The Gateway API has
// no match for cookies.
func cookieMatch(name, value string) gatewayapi.HeaderMatch {
	return gatewayapi.HeaderMatch{
		Name:   "Cookie",
		Value:  `(^|;\s*)` + regexp.QuoteMeta(name) + "=" + regexp.QuoteMeta(value) + `(;|$)`,
		Regexp: true,
	}
}
