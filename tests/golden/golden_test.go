// Package golden keeps what each stack is made of under review: the resources of a sample
// cloud, as JSON in git.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestStacksAreMadeOfWhatTheGoldenFilesSay(t *testing.T) {
	clouds, folder := []recording.Cloud{recording.Sample(t), recording.SampleOnGKE(t)}, recording.Root(t)
	recording.Checkout(t)
	for _, cloud := range clouds {
		for name, recorded := range cloud.Record(t) {
			t.Run(name, func(t *testing.T) {
				file := filepath.Join(folder, "tests", "golden", name+".json")
				if *update {
					require.NoError(t, os.WriteFile(file, []byte(recorded.Golden()), 0o644))
				}
				want, err := os.ReadFile(file)
				require.NoError(t, err)
				assert.Equal(t, string(want), recorded.Golden(), "if this is meant: go test ./tests/golden -update")
			})
		}
	}
}

func TestTheCommittedConfigIsGood(t *testing.T) {
	clouds := map[string]recording.Cloud{"": recording.Committed(t), "gke-": recording.CommittedOnGKE(t)}
	recording.Checkout(t)
	for prefix, cloud := range clouds {
		recordings := cloud.Record(t)
		for _, cluster := range []string{"live", "omega"} {
			assert.Equal(t, cluster, recordings[prefix+cluster].Outputs["name"])
		}
	}
}

func TestNoSecretIsInPlainText(t *testing.T) {
	clouds := map[string]recording.Cloud{"": recording.Sample(t), "gke-": recording.SampleOnGKE(t)}
	recording.Checkout(t)
	for prefix, cloud := range clouds {
		recordings := cloud.Record(t)
		for name, recorded := range recordings {
			assert.NotContains(t, recorded.Golden(), recording.PasswordPrefix, "stack %s", name)
		}
		assert.Equal(t, recording.Secret, recordings[prefix+"shared"].Outputs["secrets"])
		for _, cluster := range []string{"live", "omega"} {
			for _, key := range recordings[prefix+cluster].Keys("kubernetes:core/v1:Secret") {
				assert.Equal(t, []string{"data"}, recordings[prefix+cluster].Resources[key].Secrets, key)
			}
		}
	}
}

// normalized is a recording with what config says about a cluster put in words.
func normalized(recorded recording.Recording, cluster, address string) string {
	return strings.NewReplacer(`"`+cluster+`"`, `"CLUSTER"`, "/"+cluster+"/", "/CLUSTER/", "::"+cluster+`"`, `::CLUSTER"`, address, "ADDRESS").Replace(recorded.Golden())
}

func TestLiveAndOmegaDifferByConfigOnly(t *testing.T) {
	cloud := recording.Sample(t)
	recording.Checkout(t)
	recordings := cloud.Record(t)
	assert.Equal(t,
		normalized(recordings["live"], "live", "10.98.0.11"),
		normalized(recordings["omega"], "omega", "10.98.0.12"))
}

func TestLogicalNamesCarryNoStack(t *testing.T) {
	cloud := recording.Sample(t)
	recording.Checkout(t)
	for _, cluster := range []string{"live", "omega"} {
		for key := range cloud.Record(t)[cluster].Resources {
			assert.NotContains(t, strings.TrimPrefix(key, "live-omega:"), cluster, key)
		}
	}
}
