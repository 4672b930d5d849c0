package golden

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

// TestTheSameConfigGivesTheSameObjectsOnEveryPlatform runs what both platforms have in common, the config
// of ingress, communities and apps, on each of them, and compares every object in the clusters.
func TestTheSameConfigGivesTheSameObjectsOnEveryPlatform(t *testing.T) {
	clouds := map[string]recording.Cloud{"": recording.Sample(t), "gke-": recording.SampleOnGKE(t)}
	objects := map[string]map[string]map[string]any{}
	common := clouds[""]
	common["live"]["nodes"] = map[string]any{"active": "a", "pools": map[string]any{"a": map[string]any{"nodes": []any{"live"}}}}
	recording.Checkout(t)
	for prefix, cloud := range clouds {
		cluster := cloud[prefix+"live"]
		for _, concern := range []string{"communities", "apps", "domain"} {
			cluster[concern] = common["live"][concern]
		}
		// An exposure that every platform has.
		cluster["ingress"] = map[string]any{"image": common["live"]["ingress"].(map[string]any)["image"], "exposure": "loadBalancer"}
		cluster["cluster"].(map[string]any)["registry"] = "registry.example.org/cloud"
		// The edge reads outputs that an ingress with this exposure does not have.
		delete(cloud, prefix+"edge")
		objects[prefix] = inCluster(cloud.Record(t)[prefix+"live"])
	}
	require.NotEmpty(t, objects[""])
	assert.Equal(t, objects[""], objects["gke-"])
}

// inCluster are the inputs of the objects in the cluster, by type and name. How nodes come to be in a pool
// is the platform's business.
func inCluster(recorded recording.Recording) map[string]map[string]any {
	objects := map[string]map[string]any{}
	for key, found := range recorded.Resources {
		if strings.HasPrefix(key, "kubernetes:") && found.Type != "kubernetes:core/v1:NodePatch" {
			objects[key] = found.Inputs
		}
	}
	return objects
}
