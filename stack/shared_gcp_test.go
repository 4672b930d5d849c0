package stack_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

func TestSharedOnGoogleCloudTellsClustersAndEdgeWhatTheyAreMadeIn(t *testing.T) {
	recording.Checkout(t)
	shared, err := recording.Stack(t, "gke-shared", recording.SampleOnGKE(t)["gke-shared"], nil)
	require.NoError(t, err)
	cluster := func(name, controlPlane string) map[string]any {
		return map[string]any{
			"network":    recording.ComputeLink + "global/networks/live-omega",
			"subnetwork": recording.ComputeLink + "regions/europe-west3/subnetworks/live-omega-" + name,
			"podsRange":  "pods", "servicesRange": "services", "controlPlane": controlPlane,
			"nodeAccount": name + "-nodes" + recording.AccountDomain,
		}
	}
	assert.Equal(t, map[string]any{
		"primary": "live",
		"secrets": recording.Secret,
		"network": map[string]any{
			"live":  cluster("live", "10.10.32.0/28"),
			"omega": cluster("omega", "10.11.32.0/28"),
		},
		"registry":    "europe-west3-docker.pkg.dev/my-cloud/live-omega",
		"zone":        "live-omega",
		"nameServers": []any{recording.NameServer},
		"backups":     "my-cloud-backups",
	}, shared.Outputs)
}

func TestTheFirewallOfGoogleCloudLetsRequestsToWhereTheIngressListens(t *testing.T) {
	recording.Checkout(t)
	shared, err := recording.Stack(t, "gke-shared", recording.SampleOnGKE(t)["gke-shared"], nil)
	require.NoError(t, err)
	assert.Equal(t, []any{map[string]any{"protocol": "tcp", "ports": []any{"80"}}},
		shared.Resources["gcp:compute/firewall:Firewall::foundation"].Inputs["allows"])
}

func TestGoogleCloudIsProtectedUnlessTheConfigSaysOtherwise(t *testing.T) {
	tests := []struct {
		name    string
		gcp     map[string]any
		protect bool
	}{
		{"not written", map[string]any{"project": "my-cloud", "region": "europe-west3"}, true},
		{"off, for a teardown", map[string]any{"project": "my-cloud", "region": "europe-west3", "protect": false}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recording.Checkout(t)
			config := recording.SampleOnGKE(t)["gke-shared"]
			config["gcp"] = test.gcp
			shared, err := recording.Stack(t, "gke-shared", config, nil)
			require.NoError(t, err)
			assert.Equal(t, test.protect, shared.Resources["gcp:storage/bucket:Bucket::foundation"].Protected)
			assert.Equal(t, test.protect, shared.Resources["gcp:dns/managedZone:ManagedZone::foundation"].Protected)
		})
	}
}
