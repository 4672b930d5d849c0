package abapp

import (
	"maps"
	"slices"

	"live-omega/components/gatewayapi"
)

// renderers hold, for each strategy, what it means. They are all there is to a strategy: everything else
// asks this table.
var renderers = map[Strategy]renderer{
	Recreate:  recreate,
	Ramped:    ramped,
	BlueGreen: blueGreen,
	Canary:    canary,
	ABTest:    abTest,
	Shadow:    shadow,
	Dark:      dark,
}

// renderer is what one strategy means.
type renderer struct {
	// fields of Release that mean something under the strategy, as config calls them; besides
	// "strategy" and "pin", which every strategy has.
	fields []string
	// needsB is whether the strategy is about two variants. Without it variant b may be deployed, and
	// gets nothing.
	needsB bool
	// check finds what is wrong with the fields; nil where nothing can be.
	check func(release Release) []Problem
	// audience says who gets requests, by a valid release.
	audience func(release Release) audience
	// rules are those of the main route, by a valid release; nil divides the requests by the audience's
	// percentages.
	rules func(to targets, release Release) []gatewayapi.Rule
}

// Strategies are the names of the strategies, sorted.
func Strategies() []string {
	names := make([]string, 0, len(renderers))
	for strategy := range renderers {
		names = append(names, string(strategy))
	}
	slices.Sort(names)
	return names
}

// strategiesWith are the strategies for which a field of Release means something, sorted.
func strategiesWith(field string) []Strategy {
	var found []Strategy
	for _, strategy := range slices.Sorted(maps.Keys(renderers)) {
		if slices.Contains(renderers[strategy].fields, field) {
			found = append(found, strategy)
		}
	}
	return found
}
