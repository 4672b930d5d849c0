package abapp

import (
	"maps"
	"slices"
)

// VariantA and VariantB are the names of an app's variants. An app may have only A.
const (
	VariantA = "a"
	VariantB = "b"
)

// Strategy says how a new version reaches the users of an app. Whatever the strategy, the variants are
// deployed first and a route decides who sees them.
type Strategy string

// The strategies of the cloud. What each of them does is said at its entry among the renderers.
const (
	Recreate  Strategy = "recreate"
	Ramped    Strategy = "ramped"
	BlueGreen Strategy = "blueGreen"
	Canary    Strategy = "canary"
	ABTest    Strategy = "abTest"
	Shadow    Strategy = "shadow"
	Dark      Strategy = "dark"
)

// Release says who is routed to which variant. A field that the strategy does not have is left at its
// zero value; anything else is refused.
type Release struct {
	Strategy Strategy
	// Active is the variant that gets all requests, VariantA or VariantB. BlueGreen.
	Active string
	// Weight is the percentage of requests that go to variant b, 0 to 100. Canary.
	Weight *int
	// Match are rules, 1 to 8; whoever fits any of them sees b. ABTest.
	Match []Match
	// Percent of the requests, 1 to 100, is copied to b. Shadow.
	Percent *int
	// Sticky keeps a visitor on one variant by a cookie; nil is false. Canary and ABTest.
	Sticky *bool
	// Preview gives the variant that users do not see a host of its own; nil is false. BlueGreen and Dark.
	Preview *bool
	// Pin lets any request choose its variant with the header X-Variant. Every strategy; needs b.
	Pin bool
}

// Match is fitted by requests that have all of it.
type Match struct {
	// Headers, Cookies and Query parameters with their values, by name; at most one cookie.
	Headers, Cookies, Query map[string]string
}

// Share is the percentage of an app's requests that a variant answers.
type Share struct {
	Variant string
	Percent int
}

// Shares are the percentages of requests per variant that the release asks for, sorted by variant:
// of all requests that choose nothing by a match or a pin. Copies are not counted; nobody sees their
// answers. The release must be valid.
func Shares(variants map[string]Variant, release Release) []Share {
	percent := audienceOf(release).percent
	shares := make([]Share, 0, len(variants))
	for _, variant := range sortedNames(variants) {
		shares = append(shares, Share{Variant: variant, Percent: percent[variant]})
	}
	return shares
}

// Previewed is the variant on the app's preview host, "" where it has none. The release must be valid.
func Previewed(release Release) string { return audienceOf(release).preview }

// audience says which requests reach the variants of an app.
type audience struct {
	// percent of the requests on the app's hosts, by variant; 100 together.
	percent map[string]int
	// besides is what variant b gets besides its percentage, in words; "" for nothing.
	besides string
	// preview is the variant on the preview host, "" for none.
	preview string
}

// audienceOf is the audience by a valid release. Requests that are pinned count in no number: a pin is their
// own choice.
func audienceOf(release Release) audience { return renderers[release.Strategy].audience(release) }

// reaches is whether any request may be sent to the variant.
func reaches(release Release, variant string) bool {
	to := audienceOf(release)
	return release.Pin || to.percent[variant] > 0 || to.preview == variant || (variant == VariantB && to.besides != "")
}

// all sends every request to one variant.
func all(variant string) map[string]int { return map[string]int{variant: 100} }

// other is the variant that the given one is not.
func other(variant string) string {
	if variant == VariantA {
		return VariantB
	}
	return VariantA
}

// isSet is the value of a switch that may have been left out.
func isSet(value *bool) bool { return value != nil && *value }

func sortedNames(variants map[string]Variant) []string { return slices.Sorted(maps.Keys(variants)) }
