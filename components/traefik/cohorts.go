package traefik

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
	"live-omega/components/traefik/plugin"
)

// CohortHeader carries, from a route's filter to the middleware, which choice gets which percentage.
const CohortHeader = plugin.Header

// Choice is one of the places to which a visitor can be sent.
type Choice struct {
	Name string
	// Percent of the visitors, 0 to 100. Those of all choices sum to 100.
	Percent int
	// Copied is the name of the same place with copies being made, for CopyPercent of the requests of
	// its visitors. Empty where nothing is copied.
	Copied      string
	CopyPercent int
}

// Weights are the filters that make a rule keep visitors where they are: the percentages, and the
// middleware called name that draws by them. The first choice is the one that grows: whoever is on it
// stays there as its percentage grows. The rule's backend is the TraefikService of the same name.
func Weights(name string, choices ...Choice) []gatewayapi.Filter {
	parts := make([]string, len(choices))
	for i, choice := range choices {
		parts[i] = fmt.Sprintf("%s=%d", choice.Name, choice.Percent)
		if choice.Copied != "" {
			parts[i] += fmt.Sprintf(":%s=%d", choice.Copied, choice.CopyPercent)
		}
	}
	return []gatewayapi.Filter{
		{SetRequestHeader: &gatewayapi.Header{Name: CohortHeader, Value: strings.Join(parts, ",")}},
		{Middleware: name},
	}
}

// Cohorts describe a choice that visitors keep.
type Cohorts struct {
	// Cookie is the name of the visitor's cookie: letters, digits and "-".
	Cookie string
	// Backends by the name of the choice. Their weights mean nothing.
	Backends map[string]gatewayapi.Backend
}

// NewCohorts creates what a rule with the filters of Weights(object.Name, ...) refers to: the Middleware
// that draws, and the TraefikService, both called object.Name, that sends the request to the choice.
//
// The weighted TraefikService follows a sticky cookie. It is the middleware that puts this cookie into
// every request, so visitors neither get nor choose it.
func NewCohorts(ctx *pulumi.Context, name string, object Object, cohorts Cohorts, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	if err := cohorts.validate(object.Namespace); err != nil {
		return nil, fmt.Errorf("creating cohorts %s/%s: %w", object.Namespace, object.Name, err)
	}
	middleware, err := newObject(ctx, name, "Middleware", object, cohorts.middleware(object.Namespace), opts...)
	if err != nil {
		return nil, err
	}
	service, err := newObject(ctx, name, "TraefikService", object, cohorts.service(), opts...)
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{middleware, service}, nil
}

// NewReadiness creates a Middleware, called object.Name, that passes every request on, and returns the
// filters by which a rule uses it. A rule with them is there only in a Traefik that has read everything of its own API
// and has the plugin; until then it answers 404.
func NewReadiness(ctx *pulumi.Context, name string, object Object, opts ...pulumi.ResourceOption) (pulumi.Resource, []gatewayapi.Filter, error) {
	const only = "ready"
	cohorts := Cohorts{Cookie: object.Name + "-cohort", Backends: map[string]gatewayapi.Backend{only: {Traefik: only}}}
	middleware, err := newObject(ctx, name, "Middleware", object, cohorts.middleware(object.Namespace), opts...)
	if err != nil {
		return nil, nil, err
	}
	return middleware, Weights(object.Name, Choice{Name: only, Percent: 100}), nil
}

func (c Cohorts) validate(namespace string) error {
	var problems []error
	if c.Cookie == "" || strings.Trim(c.Cookie, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		problems = append(problems, fmt.Errorf("cookie %q, want letters, digits and -", c.Cookie))
	}
	if len(c.Backends) == 0 {
		problems = append(problems, errors.New("no backends"))
	}
	taken := map[string]string{}
	for _, choice := range slices.Sorted(maps.Keys(c.Backends)) {
		if choice == "" || strings.ContainsAny(choice, "=:, ") {
			problems = append(problems, fmt.Errorf("choice %q, want a name without =:, and spaces", choice))
		}
		child := resolved(namespace, c.Backends[choice])
		if other, ok := taken[child]; ok {
			problems = append(problems, fmt.Errorf("choices %s and %s are both %s", other, choice, child))
		}
		taken[child] = choice
	}
	return errors.Join(problems...)
}

// sticky is the name of the cookie that the weighted service follows.
func (c Cohorts) sticky() string { return c.Cookie + "-choice" }

func (c Cohorts) middleware(namespace string) map[string]any {
	choices := map[string]any{}
	for choice, backend := range c.Backends {
		choices[choice] = stickyValue(resolved(namespace, backend))
	}
	return map[string]any{"plugin": map[string]any{
		PluginName: map[string]any{"cookie": c.Cookie, "sticky": c.sticky(), "choices": choices},
	}}
}

func (c Cohorts) service() map[string]any {
	var services []any
	for _, choice := range slices.Sorted(maps.Keys(c.Backends)) {
		child := reference(c.Backends[choice])
		child["weight"] = 1
		services = append(services, child)
	}
	return map[string]any{"weighted": map[string]any{
		"services": services,
		"sticky":   map[string]any{"cookie": map[string]any{"name": c.sticky()}},
	}}
}

// stickyValue is the cookie's value that makes a weighted service choose a child
// (sha256Hash in pkg/server/service/loadbalancer/sticky.go, v3.5.4).
func stickyValue(child string) string {
	hash := sha256.Sum256([]byte(child))
	return hex.EncodeToString(hash[:])[:16]
}
