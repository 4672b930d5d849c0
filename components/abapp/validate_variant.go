package abapp

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"live-omega/apps"
	"live-omega/components/naming"
)

// maxPods bounds the pods of a variant against a slip of the finger.
const maxPods = 100

// Pools are the names of the node pools that a variant can choose.
var Pools = []string{"a", "b"}

// envName is the name of an environment variable that every shell and language can read.
var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ownPrefixes begin the environment variables that the cloud sets.
var ownPrefixes = []string{"CLOUD_", "POD_"}

// validateVariant finds what is wrong with a variant by itself, at paths below it.
func validateVariant(app apps.App, variant Variant) []Problem {
	var problems []Problem
	if variant.Replicas < 0 || variant.Replicas > maxPods {
		problems = append(problems, Problem{"replicas", fmt.Sprintf("found %d", variant.Replicas), fmt.Sprintf("write 0 to %d", maxPods)})
	}
	if variant.Autoscale != nil {
		problems = append(problems, variant.Autoscale.validate()...)
	}
	problems = append(problems, validateEnv(app, variant.Env)...)
	problems = append(problems, validateResources(app, variant.Resources)...)
	if variant.Placement.Pool != "" && !slices.Contains(Pools, variant.Placement.Pool) {
		problems = append(problems, Problem{"pool", fmt.Sprintf("found %q", variant.Placement.Pool), "write one of " + strings.Join(Pools, ", ") + ", or remove it to run on any node"})
	}
	return problems
}

func (a Autoscale) validate() []Problem {
	var problems []Problem
	for _, bound := range []struct {
		field string
		pods  int
	}{{"min", a.Min}, {"max", a.Max}} {
		if bound.pods < 1 || bound.pods > maxPods {
			problems = append(problems, Problem{"autoscale." + bound.field, fmt.Sprintf("found %d", bound.pods), fmt.Sprintf("write 1 to %d", maxPods)})
		}
	}
	if len(problems) == 0 && a.Min > a.Max {
		problems = append(problems, Problem{"autoscale", fmt.Sprintf("min %d is above max %d", a.Min, a.Max), "swap them, or raise max"})
	}
	if a.CPU < 1 || a.CPU > 100 {
		problems = append(problems, Problem{"autoscale.cpu", fmt.Sprintf("found %d", a.CPU), "write a percentage of the requested CPU from 1 to 100"})
	}
	return problems
}

// validateEnv finds variables that could not be read, and those that the cloud sets.
func validateEnv(app apps.App, env map[string]string) []Problem {
	secrets := map[string]string{}
	for _, secret := range app.Secrets {
		secrets[naming.EnvVar(secret)] = secret
	}
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(env)) {
		path := strings.TrimPrefix(below("env", name), ".")
		secret, isSecret := secrets[name]
		switch {
		case !envName.MatchString(name):
			problems = append(problems, Problem{path, fmt.Sprintf("found the name %q", name), "write a name of letters, digits and _ that does not begin with a digit"})
		case isSecret:
			problems = append(problems, Problem{path, fmt.Sprintf("is the app's secret %s, which the shared stack generates", secret), "remove it, or write another name"})
		case name == "PORT" || slices.ContainsFunc(ownPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }):
			problems = append(problems, Problem{path, "is a name that the cloud sets", "write a name other than PORT that does not begin with " + strings.Join(ownPrefixes, " or ")})
		}
	}
	return problems
}

// validateResources finds what is no quantity, and requests above their limits. What the variant leaves
// out is as in the catalogue.
func validateResources(app apps.App, own apps.Resources) []Problem {
	var problems []Problem
	for _, pair := range []struct{ request, limit, own, ownLimit, from, fromLimit, example string }{
		{"cpu", "cpuLimit", own.CPU, own.CPULimit, app.Resources.CPU, app.Resources.CPULimit, "50m or 0.5"},
		{"memory", "memoryLimit", own.Memory, own.MemoryLimit, app.Resources.Memory, app.Resources.MemoryLimit, "64Mi or 1Gi"},
	} {
		found := len(problems)
		for field, text := range map[string]string{pair.request: pair.own, pair.limit: pair.ownLimit} {
			if quantity, err := resource.ParseQuantity(text); text != "" && (err != nil || quantity.Sign() <= 0) {
				problems = append(problems, Problem{"resources." + field, fmt.Sprintf("found %q", text), "write a quantity above 0, such as " + pair.example})
			}
		}
		slices.SortFunc(problems[found:], func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
		if len(problems) > found {
			continue
		}
		request, limit := cmp.Or(pair.own, pair.from), cmp.Or(pair.ownLimit, pair.fromLimit)
		if above(request, limit) {
			problems = append(problems, Problem{
				"resources." + pair.request, fmt.Sprintf("%s is above the limit %s", request, limit),
				fmt.Sprintf("write less, or write %s too", pair.limit),
			})
		}
	}
	return problems
}

// above is whether a request is more than its limit; not where one of them is left out.
func above(request, limit string) bool {
	if request == "" || limit == "" {
		return false
	}
	wanted, err := resource.ParseQuantity(request)
	if err != nil {
		return false
	}
	most, err := resource.ParseQuantity(limit)
	return err == nil && wanted.Cmp(most) > 0
}
