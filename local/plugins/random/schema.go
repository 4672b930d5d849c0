package random

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// GetSchema describes the resources that are served, without documentation.
func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	resources := map[string]any{}
	for _, k := range kinds {
		resources[k.token] = k.schema()
	}
	schema, err := json.Marshal(map[string]any{
		"name":        "random",
		"version":     Version,
		"description": "Random values that are kept in the state (a stand-in for the official provider).",
		"provider":    map[string]any{"type": "object"},
		"resources":   resources,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the schema: %w", err)
	}
	return &pulumirpc.GetSchemaResponse{Schema: string(schema)}, nil
}

func (k *kind) schema() map[string]any {
	inputs, properties := map[string]any{}, map[string]any{}
	required, always := []string{}, []string{}
	for _, in := range k.inputs {
		inputs[in.name] = in.typ.schema()
		properties[in.name] = in.typ.schema()
		if in.required {
			required = append(required, in.name)
		}
		if in.required || in.fallback != nil {
			always = append(always, in.name)
		}
	}
	for _, out := range k.outputs {
		property := out.typ.schema()
		if out.secret {
			property["secret"] = true
		}
		properties[out.name] = property
		always = append(always, out.name)
	}
	slices.Sort(always)
	return map[string]any{
		"inputProperties": inputs, "requiredInputs": required,
		"properties": properties, "required": always,
	}
}

func (t valueType) schema() map[string]any {
	schema := map[string]any{"type": string(t)}
	switch t {
	case typeStrings:
		schema["items"] = map[string]any{"type": "string"}
	case typeMap:
		schema["additionalProperties"] = map[string]any{"type": "string"}
	}
	return schema
}
