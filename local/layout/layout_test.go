package layout

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFindWalksUpToTheClone(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	require.NoError(t, os.MkdirAll(deep, 0o755))
	for _, name := range []string{"Pulumi.yaml", "go.mod"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	root, err := Find(deep)
	require.NoError(t, err)
	assert.Equal(t, Root(dir), root)
}

func TestFindOutsideACloneSaysWhatToDo(t *testing.T) {
	_, err := Find(t.TempDir())
	assert.ErrorContains(t, err, "run this inside a clone")
}

func TestClusterRangesDoNotOverlap(t *testing.T) {
	clusters := Clusters()
	for i, a := range clusters {
		assert.True(t, BridgePrefix.Contains(a.Address), "%s is on the bridge", a.Name)
		assert.LessOrEqual(t, len(a.Netns), 15, "a link's name has at most 15 bytes")
		for j, b := range clusters {
			assert.False(t, a.Pods.Overlaps(b.Services))
			assert.False(t, a.Pods.Overlaps(BridgePrefix))
			if i != j {
				assert.False(t, a.Pods.Overlaps(b.Pods))
				assert.False(t, a.Services.Overlaps(b.Services))
			}
		}
	}
}

func TestDNSIsTheTenthServiceAddress(t *testing.T) {
	live, err := ClusterNamed("live")
	require.NoError(t, err)
	assert.Equal(t, "10.211.0.10", live.DNS().String())
	assert.Equal(t, "https://10.98.0.11:6443", live.API())
}

func TestAnUnknownClusterIsAnsweredWithTheNames(t *testing.T) {
	_, err := ClusterNamed("prod")
	assert.EqualError(t, err, `no local cluster "prod": want one of ["live" "omega" "edge"]`)
}

// The plugins are installed under the versions that the SDKs ask for.
func TestProviderVersionsAreThoseOfTheSDKs(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	for module, version := range map[string]string{
		"github.com/pulumi/pulumi-kubernetes/sdk/v4": KubernetesProviderVersion,
		"github.com/pulumi/pulumi-random/sdk/v4":     RandomProviderVersion,
	} {
		assert.True(t, strings.Contains(string(mod), module+" v"+version), "go.mod requires %s v%s", module, version)
	}
}

func TestWriteFileReplacesContentAndMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "file")
	require.NoError(t, WriteFile(path, []byte("one"), 0o644))
	require.NoError(t, WriteFile(path, []byte("two"), 0o600))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "two", string(content))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "no temporary file stays behind")
}
