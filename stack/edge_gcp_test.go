package stack_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

// onGoogle is the config of an edge on Google Cloud, and the outputs of the stacks that it reads.
func onGoogle(apps object) (recording.Config, map[string]resource.PropertyMap) {
	config := recording.Config{
		"layer": "edge", "domain": "cloud.example.org",
		"gcp":          object{"project": "my-cloud", "region": "europe-west3"},
		"traffic":      object{"default": object{"live": 100}, "apps": object{"guestbook": object{"live": 50, "omega": 50}}},
		"loadBalancer": object{"certificates": []any{"book.neighbours.org"}, "rateLimit": object{"requests": 600}, "logPercent": 5},
	}
	outputs := map[string]resource.PropertyMap{"shared": resource.NewPropertyMapFromMap(object{"zone": "live-omega"})}
	for _, name := range []string{"live", "omega"} {
		outputs[name] = resource.NewPropertyMapFromMap(object{
			"negs": object{"name": name + "-ingress", "zones": []any{"europe-west3-a"}}, "apps": apps,
		})
	}
	return config, outputs
}

func TestTheEdgeOnGoogleCloudIsMadeOfOutputsAlone(t *testing.T) {
	config, outputs := onGoogle(object{"guestbook": object{"hosts": []any{"guestbook.cloud.example.org", "book.neighbours.org"}}})
	recorded, err := recording.Stack(t, "edge", config, outputs)
	require.NoError(t, err)
	for _, key := range recorded.Keys("") {
		assert.False(t, strings.HasPrefix(recorded.Resources[key].Type, "kubernetes:"), "%s needs the API of a cluster", key)
	}
	backend := recorded.Resources["gcp:compute/backendService:BackendService::edge-omega"].Inputs["backends"].([]any)[0].(object)
	assert.Equal(t, "https://www.googleapis.com/compute/v1/projects/my-cloud/zones/europe-west3-a/networkEndpointGroups/omega-ingress", backend["group"])
	rule := recorded.Resources["gcp:compute/uRLMap:URLMap::edge"].Inputs["hostRules"].([]any)[1].(object)
	assert.Equal(t, []any{"book.neighbours.org", "guestbook-preview.cloud.example.org", "guestbook.cloud.example.org"}, rule["hosts"])
	assert.True(t, recorded.Resources["gcp:compute/globalAddress:GlobalAddress::edge"].Protected, "protect is true unless config says otherwise")
	limit := recorded.Resources["gcp:compute/securityPolicy:SecurityPolicy::edge"].Inputs["rules"].([]any)[0].(object)["rateLimitOptions"].(object)
	assert.Equal(t, object{"count": 600.0, "intervalSec": 60.0}, limit["rateLimitThreshold"])

	assert.Equal(t, recording.PublicAddress, recorded.Outputs["gateway"])
	assert.Equal(t, object{"guestbook": "https://guestbook.cloud.example.org/"}, recorded.Outputs["urls"])
	assert.Equal(t, 50.0, recorded.Outputs["traffic"].(object)["apps"].(object)["guestbook"].(object)["omega"])
	records := recorded.Outputs["records"].(object)
	assert.Equal(t, "A "+recording.PublicAddress, records["book.neighbours.org."])
}

func TestAnEdgeWithoutItsClustersOutputsSaysWhatToRun(t *testing.T) {
	tests := map[string]func(map[string]resource.PropertyMap){
		"stack live has no output negs.name; run `pulumi up -s live` first": func(o map[string]resource.PropertyMap) { delete(o["live"], "negs") },
		"stack omega has no output negs.zones; run `pulumi up -s omega` first, with live-omega:ingress.exposure: neg": func(o map[string]resource.PropertyMap) {
			o["omega"]["negs"] = resource.NewPropertyValue(object{"name": "omega-ingress"})
		},
		"stack shared has no output \"zone\"; run `pulumi up -s shared` first": func(o map[string]resource.PropertyMap) { delete(o["shared"], "zone") },
	}
	for want, edit := range tests {
		t.Run(want, func(t *testing.T) {
			config, outputs := onGoogle(object{})
			edit(outputs)
			_, err := recording.Stack(t, "edge", config, outputs)
			assert.ErrorContains(t, err, want)
		})
	}
}
