package kubernetes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"
)

// parseWaitFor reads the annotation pulumi.com/waitFor: "jsonpath=<path>", "jsonpath=<path>=<value>", "condition=<type>",
// "condition=<type>=<status>", or a JSON list of these, which must all hold.
func parseWaitFor(text string) (readiness, error) {
	var expressions []string
	if json.Unmarshal([]byte(text), &expressions) != nil {
		expressions = []string{text}
	}
	if len(expressions) == 0 {
		return nil, fmt.Errorf("annotation %s is an empty list: name at least one condition", annotationWaitFor)
	}
	var all []readiness
	for _, expression := range expressions {
		one, err := parseCondition(expression)
		if err != nil {
			return nil, fmt.Errorf("annotation %s: %w", annotationWaitFor, err)
		}
		all = append(all, one)
	}
	return func(live *unstructured.Unstructured) (bool, string, error) {
		if generation, observed := live.GetGeneration(), observedGeneration(live); observed > 0 && observed < generation {
			return false, "waiting for its controller", nil
		}
		for _, one := range all {
			if ready, message, err := one(live); !ready || err != nil {
				return ready, message, err
			}
		}
		return true, "", nil
	}, nil
}

func observedGeneration(live *unstructured.Unstructured) int64 {
	n, _, _ := unstructured.NestedInt64(live.Object, "status", "observedGeneration")
	return n
}

func parseCondition(expression string) (readiness, error) {
	if rest, ok := strings.CutPrefix(expression, "condition="); ok {
		name, want, given := strings.Cut(rest, "=")
		if name == "" {
			return nil, fmt.Errorf("%q names no condition: want condition=<type> or condition=<type>=<status>", expression)
		}
		if !given {
			want = "True"
		}
		return func(live *unstructured.Unstructured) (bool, string, error) {
			found := fmt.Sprint(conditionFold(live, name)["status"])
			return strings.EqualFold(found, want), fmt.Sprintf("waiting for condition %s=%s", name, want), nil
		}, nil
	}
	if rest, ok := strings.CutPrefix(expression, "jsonpath="); ok {
		return parseJSONPath(rest)
	}
	return nil, fmt.Errorf(`%q: want a "jsonpath=" or "condition=" prefix`, expression)
}

// conditionFold finds a condition whatever the case of its type, as `kubectl wait` does.
func conditionFold(live *unstructured.Unstructured, name string) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, c := range conditions {
		if condition, ok := c.(map[string]any); ok && strings.EqualFold(fmt.Sprint(condition["type"]), name) {
			return condition
		}
	}
	return nil
}

// parseJSONPath reads {.status.phase} or .status.phase, with =<value> behind it or not. Without a value the path must lead somewhere.
func parseJSONPath(text string) (readiness, error) {
	query, want, given := text, "", false
	if end := strings.LastIndex(text, "}"); strings.HasPrefix(text, "{") && end > 0 {
		query = text[:end+1]
		want, given = strings.CutPrefix(text[end+1:], "=")
	} else if !strings.HasPrefix(text, "{") {
		query, want, given = strings.Cut(text, "=")
		query = "{" + query + "}"
	}
	want = strings.Trim(want, `"'`)
	if given && want == "" {
		return nil, fmt.Errorf("jsonpath %q has an empty value: leave out the = to wait for any", text)
	}
	parser := jsonpath.New("waitFor").AllowMissingKeys(true)
	if err := parser.Parse(dotsInKeys(query)); err != nil {
		return nil, fmt.Errorf("jsonpath %q: %w", text, err)
	}
	return func(live *unstructured.Unstructured) (bool, string, error) {
		message := "waiting for " + text
		results, err := parser.FindResults(live.Object)
		if err != nil || len(results) == 0 || len(results[0]) == 0 {
			return false, message, nil
		}
		if !given {
			return true, "", nil
		}
		var found bytes.Buffer
		if err := parser.PrintResults(&found, results[0]); err != nil {
			return false, message, nil
		}
		return found.String() == want, fmt.Sprintf("%s (is %s)", message, &found), nil
	}, nil
}

var keyInQuotes = regexp.MustCompile(`\['([^']*)'\]`)

// dotsInKeys escapes the dots of keys in quotes. The official provider reads paths as RFC 9535 has them, where ['a.b'] is one key; for
// kubectl's parser it is two.
func dotsInKeys(path string) string {
	return keyInQuotes.ReplaceAllStringFunc(path, func(key string) string { return strings.ReplaceAll(key, ".", `\.`) })
}
