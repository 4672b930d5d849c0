package abapp

import (
	"fmt"
	"slices"
	"strings"

	"live-omega/apps"
)

// Problem is one thing wrong with an app's variants or its release.
type Problem struct {
	// Path is the place below the app, such as "release.weight".
	Path string
	// Found is what is wrong there, Remedy what to write instead.
	Found, Remedy string
}

// Validate finds everything that is wrong with the variants and the release of an app together.
func Validate(app apps.App, variants map[string]Variant, release Release) []Problem {
	var problems []Problem
	for _, name := range sortedNames(variants) {
		for _, problem := range validateVariant(app, variants[name]) {
			problem.Path = "variants." + name + "." + problem.Path
			problems = append(problems, problem)
		}
	}
	how, ok := renderers[release.Strategy]
	if !ok {
		return append(problems, unknownStrategy(release.Strategy))
	}
	problems = append(problems, validateFields(how, release)...)
	problems = append(problems, validatePair(how, variants, release)...)
	if how.check != nil {
		problems = append(problems, how.check(release)...)
	}
	if len(problems) > 0 {
		return problems
	}
	return validateCapacity(variants, how.audience(release))
}

func unknownStrategy(strategy Strategy) Problem {
	found := fmt.Sprintf("found %q", string(strategy))
	if strategy == "" {
		found = "missing"
	}
	return Problem{"release.strategy", found, "write one of " + strings.Join(Strategies(), ", ")}
}

// validateFields finds fields of the release that the strategy does not have.
func validateFields(how renderer, release Release) []Problem {
	written := []struct {
		field string
		is    bool
	}{
		{"active", release.Active != ""},
		{"weight", release.Weight != nil},
		{"match", len(release.Match) > 0},
		{"percent", release.Percent != nil},
		{"sticky", release.Sticky != nil},
		{"preview", release.Preview != nil},
	}
	var problems []Problem
	for _, w := range written {
		if !w.is || slices.Contains(how.fields, w.field) {
			continue
		}
		var with []string
		for _, strategy := range strategiesWith(w.field) {
			with = append(with, string(strategy))
		}
		problems = append(problems, Problem{
			"release." + w.field, "has no meaning under strategy " + string(release.Strategy),
			"remove it, or write strategy: " + strings.Join(with, " or "),
		})
	}
	return problems
}

// validatePair finds releases that are about variant b, of an app that has none.
func validatePair(how renderer, variants map[string]Variant, release Release) []Problem {
	if _, ok := variants[VariantB]; ok {
		return nil
	}
	var problems []Problem
	found := "needs variants a and b, found only " + strings.Join(sortedNames(variants), ", ")
	if how.needsB {
		problems = append(problems, Problem{"variants", fmt.Sprintf("strategy %s %s", release.Strategy, found), "add variant b, or write strategy: ramped"})
	}
	if release.Pin {
		problems = append(problems, Problem{"release.pin", found, "add variant b, or remove it"})
	}
	return problems
}

// validateCapacity finds variants that would get requests and have no pods, while the app runs
// elsewhere. An app whose variants all have no pods is switched off on purpose; and a variant that is only
// previewed or pinned may be switched off alone.
func validateCapacity(variants map[string]Variant, to audience) []Problem {
	running := 0
	for _, variant := range variants {
		running += variant.Pods()
	}
	if running == 0 {
		return nil
	}
	var problems []Problem
	for _, name := range sortedNames(variants) {
		gets := to.besides
		if percent := to.percent[name]; percent > 0 {
			gets = fmt.Sprintf("%d %% of requests", percent)
		} else if name != VariantB {
			gets = ""
		}
		if gets != "" && variants[name].Pods() == 0 {
			problems = append(problems, Problem{
				"variants." + name + ".replicas", fmt.Sprintf("found 0, but the release sends %s to variant %s", gets, name),
				"write 1 or more, or release the other variant first",
			})
		}
	}
	return problems
}
