package gcp

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// unknown stands for a value that only the update will know. It occurs in previews.
type unknown struct{}

// object holds properties as JSON would give them, and unknown{}.
type object = map[string]any

// unmarshal reads properties from the wire. Secrets are opened: nothing here is one, and the engine keeps
// account of them itself.
func unmarshal(properties *structpb.Struct) (object, error) {
	m, err := plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil {
		return nil, fmt.Errorf("decoding properties: %w", err)
	}
	return plainMap(m), nil
}

func marshal(properties object) (*structpb.Struct, error) {
	s, err := plugin.MarshalProperties(propertyMap(properties), plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil {
		return nil, fmt.Errorf("encoding properties: %w", err)
	}
	return s, nil
}

func plainMap(m resource.PropertyMap) object {
	out := object{}
	for key, value := range m {
		if plain := plainValue(value); plain != nil {
			out[string(key)] = plain
		}
	}
	return out
}

func plainValue(value resource.PropertyValue) any {
	switch {
	case value.IsComputed(), value.IsOutput():
		return unknown{}
	case value.IsSecret():
		return plainValue(value.SecretValue().Element)
	case value.IsObject():
		return plainMap(value.ObjectValue())
	case value.IsArray():
		list := make([]any, len(value.ArrayValue()))
		for i, element := range value.ArrayValue() {
			list[i] = plainValue(element)
		}
		return list
	case value.IsNull():
		return nil
	}
	return value.V
}

func propertyMap(properties object) resource.PropertyMap {
	m := resource.PropertyMap{}
	for key, value := range properties {
		m[resource.PropertyKey(key)] = propertyValue(value)
	}
	return m
}

func propertyValue(value any) resource.PropertyValue {
	switch v := value.(type) {
	case unknown:
		return resource.MakeComputed(resource.NewStringProperty(""))
	case object:
		return resource.NewObjectProperty(propertyMap(v))
	case []any:
		list := make([]resource.PropertyValue, len(v))
		for i, element := range v {
			list[i] = propertyValue(element)
		}
		return resource.NewArrayProperty(list)
	}
	return resource.NewPropertyValue(value)
}

// clone copies a tree.
func clone(value any) any {
	switch v := value.(type) {
	case object:
		return cloneObject(v)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = clone(element)
		}
		return list
	}
	return value
}

func cloneObject(m object) object {
	out := make(object, len(m))
	for key, value := range m {
		out[key] = clone(value)
	}
	return out
}

// at finds a value by a path of properties; nil when there is none.
func at(m object, path ...string) any {
	var value any = m
	for _, key := range path {
		inner, ok := value.(object)
		if !ok {
			return nil
		}
		value = inner[key]
	}
	return value
}

func textAt(m object, path ...string) string {
	text, _ := at(m, path...).(string)
	return text
}

func listAt(m object, path ...string) []any {
	list, _ := at(m, path...).([]any)
	return list
}

// objectsAt are the elements of a list that are known objects.
func objectsAt(m object, path ...string) []object {
	var all []object
	for _, element := range listAt(m, path...) {
		if o, ok := element.(object); ok {
			all = append(all, o)
		}
	}
	return all
}

// numberAt gives 0 for what is not there.
func numberAt(m object, path ...string) float64 {
	switch v := at(m, path...).(type) {
	case float64:
		return v
	case int:
		return float64(v)
	}
	return 0
}

// isEmpty is whether Terraform's types take a value for one that was not set.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case float64:
		return v == 0
	case int:
		return v == 0
	case []any:
		return len(v) == 0
	case object:
		return len(v) == 0
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// lastPart is what follows the last slash.
func lastPart(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// relative is a name without the host of a self link.
func relative(name string) string {
	if i := strings.Index(name, "projects/"); i > 0 {
		return name[i:]
	}
	return name
}
