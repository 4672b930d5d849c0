package abapp

import "fmt"

// The strategies under which all users see the same variant.

// recreate ends the old pods of variant a before it starts new ones, for apps that bear no two versions
// at a time. A rollout has a gap in which nobody answers.
var recreate = renderer{audience: allToA}

// ramped replaces the pods of variant a one after the other.
var ramped = renderer{audience: allToA}

func allToA(Release) audience { return audience{percent: all(VariantA)} }

// blueGreen sends everyone to the active variant. The other one stays as it is, warm, until it is
// changed; so the way back is one edit too.
var blueGreen = renderer{
	fields: []string{"active", "preview"},
	needsB: true,
	check: func(release Release) []Problem {
		switch release.Active {
		case VariantA, VariantB:
			return nil
		case "":
			return []Problem{{"release.active", "missing", "write the variant that all requests go to, a or b"}}
		}
		return []Problem{{"release.active", fmt.Sprintf("found %q", release.Active), "write a or b"}}
	},
	audience: func(release Release) audience {
		to := audience{percent: all(release.Active)}
		if isSet(release.Preview) {
			to.preview = other(release.Active)
		}
		return to
	},
}

// dark runs variant b where no user sees it: only on the preview host, and for requests that ask for it.
var dark = renderer{
	fields: []string{"preview"},
	needsB: true,
	check: func(release Release) []Problem {
		if isSet(release.Preview) || release.Pin {
			return nil
		}
		return []Problem{{
			"release", "strategy dark with neither preview nor pin shows variant b to nobody",
			"write preview: true or pin: true, or write strategy: ramped",
		}}
	},
	audience: func(release Release) audience {
		to := audience{percent: all(VariantA)}
		if isSet(release.Preview) {
			to.preview = VariantB
		}
		return to
	},
}
