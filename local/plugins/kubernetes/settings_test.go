package kubernetes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sampleKubeconfig = `apiVersion: v1
kind: Config
current-context: live
contexts:
- name: live
  context: {cluster: live, user: admin, namespace: apps}
- name: omega
  context: {cluster: omega, user: admin}
clusters:
- name: live
  cluster: {server: "https://10.98.0.11:6443", certificate-authority: ca.crt}
- name: omega
  cluster: {server: "https://10.98.0.12:6443"}
users:
- name: admin
  user: {token: top-secret-token}
`

func writeSample(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestAKubeconfigIsAPathOrContents(t *testing.T) {
	file := writeSample(t, sampleKubeconfig)
	byPath, err := parseKubeconfig(file)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(filepath.Dir(file), "ca.crt"), byPath.Clusters["live"].CertificateAuthority, "files are relative to the kubeconfig")
	byContents, err := parseKubeconfig(sampleKubeconfig)
	require.NoError(t, err)
	assert.Equal(t, "https://10.98.0.12:6443", byContents.Clusters["omega"].Server)
	byJSON, err := parseKubeconfig(`{"apiVersion":"v1","kind":"Config","clusters":[{"name":"a","cluster":{"server":"https://a"}}]}`)
	require.NoError(t, err)
	assert.Equal(t, "https://a", byJSON.Clusters["a"].Server)
}

func TestABadKubeconfigIsNamedButNotShown(t *testing.T) {
	for name, test := range map[string]struct {
		settings settings
		want     []string
	}{
		"no file":     {settings{kubeconfig: "/nowhere/kubeconfig"}, []string{"/nowhere/kubeconfig", "no such file"}},
		"no context":  {settings{kubeconfig: sampleKubeconfig, context: "edge"}, []string{`context "edge"`, `it has "live", "omega"`}},
		"no cluster":  {settings{kubeconfig: sampleKubeconfig, cluster: "edge"}, []string{`no cluster "edge"`, `it has "live", "omega"`}},
		"no contents": {settings{kubeconfig: "clusters: [\ntoken: top-secret-token"}, []string{"neither the path of a file nor a kubeconfig"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := test.settings.restConfig()
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "top-secret-token")
		})
	}
}

func TestContextAndNamespaceOfTheSettingsWin(t *testing.T) {
	contents := strings.ReplaceAll(sampleKubeconfig, ", certificate-authority: ca.crt", "")
	for _, test := range []struct {
		settings        settings
		host, namespace string
	}{
		{settings{}, "https://10.98.0.11:6443", "apps"},
		{settings{context: "omega"}, "https://10.98.0.12:6443", "default"},
		{settings{namespace: "mine"}, "https://10.98.0.11:6443", "mine"},
		{settings{cluster: "omega"}, "https://10.98.0.12:6443", "apps"},
	} {
		test.settings.kubeconfig = contents
		config, namespace, err := test.settings.restConfig()
		require.NoError(t, err)
		assert.Equal(t, test.host, config.Host)
		assert.Equal(t, test.namespace, namespace)
	}
}

func TestSettingsComeFromTheEngineBeforeTheEnvironment(t *testing.T) {
	t.Setenv("PULUMI_K8S_DELETE_UNREACHABLE", "true")
	s, err := parseSettings(map[string]string{"kubernetes:config:kubeClientSettings": `{"qps":7,"burst":9,"timeout":3}`})
	require.NoError(t, err)
	assert.True(t, s.deleteUnreachable)
	assert.Equal(t, 7.0, *s.client.QPS)
	assert.Equal(t, "3s", s.requestTimeout().String())
	s, err = parseSettings(map[string]string{"kubernetes:config:deleteUnreachable": "false"})
	require.NoError(t, err)
	assert.False(t, s.deleteUnreachable)
	_, err = parseSettings(map[string]string{"kubernetes:config:kubeClientSettings": `{`})
	assert.ErrorContains(t, err, "kubeClientSettings")
}

func TestAProviderIsReplacedOnlyWhenItsClusterBecomesAnother(t *testing.T) {
	one, two := writeSample(t, sampleKubeconfig), writeSample(t, sampleKubeconfig)
	moved := writeSample(t, strings.ReplaceAll(sampleKubeconfig, "10.98.0.11", "10.98.0.99"))
	absolute := func(file string) string {
		// The same certificate, wherever the kubeconfig lies.
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), " ca.crt", " /etc/ca.crt")), 0o600))
		return file
	}
	one, two, moved = absolute(one), absolute(two), absolute(moved)
	for name, test := range map[string]struct {
		old, new        map[string]any
		diffs, replaces []string
	}{
		"nothing":            {m{"kubeconfig": one}, m{"kubeconfig": one}, nil, nil},
		"another path":       {m{"kubeconfig": one}, m{"kubeconfig": two}, []string{"kubeconfig"}, nil},
		"another server":     {m{"kubeconfig": one}, m{"kubeconfig": moved}, []string{"kubeconfig"}, []string{"kubeconfig"}},
		"another context":    {m{"kubeconfig": one, "context": "live"}, m{"kubeconfig": one, "context": "omega"}, []string{"context"}, []string{"context"}},
		"another setting":    {m{"kubeconfig": one}, m{"kubeconfig": one, "namespace": "x"}, []string{"namespace"}, nil},
		"an unknown path":    {m{"kubeconfig": one}, m{"kubeconfig": resource.Computed{Element: resource.NewStringProperty("")}}, []string{"kubeconfig"}, []string{"kubeconfig"}},
		"the same id":        {m{"kubeconfig": one, "clusterIdentifier": "a"}, m{"kubeconfig": moved, "clusterIdentifier": "a"}, []string{"kubeconfig"}, nil},
		"another id":         {m{"clusterIdentifier": "a"}, m{"clusterIdentifier": "b"}, []string{"clusterIdentifier"}, []string{"clusterIdentifier"}},
		"an unreadable file": {m{"kubeconfig": one}, m{"kubeconfig": "/nowhere"}, []string{"kubeconfig"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			olds, err := marshal("test", resource.NewPropertyMapFromMap(test.old))
			require.NoError(t, err)
			news, err := marshal("test", resource.NewPropertyMapFromMap(test.new))
			require.NoError(t, err)
			response, err := New().DiffConfig(t.Context(), &pulumirpc.DiffRequest{Olds: olds, News: news})
			require.NoError(t, err)
			assert.Equal(t, test.diffs, response.GetDiffs())
			assert.Equal(t, test.replaces, response.GetReplaces())
		})
	}
}

func TestModesOfTheOfficialPluginAloneAreRefused(t *testing.T) {
	for setting, value := range map[string]any{"enableServerSideApply": "false", "renderYamlToDirectory": "out"} {
		news, err := marshal("test", resource.NewPropertyMapFromMap(m{setting: value}))
		require.NoError(t, err)
		response, err := New().CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: news})
		require.NoError(t, err)
		require.Len(t, response.GetFailures(), 1)
		assert.Equal(t, setting, response.GetFailures()[0].GetProperty())
		assert.Contains(t, response.GetFailures()[0].GetReason(), "official pulumi-kubernetes plugin only")
	}
}
