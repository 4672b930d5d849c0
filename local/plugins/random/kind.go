package random

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// valueType is the type of a property, in the words of a Pulumi schema.
type valueType string

const (
	typeString  valueType = "string"
	typeInteger valueType = "integer"
	typeBoolean valueType = "boolean"
	typeStrings valueType = "array"
	typeMap     valueType = "object"
)

// input is a property that the program sets. A nil fallback means that the
// property is absent unless it is set.
type input struct {
	name     string
	typ      valueType
	required bool
	fallback any
}

// output is a property that the provider draws or derives.
type output struct {
	name   string
	typ    valueType
	secret bool
}

func (o output) mark(v resource.PropertyValue) resource.PropertyValue {
	if o.secret {
		return resource.MakeSecret(v)
	}
	return v
}

type failure struct{ property, reason string }

// kind is one resource type.
type kind struct {
	token   string
	inputs  []input
	outputs []output
	// noID leaves the id out of the outputs, as the official provider does where
	// the id is computed.
	noID bool
	// schemaVersion marks the layout of the state for the official provider,
	// which migrates older ones.
	schemaVersion string
	// check finds what is wrong between properties whose types are right.
	check func(values) []failure
	// create draws the outputs.
	create func(values) (id string, outputs resource.PropertyMap, err error)
	// importID makes the resource from an id given to `pulumi import`.
	importID func(id string) (newID string, inputs, outputs resource.PropertyMap, err error)
}

var keepers = input{name: "keepers", typ: typeMap}

var kinds = []*kind{passwordKind, stringKind, idKind, bytesKind, uuidKind, uuid4Kind, uuid7Kind, integerKind, shuffleKind}

// values are inputs with their defaults, stripped of secrets.
type values resource.PropertyMap

func (v values) text(name string) string {
	if p := v[resource.PropertyKey(name)]; p.IsString() {
		return p.StringValue()
	}
	return ""
}

func (v values) number(name string) int {
	if p := v[resource.PropertyKey(name)]; p.IsNumber() {
		return int(p.NumberValue())
	}
	return 0
}

func (v values) flag(name string) bool {
	p := v[resource.PropertyKey(name)]
	return p.IsBool() && p.BoolValue()
}

// known tells whether every named property has a value already: in a preview
// some come from resources that do not exist yet.
func (v values) known(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return v[resource.PropertyKey(name)].ContainsUnknowns() })
}

// effective are the inputs that a value is drawn from.
func (k *kind) effective(inputs resource.PropertyMap) values {
	result := values{}
	for key, value := range k.state(inputs) {
		result[key] = plain(value)
	}
	return result
}

// state is the part of the outputs that repeats the inputs, with defaults.
func (k *kind) state(inputs resource.PropertyMap) resource.PropertyMap {
	result := resource.PropertyMap{}
	for _, in := range k.inputs {
		key := resource.PropertyKey(in.name)
		value, set := inputs[key]
		switch {
		case set && !value.IsNull():
			result[key] = value
		case in.name == "number" || in.name == "numeric":
			result[key] = numericFlag(inputs)
		case in.fallback != nil:
			result[key] = resource.NewPropertyValue(in.fallback)
		}
	}
	return result
}

// complete puts the outputs together.
func (k *kind) complete(id string, state, drawn resource.PropertyMap) resource.PropertyMap {
	for key, value := range drawn {
		state[key] = value
	}
	if !k.noID {
		state["id"] = resource.NewProperty(id)
	}
	if k.schemaVersion != "" {
		state["__meta"] = resource.NewProperty(fmt.Sprintf(`{"schema_version":%q}`, k.schemaVersion))
	}
	return k.mark(state)
}

// mark makes secrets of the outputs that are.
func (k *kind) mark(state resource.PropertyMap) resource.PropertyMap {
	for _, out := range k.outputs {
		key := resource.PropertyKey(out.name)
		if value, ok := state[key]; ok && !value.IsSecret() {
			state[key] = out.mark(value)
		}
	}
	return state
}

// changed names the inputs that differ from those the state was made from. A
// state may lack properties (an older version made it, or an import): those
// count as their defaults.
func (k *kind) changed(state, inputs resource.PropertyMap) []string {
	before := resource.PropertyMap{}
	for _, in := range k.inputs {
		if value, ok := state[resource.PropertyKey(in.name)]; ok {
			before[resource.PropertyKey(in.name)] = value
		}
	}
	was, is := k.effective(before), k.effective(inputs)
	var names []string
	for _, in := range k.inputs {
		key := resource.PropertyKey(in.name)
		if !same(was[key], is[key]) {
			names = append(names, in.name)
		}
	}
	return names
}

// same treats absent, null and empty alike, as the official provider's schema
// does. An unknown value is not the same as anything.
func same(a, b resource.PropertyValue) bool {
	if a.ContainsUnknowns() || b.ContainsUnknowns() {
		return false
	}
	if empty(a) && empty(b) {
		return true
	}
	return a.DeepEquals(b)
}

func empty(v resource.PropertyValue) bool {
	return v.IsNull() ||
		v.IsObject() && len(v.ObjectValue()) == 0 ||
		v.IsString() && v.StringValue() == ""
}

// plain strips secrets and the wrapping of outputs, at any depth.
func plain(v resource.PropertyValue) resource.PropertyValue {
	switch {
	case v.IsSecret():
		return plain(v.SecretValue().Element)
	case v.IsOutput():
		out := v.OutputValue()
		if !out.Known {
			return resource.MakeComputed(resource.NewProperty(""))
		}
		return plain(out.Element)
	case v.IsArray():
		elements := make([]resource.PropertyValue, len(v.ArrayValue()))
		for i, element := range v.ArrayValue() {
			elements[i] = plain(element)
		}
		return resource.NewProperty(elements)
	case v.IsObject():
		fields := resource.PropertyMap{}
		for key, field := range v.ObjectValue() {
			fields[key] = plain(field)
		}
		return resource.NewProperty(fields)
	}
	return v
}

// validate finds missing, unknown and mistyped properties, then what the kind
// itself refuses.
func (k *kind) validate(inputs resource.PropertyMap) []failure {
	var failures []failure
	names := make([]string, 0, len(k.inputs))
	for _, in := range k.inputs {
		names = append(names, in.name)
		value := plain(inputs[resource.PropertyKey(in.name)])
		switch {
		case value.IsNull() && in.required:
			failures = append(failures, failure{in.name, "missing required property: want " + in.typ.phrase()})
		case value.IsNull() || value.ContainsUnknowns():
		case !in.typ.matches(value):
			failures = append(failures, failure{in.name, fmt.Sprintf("is %s, want %s", value.TypeString(), in.typ.phrase())})
		}
	}
	for _, key := range inputs.StableKeys() {
		name := string(key)
		if !slices.Contains(names, name) && !strings.HasPrefix(name, "__") {
			failures = append(failures, failure{name, "unknown property; " + k.token + " has " + strings.Join(names, ", ")})
		}
	}
	if len(failures) == 0 && k.check != nil {
		failures = k.check(k.effective(inputs))
	}
	return failures
}

func (t valueType) phrase() string {
	switch t {
	case typeInteger:
		return "a whole number"
	case typeBoolean:
		return "true or false"
	case typeStrings:
		return "a list of strings"
	case typeMap:
		return "a map of strings"
	default:
		return "a string"
	}
}

func (t valueType) matches(v resource.PropertyValue) bool {
	isString := func(v resource.PropertyValue) bool { return v.IsString() || v.IsNull() }
	switch t {
	case typeInteger:
		return v.IsNumber() && v.NumberValue() == float64(int64(v.NumberValue()))
	case typeBoolean:
		return v.IsBool()
	case typeStrings:
		return v.IsArray() && !slices.ContainsFunc(v.ArrayValue(), func(e resource.PropertyValue) bool { return !isString(e) })
	case typeMap:
		if !v.IsObject() {
			return false
		}
		for _, field := range v.ObjectValue() {
			if !isString(field) {
				return false
			}
		}
		return true
	default:
		return v.IsString()
	}
}

func containsString(list []string, s string) bool { return slices.Contains(list, s) }
