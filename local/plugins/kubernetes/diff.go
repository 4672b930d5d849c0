package kubernetes

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// change is one difference between old and new inputs.
type change struct {
	path     path
	old, new any // nil where there is none
}

// diff lists what must change for old to become new. A null is the same as nothing, an unknown always differs, and two spellings of
// one quantity ("1", "1000m") are the same.
func diff(at path, old, new any) []change {
	if old == nil && new == nil {
		return nil
	}
	switch n := new.(type) {
	case map[string]any:
		o, ok := old.(map[string]any)
		if !ok {
			break
		}
		var changes []change
		for _, key := range keys(o, n) {
			changes = append(changes, diff(at.child(key), o[key], n[key])...)
		}
		return changes
	case []any:
		o, ok := old.([]any)
		if !ok {
			break
		}
		var changes []change
		for i := range max(len(o), len(n)) {
			changes = append(changes, diff(at.child(i), element(o, i), element(n, i))...)
		}
		return changes
	}
	if _, isUnknown := new.(unknown); !isUnknown && same(at, old, new) {
		return nil
	}
	return []change{{path: at, old: old, new: new}}
}

// keys are those of either map, sorted.
func keys(a, b map[string]any) []string {
	both := map[string]bool{}
	for key := range a {
		both[key] = true
	}
	for key := range b {
		both[key] = true
	}
	return slices.Sorted(maps.Keys(both))
}

func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// same compares two leaves, or trees where one of them is a leaf.
func same(at path, a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && len(diff(at, a, b)) == 0
	case []any:
		b, ok := b.([]any)
		return ok && len(diff(at, a, b)) == 0
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	if a == b {
		return true
	}
	if x, ok := toFloat(a); ok {
		if y, ok := toFloat(b); ok {
			return x == y
		}
	}
	return isQuantity(at) && sameQuantity(a, b)
}

func toFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// isQuantity tells by a field's place whether it holds a quantity, which the API server rewrites to its shortest form.
func isQuantity(at path) bool {
	for i, step := range at {
		switch step {
		case "requests", "limits", "capacity", "hard", "allocatable", "overhead", "podFixed", "default", "defaultRequest", "max", "min", "maxLimitRequestRatio":
			return i == len(at)-2
		case "sizeLimit", "divisor", "averageValue":
			return i == len(at)-1
		}
	}
	return false
}

func sameQuantity(a, b any) bool {
	x, err := parseQuantity(a)
	if err != nil {
		return false
	}
	y, err := parseQuantity(b)
	return err == nil && x.Cmp(y) == 0
}

func parseQuantity(v any) (resource.Quantity, error) {
	switch q := v.(type) {
	case string:
		return resource.ParseQuantity(q)
	case int64:
		return *resource.NewQuantity(q, resource.DecimalSI), nil
	default:
		return resource.Quantity{}, resource.ErrFormatWrong
	}
}

// touches tells whether a change affects the field of a pattern like spec.containers[*].image: it lies in the field, or holds it.
func (c change) touches(pattern string) bool {
	rest := splitPattern(pattern)
	for _, step := range c.path {
		if len(rest) == 0 {
			return true // below the field
		}
		if !matches(rest[0], step) {
			return false
		}
		rest = rest[1:]
	}
	return holds(c.old, rest) || holds(c.new, rest)
}

func splitPattern(pattern string) []string {
	return strings.Split(strings.ReplaceAll(pattern, "[*]", ".*"), ".")
}

func matches(pattern string, step any) bool {
	if pattern == "*" {
		_, isIndex := step.(int)
		return isIndex
	}
	return step == pattern
}

// holds tells whether a tree has a field.
func holds(tree any, pattern []string) bool {
	if len(pattern) == 0 {
		return tree != nil
	}
	switch t := tree.(type) {
	case unknown:
		return true
	case map[string]any:
		return holds(t[pattern[0]], pattern[1:])
	case []any:
		if pattern[0] != "*" {
			return false
		}
		return slices.ContainsFunc(t, func(e any) bool { return holds(e, pattern[1:]) })
	}
	return false
}
