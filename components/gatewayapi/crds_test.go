package gatewayapi

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/gateway-api/pkg/consts"
	"sigs.k8s.io/yaml"

	"live-omega/components/definitions"
)

func TestDefinitionsAreThoseOfTheModuleWithoutProse(t *testing.T) {
	standard, err := standardChannel(t.Context())
	require.NoError(t, err)
	names := map[string]definitions.Definition{}
	for _, crd := range standard {
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
