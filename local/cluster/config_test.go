package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"live-omega/local/layout"
)

var (
	testTools   = hostTools{containerd: "/usr/bin/containerd", runc: "/usr/sbin/runc", cni: "/usr/lib/cni"}
	testOptions = Options{
		Kubernetes: "v1.34.2",
		Images: Images{
			Pause:                "10.98.0.1:5000/pause@sha256:aa",
			CoreDNS:              "10.98.0.1:5000/coredns@sha256:bb",
			LocalPathProvisioner: "10.98.0.1:5000/local-path-provisioner@sha256:cc",
		},
		Executable: "/clone/.local/bin/cloud",
	}
)

func pathsOf(t *testing.T, root, name string) paths {
	t.Helper()
	c, err := layout.ClusterNamed(name)
	require.NoError(t, err)
	return first(layout.Root(root), c)
}

func decoded(t *testing.T, content []byte) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, yaml.Unmarshal(content, &m))
	return m
}

func TestConfigNamesTheClustersOwnAddresses(t *testing.T) {
	for _, c := range layout.Clusters() {
		p := first("/clone", c)
		files, err := p.files(testOptions, testTools)
		require.NoError(t, err)

		kubelet := decoded(t, files[kubeletFile])
		assert.Equal(t, []any{c.DNS().String()}, kubelet["clusterDNS"], c.Name)
		assert.Equal(t, "/"+string(p.group()), kubelet["cgroupRoot"], c.Name)
		assert.Equal(t, float64(maxPods), kubelet["maxPods"], c.Name)

		proxy := decoded(t, files[proxyFile])
		assert.Equal(t, c.Pods.String(), proxy["clusterCIDR"], c.Name)
		assert.Equal(t, c.Address.String(), proxy["bindAddress"], c.Name)

		var cni struct {
			Plugins []struct {
				IPAM struct {
					Ranges [][]struct{ Subnet string }
				}
			}
		}
		require.NoError(t, json.Unmarshal(files[cniFile], &cni))
		assert.Equal(t, p.n.PodCIDR.String(), cni.Plugins[0].IPAM.Ranges[0][0].Subnet, c.Name)
	}
}

func TestClustersShareNothingThatMustDiffer(t *testing.T) {
	groups := map[string]string{}
	for _, root := range []string{"/clone", "/other/clone"} {
		for _, c := range layout.Clusters() {
			p := first(layout.Root(root), c)
			key := string(p.group())
			assert.Empty(t, groups[key], "the control group of %s in %s", c.Name, root)
			groups[key] = root + c.Name
			assert.Equal(t, c.Name, filepath.Base(key))
		}
	}
}

func TestContainerdUsesTheGivenToolsAndRegistry(t *testing.T) {
	p := pathsOf(t, "/clone", "live")
	files, err := p.files(testOptions, testTools)
	require.NoError(t, err)
	config := string(files[containerdFile])
	for _, want := range []string{
		`sandbox_image = "10.98.0.1:5000/pause@sha256:aa"`,
		`BinaryName = "/usr/sbin/runc"`,
		`bin_dir = "/usr/lib/cni"`,
		`conf_dir = "/clone/.local/live/config/cni"`,
		`config_path = "/clone/.local/live/config/registries"`,
		`restrict_oom_score_adj = true`,
		`address = "/run/containerd/containerd.sock"`,
	} {
		assert.Contains(t, config, want)
	}
	assert.Contains(t, string(files[registryFile]), `server = "http://10.98.0.1:5000"`)
	assert.Contains(t, files, "registries/10.98.0.1:5000/hosts.toml")
}

func TestOnlyHealthIsOpenToAnyone(t *testing.T) {
	content, err := yaml.Marshal(authenticationConfig())
	require.NoError(t, err)
	var config struct {
		Anonymous struct {
			Enabled    bool
			Conditions []struct{ Path string }
		}
	}
	require.NoError(t, yaml.Unmarshal(content, &config))
	var open []string
	for _, c := range config.Anonymous.Conditions {
		open = append(open, c.Path)
	}
	assert.Equal(t, []string{"/livez", "/readyz", "/healthz"}, open)
}

func TestEveryProcessRunsItsOwnVersion(t *testing.T) {
	p := pathsOf(t, "/clone", "omega")
	v := allAt("v1.34.2")
	v[APIServer] = "v1.35.4"
	spec := p.spec(v, testTools, nil)
	got := map[string]string{}
	for _, process := range spec.Processes {
		got[process.Name] = process.Path
		assert.Positive(t, process.StopSeconds, process.Name)
		assert.NotEmpty(t, process.Env, process.Name)
	}
	assert.Equal(t, map[string]string{
		Etcd:              "/clone/.local/bin/etcd",
		Containerd:        "/usr/bin/containerd",
		APIServer:         "/clone/.local/bin/kubernetes-v1.35.4/kube-apiserver",
		ControllerManager: "/clone/.local/bin/kubernetes-v1.34.2/kube-controller-manager",
		Scheduler:         "/clone/.local/bin/kubernetes-v1.34.2/kube-scheduler",
		Kubelet:           "/clone/.local/bin/kubernetes-v1.34.2/kubelet",
		Proxy:             "/clone/.local/bin/kubernetes-v1.34.2/kube-proxy",
	}, got)
}

func TestProcessesEndBeforeWhatTheyNeed(t *testing.T) {
	spec := pathsOf(t, "/clone", "live").spec(allAt("v1.34.2"), testTools, nil)
	stage := map[string]int{}
	for _, process := range spec.Processes {
		stage[process.Name] = process.StopStage
	}
	for _, process := range spec.Processes {
		for _, need := range process.After {
			assert.Contains(t, stage, need, "%s needs a process that exists", process.Name)
			assert.LessOrEqual(t, process.StopStage, stage[need], "%s ends no later than %s", process.Name, need)
		}
	}
	assert.Greater(t, stage[Etcd], stage[APIServer])
	assert.Less(t, stage[Kubelet], stage[Containerd], "pods are stopped when nobody restarts them and containerd serves")
}

func TestAProcessRestartsWhenAFileItReadsChanges(t *testing.T) {
	p := pathsOf(t, "/clone", "live")
	before := p.spec(allAt("v1.34.2"), testTools, map[string]string{kubeletFile: "1", containerdFile: "1"})
	after := p.spec(allAt("v1.34.2"), testTools, map[string]string{kubeletFile: "2", containerdFile: "1"})
	var changed []string
	for i := range before.Processes {
		if before.Processes[i].Revision != after.Processes[i].Revision {
			changed = append(changed, before.Processes[i].Name)
		}
	}
	assert.Equal(t, []string{Kubelet}, changed)
}

func TestKeyOfSecretsIsMadeOnceAndKept(t *testing.T) {
	p := pathsOf(t, t.TempDir(), "live")
	first, err := p.ensureFiles(testOptions, testTools)
	require.NoError(t, err)
	path := p.config(encryptionFile)
	key, err := os.ReadFile(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	assert.Contains(t, string(key), "secretbox")

	second, err := p.ensureFiles(testOptions, testTools)
	require.NoError(t, err)
	assert.Equal(t, first, second, "nothing changed, so nothing restarts")

	require.NoError(t, os.MkdirAll(p.dir("etcd", "member"), 0o700))
	require.NoError(t, os.Remove(path))
	_, err = p.ensureFiles(testOptions, testTools)
	require.ErrorContains(t, err, "restore the file")
	require.ErrorContains(t, err, "cloud local destroy live")
}

func TestOptionsSayEverythingThatIsWrong(t *testing.T) {
	err := Options{Kubernetes: "1.34"}.validate()
	require.Error(t, err)
	for _, want := range []string{`"1.34": want one like v1.34.2`, "want a reference for each", "no executable"} {
		assert.ErrorContains(t, err, want)
	}
	assert.NoError(t, testOptions.validate())
}

func TestMissingBinariesAreNamedWithTheRemedy(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "here"), nil, 0o755))
	err := missingExecutables([]string{filepath.Join(dir, "here"), filepath.Join(dir, "absent")})
	require.ErrorContains(t, err, filepath.Join(dir, "absent"))
	require.ErrorContains(t, err, "make tools")
	assert.False(t, strings.Contains(err.Error(), filepath.Join(dir, "here")))
}
