package rig

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAnObjectInTheStateBecomesWhatWasAskedFor(t *testing.T) {
	got, ok := object(StateResource{
		Type: "kubernetes:core/v1:Secret", Custom: true,
		Inputs: map[string]any{
			"apiVersion": "v1", "kind": "Secret", "__defaults": []any{},
			"metadata":   map[string]any{"labels": map[string]any{"app": "x"}, "resourceVersion": "7"},
			"stringData": map[string]any{secretKey: "1b47061264138c4ac30d75fd1eb44270", "plaintext": `{"a":"b"}`},
		},
		Outputs: map[string]any{"apiVersion": "v1", "kind": "Secret",
			"metadata": map[string]any{"name": "x-1234", "namespace": "x-a", "uid": "u"}},
	})
	assert.True(t, ok)
	assert.Equal(t, Object{APIVersion: "v1", Kind: "Secret", Namespace: "x-a", Name: "x-1234", Body: map[string]any{
		"apiVersion": "v1", "kind": "Secret",
		"metadata":   map[string]any{"name": "x-1234", "namespace": "x-a", "labels": map[string]any{"app": "x"}},
		"stringData": map[string]any{"a": "b"},
	}}, got)
}

func TestWhatIsNotAnObjectIsLeftOut(t *testing.T) {
	for _, resource := range []StateResource{
		{Type: "live-omega:ingress:Ingress"},
		{Type: "random:index/randomPassword:RandomPassword", Custom: true},
		{Type: "pulumi:providers:kubernetes", Custom: true},
	} {
		_, ok := object(resource)
		assert.False(t, ok, resource.Type)
	}
}
