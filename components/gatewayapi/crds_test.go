package gatewayapi

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/gateway-api/pkg/consts"
	"sigs.k8s.io/yaml"
)

func TestDefinitionsAreThoseOfTheModuleWithoutProse(t *testing.T) {
	definitions, err := standardChannel(t.Context())
	require.NoError(t, err)
	names := map[string]definition{}
	for _, crd := range definitions {
		names[crd.Metadata.Name] = crd
	}
	for _, name := range []string{"gatewayclasses", "gateways", "httproutes", "referencegrants"} {
		crd, ok := names[name+".gateway.networking.k8s.io"]
		require.True(t, ok, name)
		assert.Equal(t, consts.BundleVersion, crd.Metadata.Annotations[consts.BundleVersionAnnotation])
		encoded, err := yaml.Marshal(crd.Spec)
		require.NoError(t, err)
		assert.NotRegexp(t, `description: \S`, string(encoded))
		assert.Contains(t, string(encoded), "openAPIV3Schema:")
	}
}

func TestAPropertyCalledDescriptionStays(t *testing.T) {
	schema := map[string]any{
		"description": "prose",
		"properties":  map[string]any{"description": map[string]any{"type": "string", "description": "prose"}},
		"oneOf":       []any{map[string]any{"description": "prose", "type": "object"}},
	}
	dropDescriptions(schema)
	assert.Equal(t, map[string]any{
		"properties": map[string]any{"description": map[string]any{"type": "string"}},
		"oneOf":      []any{map[string]any{"type": "object"}},
	}, schema)
}
