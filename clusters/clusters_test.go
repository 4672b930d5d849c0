package clusters_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/clusters"
	"live-omega/tests/recording"
)

func run(args clusters.Args) (recording.Recording, error) {
	return recording.Program("test", nil, func(ctx *pulumi.Context) error {
		_, err := clusters.New(ctx, args)
		return err
	})
}

func TestTheProviderGetsThePathAndNotTheContents(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("kubeconfig", []byte("contexts: [{name: live}]\nusers: [{name: me, user: {token: hush}}]\n"), 0o600))
	recorded, err := run(clusters.Args{Name: "live", Platform: clusters.Kubeconfig, Kubeconfig: "kubeconfig", Context: "live"})
	require.NoError(t, err)
	provider := recorded.Resources["pulumi:providers:kubernetes::cluster"]
	assert.Equal(t, "kubeconfig", provider.Inputs["kubeconfig"])
	assert.Equal(t, "live", provider.Inputs["context"])
	assert.Equal(t, "live", provider.Inputs["clusterIdentifier"], "a moved file is not another cluster")
	assert.NotContains(t, recorded.Golden(), "hush")
}

func TestAHomeFolderIsUnderstood(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	require.NoError(t, os.WriteFile(filepath.Join(home, "config"), []byte("contexts: [{name: kind-live}]\n"), 0o600))
	recorded, err := run(clusters.Args{Name: "live", Platform: clusters.Kubeconfig, Kubeconfig: "~/config", Context: "kind-live"})
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(home, "config"), recorded.Resources["pulumi:providers:kubernetes::cluster"].Inputs["kubeconfig"])
}

func TestAClusterThatCannotBeReachedSaysWhatToDo(t *testing.T) {
	tests := []struct{ name, content, context, platform, want string }{
		{"no file", "", "live", "kubeconfig",
			"cluster live: kubeconfig file does not exist; start the local clusters with `make clusters`, or write the path of your own in live-omega:cluster.kubeconfig"},
		{"another context", "contexts: [{name: omega}, {name: edge}, {name: edge}]", "live", "kubeconfig",
			`cluster live: kubeconfig file has no context "live"; write one of edge, omega in live-omega:cluster.context`},
		{"no contexts", "apiVersion: v1", "live", "kubeconfig",
			"cluster live: kubeconfig file has no contexts; write it anew with the tool that made it"},
		{"not YAML", "token: hush: hush", "live", "kubeconfig",
			"cluster live: kubeconfig file is no YAML; write it anew with the tool that made it"},
		{"an unknown platform", "", "live", "eks",
			`cluster live: platform "eks" is none of kubeconfig`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if test.content != "" {
				require.NoError(t, os.WriteFile("file", []byte(test.content), 0o600))
			}
			_, err := run(clusters.Args{Name: "live", Platform: clusters.Platform(test.platform), Kubeconfig: "file", Context: test.context})
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "hush")
		})
	}
}
