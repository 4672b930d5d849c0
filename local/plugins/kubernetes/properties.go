package kubernetes

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// unknown stands for a value that only the update will know. It occurs in previews.
type unknown struct{}

const (
	keyInputs            = "__inputs"
	keyInitialAPIVersion = "__initialApiVersion"
	keyFieldManager      = "__fieldManager"
)

// unmarshal reads properties from the wire, with secrets and unknowns kept.
func unmarshal(label string, properties *structpb.Struct) (resource.PropertyMap, error) {
	m, err := plugin.UnmarshalProperties(properties, plugin.MarshalOptions{Label: label, KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", label, err)
	}
	return m, nil
}

func marshal(label string, properties resource.PropertyMap) (*structpb.Struct, error) {
	s, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{Label: label, KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", label, err)
	}
	return s, nil
}

// SDKs cannot write a dash in a field's name: the schema extensions of a CustomResourceDefinition come with underscores instead, and go
// back to the program so.
const (
	schemaExtension    = "x-kubernetes-"
	schemaExtensionSDK = "x_kubernetes_"
)

func fromSDKKey(key string) string {
	if strings.HasPrefix(key, schemaExtensionSDK) {
		return strings.ReplaceAll(key, "_", "-")
	}
	return key
}

func toSDKKey(key string) string {
	if strings.HasPrefix(key, schemaExtension) {
		return strings.ReplaceAll(key, "-", "_")
	}
	return key
}

// plain turns properties into the tree that JSON would give: secrets opened, whole numbers as int64, and unknown{} for what is not
// known yet.
func plain(properties resource.PropertyMap) map[string]any {
	m := make(map[string]any, len(properties))
	for key, value := range properties {
		m[fromSDKKey(string(key))] = plainValue(value)
	}
	return m
}

func plainValue(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return plainValue(value.SecretValue().Element)
	case value.IsOutput() && value.OutputValue().Known:
		return plainValue(value.OutputValue().Element)
	case value.IsComputed(), value.IsOutput():
		return unknown{}
	case value.IsBool():
		return value.BoolValue()
	case value.IsNumber():
		return number(value.NumberValue())
	case value.IsString():
		return value.StringValue()
	case value.IsArray():
		list := make([]any, len(value.ArrayValue()))
		for i, element := range value.ArrayValue() {
			list[i] = plainValue(element)
		}
		return list
	case value.IsObject():
		return plain(value.ObjectValue())
	default: // null; assets and archives do not occur in Kubernetes objects
		return nil
	}
}

// number gives whole numbers as int64, as a decoder of Kubernetes objects does.
func number(n float64) any {
	if n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		return int64(n)
	}
	return n
}

// properties is the reverse of plain, for objects as the API server gives them.
func properties(object map[string]any) resource.PropertyMap {
	m := make(resource.PropertyMap, len(object))
	for key, value := range object {
		m[resource.PropertyKey(toSDKKey(key))] = propertyValue(value)
	}
	return m
}

func propertyValue(value any) resource.PropertyValue {
	switch v := value.(type) {
	case map[string]any:
		return resource.NewObjectProperty(properties(v))
	case []any:
		list := make([]resource.PropertyValue, len(v))
		for i, element := range v {
			list[i] = propertyValue(element)
		}
		return resource.NewArrayProperty(list)
	case unknown:
		return resource.MakeComputed(resource.NewStringProperty(""))
	default:
		return resource.NewPropertyValue(value)
	}
}

// hasUnknown tells whether a tree holds anything that is not known yet.
func hasUnknown(tree any) bool {
	switch v := tree.(type) {
	case unknown:
		return true
	case map[string]any:
		for _, value := range v {
			if hasUnknown(value) {
				return true
			}
		}
	case []any:
		for _, value := range v {
			if hasUnknown(value) {
				return true
			}
		}
	}
	return false
}

// lookup walks maps by keys; nil when a key is missing.
func lookup(tree map[string]any, keys ...string) any {
	var at any = tree
	for _, key := range keys {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[key]
	}
	return at
}

// lookupString is lookup for a string; "" when it is missing or something else.
func lookupString(tree map[string]any, keys ...string) string {
	s, _ := lookup(tree, keys...).(string)
	return s
}

func annotation(object map[string]any, key string) string {
	return lookupString(object, "metadata", "annotations", key)
}

// markSecrets makes secret in outs what is secret in ins, object by object. A list with one secret becomes secret as a whole, since its
// order may differ. The contents of a Secret are always secret.
func markSecrets(outs, ins resource.PropertyMap) {
	if isSecret(plainHead(outs)) {
		for _, key := range []resource.PropertyKey{"data", "stringData"} {
			if value, ok := outs[key]; ok && !value.IsSecret() {
				outs[key] = resource.MakeSecret(value)
			}
		}
	}
	for key, in := range ins {
		out, ok := outs[key]
		switch {
		case !ok || out.IsSecret():
		case out.IsObject() && in.IsObject():
			markSecrets(out.ObjectValue(), in.ObjectValue())
		case in.ContainsSecrets():
			outs[key] = resource.MakeSecret(out)
		}
	}
}

// plainHead gives only the fields that say what an object is and how it is called.
func plainHead(m resource.PropertyMap) map[string]any {
	head := map[string]any{}
	for _, key := range []resource.PropertyKey{"apiVersion", "kind", "metadata"} {
		if value, ok := m[key]; ok {
			head[string(key)] = plainValue(value)
		}
	}
	return head
}

func isSecret(object map[string]any) bool {
	return object["apiVersion"] == "v1" && object["kind"] == "Secret"
}

func isConfigMap(object map[string]any) bool {
	return object["apiVersion"] == "v1" && object["kind"] == "ConfigMap"
}

func isDefinition(object map[string]any) bool {
	return object["kind"] == "CustomResourceDefinition" && strings.HasPrefix(fmt.Sprint(object["apiVersion"]), "apiextensions.k8s.io/")
}

// withoutInternals gives a state's outputs as the live object they were made from.
func withoutInternals(state map[string]any) map[string]any {
	live := make(map[string]any, len(state))
	for key, value := range state {
		switch key {
		case keyInputs, keyInitialAPIVersion, keyFieldManager:
		default:
			live[key] = value
		}
	}
	return live
}

// redact blanks the secrets of inputs in an error's text: an API server that refuses a value quotes it.
func redact(inputs resource.PropertyMap, err error) error {
	text := err.Error()
	clean := text
	for _, secret := range secretTexts(resource.NewObjectProperty(inputs), false) {
		clean = strings.ReplaceAll(clean, secret, "[secret]")
	}
	if clean == text {
		return err
	}
	return errors.New(clean)
}

// secretTexts lists the texts under secrets. Very short ones are left out: blanking them would garble a message and hide nothing.
func secretTexts(value resource.PropertyValue, within bool) []string {
	var texts []string
	switch {
	case value.IsSecret():
		return secretTexts(value.SecretValue().Element, true)
	case value.IsString() && within && len(value.StringValue()) >= 4:
		return []string{value.StringValue()}
	case value.IsArray():
		for _, element := range value.ArrayValue() {
			texts = append(texts, secretTexts(element, within)...)
		}
	case value.IsObject():
		for _, element := range value.ObjectValue() {
			texts = append(texts, secretTexts(element, within)...)
		}
	}
	return texts
}
