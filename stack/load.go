package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/stack/strict"
)

// Raw is the config of a stack as Pulumi hands it over.
type Raw struct {
	// Stack is the name of the stack.
	Stack string
	// Values by key, without "live-omega:"; text as it is, everything else as JSON.
	Values map[string]string
	// Secret are the keys whose values are encrypted in the file, or hold something that is.
	Secret []string
}

// Load turns raw config into Config: strictly decoded, then completed with defaults, then validated.
// The error, if any, is of type ConfigErrors and holds everything that is wrong.
func Load(raw Raw) (Config, error) {
	var config Config
	problems := rejectSecrets(raw)
	plain := make(map[string]string, len(raw.Values))
	for key, value := range raw.Values {
		if !slices.Contains(raw.Secret, key) {
			plain[key] = value
		}
	}
	problems = append(problems, strict.Decode(plain, &config)...)
	setDefaults(&config)
	problems = append(problems, unrelated(validate(config, raw), problems)...)
	if len(problems) > 0 {
		return Config{}, ConfigErrors{Stack: raw.Stack, Problems: problems}
	}
	return config, nil
}

// rejectSecrets keeps encrypted values out of the program, and so out of its messages and outputs.
func rejectSecrets(raw Raw) []strict.Problem {
	var problems []strict.Problem
	for _, key := range slices.Sorted(slices.Values(raw.Secret)) {
		problems = append(problems, strict.Problem{
			Path: strict.Join("", key), Found: "encrypted",
			Remedy: "write it as plain text, without --secret; config here holds nothing secret, and passwords are made by the shared stack",
		})
	}
	return problems
}

// unrelated leaves out what is wrong only because something at the same place could not be read.
func unrelated(found, unread []strict.Problem) []strict.Problem {
	var rest []strict.Problem
	for _, problem := range found {
		follows := slices.ContainsFunc(unread, func(cause strict.Problem) bool {
			return related(problem.Path, cause.Path) || related(problem.Path, cause.Meant)
		})
		if !follows {
			rest = append(rest, problem)
		}
	}
	return rest
}

// related is whether one path is the other, or above it.
func related(one, other string) bool {
	if one == "" || other == "" {
		return false
	}
	above := func(a, b string) bool {
		return b == a || strings.HasPrefix(b, a+".") || strings.HasPrefix(b, a+"[")
	}
	return above(one, other) || above(other, one)
}

// ConfigErrors is everything that is wrong with the config of a stack.
type ConfigErrors struct {
	Stack    string
	Problems []strict.Problem
}

// Error has one line per problem: file, path, what is wrong, what to write instead.
func (e ConfigErrors) Error() string {
	lines := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		lines[i] = fmt.Sprintf("Pulumi.%s.yaml: %s:%s: %s; %s", e.Stack, Namespace, problem.Path, problem.Found, problem.Remedy)
	}
	return strings.Join(lines, "\n")
}

// readRaw takes the config from Pulumi. The SDK gives values by key only, and a misspelt key would never
// be asked for; all keys are in the environment variable that the SDK itself reads. A program run inside
// another process (Automation API, inline) has no such variable: there, known keys are all there is.
func readRaw(ctx *pulumi.Context) (Raw, error) {
	raw := Raw{Stack: ctx.Stack(), Values: map[string]string{}}
	all := map[string]string{}
	if env := os.Getenv(pulumi.EnvConfig); env != "" {
		if err := json.Unmarshal([]byte(env), &all); err != nil {
			return Raw{}, fmt.Errorf("reading %s: %w", pulumi.EnvConfig, err)
		}
	} else {
		for _, key := range knownKeys() {
			if value, ok := ctx.GetConfig(Namespace + ":" + key); ok {
				all[Namespace+":"+key] = value
			}
		}
	}
	for full, value := range all {
		key, ok := strings.CutPrefix(full, Namespace+":")
		if !ok {
			continue
		}
		raw.Values[key] = value
		if ctx.IsConfigSecret(full) {
			raw.Secret = append(raw.Secret, key)
		}
	}
	return raw, nil
}

// knownKeys are the keys of all concerns.
func knownKeys() []string {
	config := reflect.TypeFor[Config]()
	keys := make([]string, config.NumField())
	for i := range keys {
		keys[i] = config.Field(i).Tag.Get("json")
	}
	return keys
}
