package kubernetes

import (
	"errors"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPropertiesBecomePlainTreesAndBack(t *testing.T) {
	properties := resource.PropertyMap{
		"x_kubernetes_int_or_string": resource.NewBoolProperty(true),
		"secret":                     resource.MakeSecret(resource.NewStringProperty("s")),
		"unknown":                    resource.MakeComputed(resource.NewStringProperty("")),
		"whole":                      resource.NewNumberProperty(3), "half": resource.NewNumberProperty(0.5),
		"list": resource.NewArrayProperty([]resource.PropertyValue{resource.NewNullProperty()}),
	}
	tree := plain(properties)
	assert.Equal(t, m{"x-kubernetes-int-or-string": true, "secret": "s", "unknown": unknown{}, "whole": int64(3), "half": 0.5, "list": []any{nil}}, tree)
	assert.True(t, hasUnknown(tree))
	delete(tree, "unknown")
	assert.False(t, hasUnknown(tree))
	assert.Equal(t, tree, plain(propertiesOf(tree)))
	assert.Contains(t, propertiesOf(tree), resource.PropertyKey("x_kubernetes_int_or_string"))
}

func propertiesOf(tree map[string]any) resource.PropertyMap { return properties(tree) }

func TestSecretsSpreadToTheSamePlaces(t *testing.T) {
	hidden := resource.MakeSecret(resource.NewStringProperty("x"))
	open := resource.NewStringProperty("x")
	outs := resource.PropertyMap{
		"map":  resource.NewObjectProperty(resource.PropertyMap{"a": open, "b": open}),
		"list": resource.NewArrayProperty([]resource.PropertyValue{open, open}),
	}
	markSecrets(outs, resource.PropertyMap{
		"map":  resource.NewObjectProperty(resource.PropertyMap{"a": hidden, "b": open}),
		"list": resource.NewArrayProperty([]resource.PropertyValue{open, hidden}),
		"gone": hidden,
	})
	assert.True(t, outs["map"].ObjectValue()["a"].IsSecret())
	assert.False(t, outs["map"].ObjectValue()["b"].IsSecret())
	assert.True(t, outs["list"].IsSecret(), "the order of a list may change")
	assert.NotContains(t, outs, resource.PropertyKey("gone"))

	object := resource.PropertyMap{"apiVersion": resource.NewStringProperty("v1"), "kind": resource.NewStringProperty("Secret"), "data": resource.NewObjectProperty(resource.PropertyMap{"a": open})}
	markSecrets(object, nil)
	assert.True(t, object["data"].IsSecret(), "a Secret's data is secret whatever the program says")
}

func TestErrorsDoNotShowSecrets(t *testing.T) {
	inputs := resource.PropertyMap{"env": resource.NewArrayProperty([]resource.PropertyValue{resource.MakeSecret(resource.NewStringProperty("hunter2"))}), "open": resource.NewStringProperty("visible")}
	assert.EqualError(t, redact(inputs, errors.New(`"hunter2" and visible`)), `"[secret]" and visible`)
	plain := errors.New("visible")
	assert.Same(t, plain, redact(inputs, plain))
}

func TestNormalizeWritesInputsAsTheServerKeepsThem(t *testing.T) {
	secret := resource.NewPropertyMapFromMap(m{"apiVersion": "v1", "kind": "Secret", "metadata": m{"creationTimestamp": "x"}, "stringData": m{"a": "b"}, "data": m{"c": "ZA=="}})
	normalize(secret)
	assert.Equal(t, m{"apiVersion": "v1", "kind": "Secret", "metadata": m{}, "data": m{"a": "Yg==", "c": "ZA=="}}, plain(secret))
	later := resource.PropertyMap{"apiVersion": resource.NewStringProperty("v1"), "kind": resource.NewStringProperty("Secret"), "stringData": resource.MakeComputed(resource.NewStringProperty(""))}
	normalize(later)
	assert.Contains(t, later, resource.PropertyKey("stringData"), "what is not known yet stays as it is")
}

func TestTheFieldManagerIsTheAnnotationsOrTheStatesOrTheResources(t *testing.T) {
	one := fieldManager(urn(configMapToken), nil, nil)
	assert.Regexp(t, `^pulumi-kubernetes-[0-9a-f]{8}$`, one)
	assert.Equal(t, one, fieldManager(urn(configMapToken), nil, nil), "a killed update finds its own work by it")
	assert.NotEqual(t, one, fieldManager(urn("kubernetes:core/v1:Secret"), nil, nil))
	assert.Equal(t, "old", fieldManager(urn(configMapToken), m{keyFieldManager: "old"}, nil))
	assert.Equal(t, "set", fieldManager(urn(configMapToken), m{keyFieldManager: "old"}, m{"metadata": m{"annotations": m{annotationFieldManager: "set"}}}))
}

const configMapToken = "kubernetes:core/v1:ConfigMap"

func TestIDsAreNamesWithOrWithoutNamespace(t *testing.T) {
	for _, id := range []string{"name", "space/name"} {
		namespace, name, err := parseID(id)
		require.NoError(t, err)
		assert.Equal(t, id, objectID(namespace, name))
	}
	for _, id := range []string{"", "space/", "a/b/c"} {
		_, _, err := parseID(id)
		assert.ErrorContains(t, err, "is not of the form")
	}
}
