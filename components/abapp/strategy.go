package abapp

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// VariantA and VariantB are the names of an app's variants. An app may have only A.
const (
	VariantA = "a"
	VariantB = "b"
)

// Strategy says how a new version reaches the users of an app. Whatever the strategy, the variants are
// deployed first and a route decides who sees them.
type Strategy string

// The strategies of the cloud.
const (
	Recreate  Strategy = "recreate"
	Ramped    Strategy = "ramped"
	BlueGreen Strategy = "blueGreen"
	Canary    Strategy = "canary"
	ABTest    Strategy = "abTest"
	Shadow    Strategy = "shadow"
	Dark      Strategy = "dark"
)

// renderers hold what decides the shares under each strategy that can be used. A strategy without
// one is known by name, and rejected as not supported yet.
var renderers = map[Strategy]renderer{
	Ramped: {shares: allToA, validate: validateRamped},
	Canary: {shares: weighted, validate: validateCanary},
}

// known are all strategies by name, supported or not.
var known = []Strategy{Recreate, Ramped, BlueGreen, Canary, ABTest, Shadow, Dark}

// renderer is how one strategy turns a release into shares of the requests.
type renderer struct {
	// shares are the percentages of requests per deployed variant, in the order of the variants.
	shares func(variants []string, release Release) []Share
	// validate finds what is wrong with a release for this strategy.
	validate func(variants map[string]Variant, release Release) []Problem
}

// Release says who is routed to which variant.
type Release struct {
	Strategy Strategy
	// Weight is the percentage of requests that go to variant b, 0 to 100. Only under Canary, and
	// required there.
	Weight *int
}

// Share is the percentage of an app's requests that a variant gets.
type Share struct {
	Variant string
	Percent int
}

// Problem is one thing wrong with an app's release.
type Problem struct {
	// Path is the place below the app, such as "release.weight".
	Path string
	// Found is what is wrong there, Remedy what to write instead.
	Found, Remedy string
}

// Supported are the names of the strategies that can be used, sorted.
func Supported() []string {
	names := make([]string, 0, len(renderers))
	for strategy := range renderers {
		names = append(names, string(strategy))
	}
	slices.Sort(names)
	return names
}

// Validate finds everything that is wrong with the variants and the release of an app together.
func Validate(variants map[string]Variant, release Release) []Problem {
	how, ok := renderers[release.Strategy]
	if !ok {
		return []Problem{unsupported(release.Strategy)}
	}
	problems := how.validate(variants, release)
	if len(problems) > 0 {
		return problems
	}
	return validateCapacity(variants, how.shares(sortedNames(variants), release))
}

// Shares are the percentages of requests per variant that the release asks for, sorted by variant.
// The release must be valid.
func Shares(variants map[string]Variant, release Release) []Share {
	return renderers[release.Strategy].shares(sortedNames(variants), release)
}

func allToA(variants []string, _ Release) []Share {
	shares := make([]Share, len(variants))
	for i, variant := range variants {
		shares[i] = Share{Variant: variant}
		if variant == VariantA {
			shares[i].Percent = 100
		}
	}
	return shares
}

func weighted(_ []string, release Release) []Share {
	return []Share{{VariantA, 100 - *release.Weight}, {VariantB, *release.Weight}}
}

func validateRamped(_ map[string]Variant, release Release) []Problem {
	if release.Weight != nil {
		return []Problem{{
			Path:   "release.weight",
			Found:  fmt.Sprintf("weight %d has no meaning under strategy ramped, which sends all requests to variant a", *release.Weight),
			Remedy: "remove it, or write strategy: canary",
		}}
	}
	return nil
}

func validateCanary(variants map[string]Variant, release Release) []Problem {
	var problems []Problem
	if _, ok := variants[VariantB]; !ok {
		problems = append(problems, Problem{
			Path:   "variants",
			Found:  "strategy canary needs variants a and b, found only " + strings.Join(sortedNames(variants), ", "),
			Remedy: "add variant b, or write strategy: ramped",
		})
	}
	switch {
	case release.Weight == nil:
		problems = append(problems, Problem{
			Path: "release.weight", Found: "missing", Remedy: "write the percentage of requests for variant b, 0 to 100",
		})
	case *release.Weight < 0 || *release.Weight > 100:
		problems = append(problems, Problem{
			Path: "release.weight", Found: fmt.Sprintf("found %d", *release.Weight), Remedy: "write a percentage from 0 to 100",
		})
	}
	return problems
}

// validateCapacity finds variants that would get requests and have no pods, while the app runs
// elsewhere. An app whose variants all have no pods is switched off on purpose.
func validateCapacity(variants map[string]Variant, shares []Share) []Problem {
	running := 0
	for _, variant := range variants {
		running += variant.Replicas
	}
	if running == 0 {
		return nil
	}
	var problems []Problem
	for _, share := range shares {
		if share.Percent > 0 && variants[share.Variant].Replicas == 0 {
			problems = append(problems, Problem{
				Path:   "variants." + share.Variant + ".replicas",
				Found:  fmt.Sprintf("found 0, but the release sends %d %% of requests to variant %s", share.Percent, share.Variant),
				Remedy: "write 1 or more, or release the other variant first",
			})
		}
	}
	return problems
}

func unsupported(strategy Strategy) Problem {
	found := fmt.Sprintf("found %q", string(strategy))
	if slices.Contains(known, strategy) {
		found += ", which is not supported yet"
	}
	if strategy == "" {
		found = "missing"
	}
	return Problem{Path: "release.strategy", Found: found, Remedy: "write one of " + strings.Join(Supported(), ", ")}
}

func sortedNames(variants map[string]Variant) []string { return slices.Sorted(maps.Keys(variants)) }
