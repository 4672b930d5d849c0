package abapp

import (
	"fmt"

	"live-omega/components/gatewayapi"
	"live-omega/components/traefik"
)

// The strategies that divide requests by numbers.

// canary sends weight percent of the requests to variant b: of the requests each for itself, or, when
// sticky, of the visitors.
var canary = renderer{
	fields: []string{"weight", "sticky"},
	needsB: true,
	check: func(release Release) []Problem {
		switch weight := release.Weight; {
		case weight == nil:
			return []Problem{{"release.weight", "missing", "write the percentage of requests for variant b, 0 to 100"}}
		case *weight < 0 || *weight > 100:
			return []Problem{{"release.weight", fmt.Sprintf("found %d", *weight), "write a percentage from 0 to 100"}}
		}
		return nil
	},
	audience: func(release Release) audience { return audience{percent: weighted(release)} },
	rules: func(to targets, release Release) []gatewayapi.Rule {
		if !isSet(release.Sticky) {
			return []gatewayapi.Rule{{Backends: to.divide(weighted(release))}}
		}
		// Variant b is the choice that grows: whoever is on it stays there while the weight does.
		return to.choose(
			traefik.Choice{Name: VariantB, Percent: *release.Weight},
			traefik.Choice{Name: VariantA, Percent: 100 - *release.Weight})
	},
}

func weighted(release Release) map[string]int {
	return map[string]int{VariantA: 100 - *release.Weight, VariantB: *release.Weight}
}

// shadow answers everyone from variant a and sends copies of percent of the requests to b, whose answers
// are dropped.
var shadow = renderer{
	fields: []string{"percent"},
	needsB: true,
	check: func(release Release) []Problem {
		switch percent := release.Percent; {
		case percent == nil:
			return []Problem{{"release.percent", "missing", "write the percentage of requests that are copied to variant b, 1 to 100"}}
		case *percent < 1 || *percent > 100:
			return []Problem{{"release.percent", fmt.Sprintf("found %d", *percent), "write a percentage from 1 to 100, or write strategy: ramped to copy nothing"}}
		}
		return nil
	},
	audience: func(release Release) audience {
		return audience{percent: all(VariantA), besides: fmt.Sprintf("copies of %d %% of requests", *release.Percent)}
	},
	// Which requests are copied is not left to weights: a service that copies changes some requests even for
	// those who only get the answer, and the middleware knows which (see its package).
	rules: func(to targets, release Release) []gatewayapi.Rule {
		return to.choose(traefik.Choice{Name: VariantA, Percent: 100, Copied: copied, CopyPercent: *release.Percent})
	},
}

// copied is the name of the choice of variant a with copies being made to b.
const copied = "copied"
