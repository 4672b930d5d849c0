package gcp

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// failure is what is wrong with a property.
type failure struct{ property, reason string }

func failuref(property, format string, args ...any) failure {
	return failure{property, fmt.Sprintf(format, args...)}
}

// check finds what the table does not allow. Unknown values pass.
func (k *kind) check(inputs object) []failure {
	failures := k.Fields.check("", inputs)
	if len(failures) == 0 {
		if rules := behaviours[k.short()]; rules.check != nil {
			failures = rules.check(inputs)
		}
	}
	return failures
}

func (f fields) check(prefix string, values object) []failure {
	var failures []failure
	for _, name := range sortedKeys(values) {
		if f[name] == nil {
			failures = append(failures, failuref(prefix+name, "is not in the table of tests/gcp: write it there from the provider's documentation; known are %s",
				strings.Join(sortedKeys(f), ", ")))
		}
	}
	for _, name := range sortedKeys(f) {
		value, path := values[name], prefix+name
		switch {
		case value != nil:
			failures = append(failures, f[name].check(path, value)...)
		case f[name].required:
			failures = append(failures, failuref(path, "is required"))
		}
	}
	return failures
}

func (f *field) check(path string, value any) []failure {
	if value == (unknown{}) {
		return nil
	}
	wrong := func() []failure { return []failure{failuref(path, "is %T, want %s", value, f.typ)} }
	switch f.typ {
	case typeObject:
		if o, ok := value.(object); ok {
			return f.fields.check(path+".", o)
		}
		return wrong()
	case "map":
		if _, ok := value.(object); !ok {
			return wrong()
		}
		return nil
	case typeObjects, "strings", "stringset":
		list, ok := value.([]any)
		if !ok {
			return wrong()
		}
		var failures []failure
		element := *f
		element.typ = map[string]string{typeObjects: typeObject, "strings": "string", "stringset": "string"}[f.typ]
		for i, v := range list {
			failures = append(failures, element.check(fmt.Sprintf("%s[%d]", path, i), v)...)
		}
		return failures
	case "bool":
		if _, ok := value.(bool); !ok {
			return wrong()
		}
		return nil
	case "int", "number":
		return f.checkNumber(path, value)
	}
	text, ok := value.(string)
	if !ok {
		return wrong()
	}
	return f.checkText(path, text)
}

func (f *field) checkNumber(path string, value any) []failure {
	number, ok := value.(float64)
	switch {
	case !ok:
		return []failure{failuref(path, "is %T, want a number", value)}
	case f.typ == "int" && number != float64(int64(number)):
		return []failure{failuref(path, "is %v, want a whole number", number)}
	case f.min != nil && number < *f.min, f.max != nil && number > *f.max:
		return []failure{failuref(path, "is %v, which is out of range", number)}
	}
	return nil
}

// name is the form of names in RFC 1035, 1 to 63 characters.
var name = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

func (f *field) checkText(path, text string) []failure {
	var failures []failure
	if f.rfc1035 && !name.MatchString(text) {
		failures = append(failures, failuref(path, "is %q, which does not match %s", text, name))
	}
	if f.maxLength > 0 && len(text) > f.maxLength {
		failures = append(failures, failuref(path, "is %q, %d characters; at most %d are allowed", text, len(text), f.maxLength))
	}
	same := func(allowed string) bool { return allowed == text || f.nocase && strings.EqualFold(allowed, text) }
	if len(f.enum) > 0 && text != "" && !slices.ContainsFunc(f.enum, same) {
		failures = append(failures, failuref(path, "is %q, want one of %s", text, strings.Join(f.enum, ", ")))
	}
	if f.cidr || f.prefix28 {
		network, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			failures = append(failures, failuref(path, "is %q, which is no network in CIDR notation", text))
		case network != network.Masked():
			failures = append(failures, failuref(path, "is %s, which has bits beyond its length; the network is %s", text, network.Masked()))
		case f.prefix28 && network.Bits() != 28:
			failures = append(failures, failuref(path, "is %s, want a /28", text))
		}
	}
	return failures
}
