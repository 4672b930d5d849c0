package abapp_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/components/abapp"
	"live-omega/components/placement"
)

// Complete messages of what a person can write are among the bad configs of package stack.
func TestWhatAReleaseCannotMeanIsRefused(t *testing.T) {
	all := "abTest, blueGreen, canary, dark, ramped, recreate, shadow"
	tests := []struct {
		name     string
		variants map[string]abapp.Variant
		release  abapp.Release
		want     []string
	}{
		{"no strategy", replicas(1, 1), abapp.Release{}, []string{"release.strategy: missing; write one of " + all}},
		{"an unknown strategy", replicas(1, 1), abapp.Release{Strategy: "yolo"}, []string{`release.strategy: found "yolo"; write one of ` + all}},
		{"a canary without b and without a weight", replicas(1, -1), abapp.Release{Strategy: abapp.Canary}, []string{
			"variants: strategy canary needs variants a and b, found only a; add variant b, or write strategy: ramped",
			"release.weight: missing; write the percentage of requests for variant b, 0 to 100"}},
		{"less than nothing", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: number(-1)}, []string{"release.weight: found -1; write a percentage from 0 to 100"}},
		{"requests to a without pods", replicas(0, 1), abapp.Release{Strategy: abapp.Canary, Weight: number(99)}, []string{
			"variants.a.replicas: found 0, but the release sends 1 % of requests to variant a; write 1 or more, or release the other variant first"}},
		{"requests to b without pods", replicas(1, 0), abapp.Release{Strategy: abapp.Canary, Weight: number(1)}, []string{
			"variants.b.replicas: found 0, but the release sends 1 % of requests to variant b; write 1 or more, or release the other variant first"}},
		{"switched off on purpose", replicas(0, 0), abapp.Release{Strategy: abapp.Canary, Weight: number(50)}, nil},
		{"a preview of nothing", replicas(1, 0), abapp.Release{Strategy: abapp.BlueGreen, Active: "a", Preview: yes()}, nil},
		{"a pin to nothing", replicas(1, 0), abapp.Release{Strategy: abapp.Ramped, Pin: true}, nil},
		{"copies to nothing", replicas(1, 0), abapp.Release{Strategy: abapp.Shadow, Percent: number(7)}, []string{
			"variants.b.replicas: found 0, but the release sends copies of 7 % of requests to variant b; write 1 or more, or release the other variant first"}},
		{"a shadow that takes a without pods for b", replicas(0, 1), abapp.Release{Strategy: abapp.Shadow, Percent: number(100)}, []string{
			"variants.a.replicas: found 0, but the release sends 100 % of requests to variant a; write 1 or more, or release the other variant first"}},
		{"everything at once", map[string]abapp.Variant{"a": {Replicas: -1, Placement: placement.Placement{Pool: "c"}}}, abapp.Release{Strategy: abapp.Dark, Weight: number(1), Active: "a"}, []string{
			"variants.a.replicas: found -1; write 0 to 100",
			`variants.a.pool: found "c"; write one of a, b, or remove it to run on any node`,
			"release.active: has no meaning under strategy dark; remove it, or write strategy: blueGreen",
			"release.weight: has no meaning under strategy dark; remove it, or write strategy: canary",
			"variants: strategy dark needs variants a and b, found only a; add variant b, or write strategy: ramped",
			"release: strategy dark with neither preview nor pin shows variant b to nobody; write preview: true or pin: true, or write strategy: ramped"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, problem := range abapp.Validate(args().App, test.variants, test.release) {
				got = append(got, fmt.Sprintf("%s: %s; %s", problem.Path, problem.Found, problem.Remedy))
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// Every field is refused under every strategy that does not have it, and under no other for that reason.
func TestFieldsBelongToStrategies(t *testing.T) {
	fields := map[string]func(*abapp.Release){
		"active":  func(r *abapp.Release) { r.Active = "a" },
		"weight":  func(r *abapp.Release) { r.Weight = number(1) },
		"match":   func(r *abapp.Release) { r.Match = []abapp.Match{{Query: map[string]string{"a": "b"}}} },
		"percent": func(r *abapp.Release) { r.Percent = number(1) },
		"sticky":  func(r *abapp.Release) { r.Sticky = yes() },
		"preview": func(r *abapp.Release) { r.Preview = yes() },
		"pin":     func(r *abapp.Release) { r.Pin = true },
	}
	has := map[string][]string{
		"recreate": {"pin"}, "ramped": {"pin"}, "blueGreen": {"active", "preview", "pin"}, "canary": {"weight", "sticky", "pin"},
		"abTest": {"match", "sticky", "pin"}, "shadow": {"percent", "pin"}, "dark": {"preview", "pin"},
	}
	for _, strategy := range abapp.Strategies() {
		for field, write := range fields {
			release := abapp.Release{Strategy: abapp.Strategy(strategy)}
			write(&release)
			refused := false
			for _, problem := range abapp.Validate(args().App, replicas(1, 1), release) {
				refused = refused || (problem.Path == "release."+field && problem.Found == "has no meaning under strategy "+strategy)
			}
			assert.Equal(t, !slices.Contains(has[strategy], field), refused, "%s of %s", field, strategy)
		}
	}
}
