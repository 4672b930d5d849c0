package recording

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// plainMap turns properties into values for JSON, and names the paths of secrets.
func plainMap(path string, properties resource.PropertyMap) (map[string]any, []string) {
	plain := make(map[string]any, len(properties))
	var secrets []string
	for _, key := range properties.StableKeys() {
		value, found := plainValue(strings.TrimPrefix(path+"."+string(key), "."), properties[key])
		plain[string(key)] = value
		secrets = append(secrets, found...)
	}
	return plain, secrets
}

func plainValue(path string, value resource.PropertyValue) (any, []string) {
	switch {
	case value.IsSecret():
		return Secret, []string{path}
	case value.IsObject():
		return plainMap(path, value.ObjectValue())
	case value.IsArray():
		list := make([]any, len(value.ArrayValue()))
		var secrets []string
		for i, element := range value.ArrayValue() {
			var found []string
			list[i], found = plainValue(fmt.Sprintf("%s[%d]", path, i), element)
			secrets = append(secrets, found...)
		}
		return list, secrets
	case value.IsComputed():
		return "[unknown]", nil
	case value.IsString() && strings.Contains(value.StringValue(), "\n"):
		// A file inside a value is kept as lines, so that its differences can be read.
		return strings.Split(value.StringValue(), "\n"), nil
	}
	return value.Mappable(), nil
}

// Canonical is a value as JSON with sorted keys, one per line.
func Canonical(value any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Sprintf("recording: %v cannot be written as JSON: %v", value, err))
	}
	return text.String()
}

// Golden is the recording as it is kept in git: sorted JSON, with long and foreign definitions left out.
func (r Recording) Golden() string {
	resources := map[string]any{}
	for _, key := range r.Keys("") {
		found := r.Resources[key]
		golden := map[string]any{"inputs": found.Inputs}
		if found.Parent != "" {
			golden["parent"] = found.Parent
		}
		if after := slices.Clone(found.After); len(after) > 0 {
			golden["after"] = after
		}
		if strings.HasSuffix(found.Type, ":CustomResourceDefinition") {
			golden["inputs"] = map[string]any{"metadata": found.Inputs["metadata"], "spec": "[as in its module]"}
		}
		resources[key] = golden
	}
	return Canonical(map[string]any{"outputs": r.Outputs, "resources": resources})
}
