package toolchain

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"live-omega/local/layout"
)

// clone is the root of the source tree that is being tested.
func clone(t *testing.T) layout.Root {
	t.Helper()
	dir, err := filepath.Abs("../..")
	require.NoError(t, err)
	return layout.Root(dir)
}

func requirements(t *testing.T, path string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err := modfile.Parse(path, content, nil)
	require.NoError(t, err)
	versions := map[string]string{}
	for _, r := range file.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	return versions
}

func TestTableSaysTheVersionsThatModulesPin(t *testing.T) {
	modules := map[string]string{
		"kubernetes-" + DefaultKubernetes: "k8s.io/kubernetes",
		"kubernetes-" + NextKubernetes:    "k8s.io/kubernetes",
		"etcd":                            "go.etcd.io/etcd/server/v3",
		"coredns":                         "github.com/coredns/coredns",
		"local-path-provisioner":          "github.com/rancher/local-path-provisioner",
		"traefik":                         "github.com/traefik/traefik/v3",
		"pulumi":                          "github.com/pulumi/pulumi/pkg/v3",
		"pulumi-resource-kubernetes":      "github.com/pulumi/pulumi-kubernetes/sdk/v4",
		"pulumi-resource-random":          "github.com/pulumi/pulumi-random/sdk/v4",
	}
	checked := 0
	for _, tool := range Table() {
		module, ok := modules[tool.Name]
		if !ok {
			require.True(t, tool.Own(), "%s is pinned by a module that this test does not know", tool.Name)
			continue
		}
		checked++
		mod := "go.mod"
		if tool.Modfile != "" {
			mod = tool.Modfile
		}
		path := clone(t).Path(filepath.FromSlash(tool.Dir), mod)
		require.Equal(t, tool.Version, requirements(t, path)[module], "%s in %s", module, path)
	}
	require.Equal(t, len(modules), checked)
}

// Nearly every package stands on one of these: of two versions, everything
// above is compiled twice.
func TestToolsShareTheVersionsOfTheProgram(t *testing.T) {
	shared := []string{
		"k8s.io/api", "k8s.io/apimachinery", "k8s.io/client-go", "github.com/google/gnostic-models",
		"golang.org/x/net", "golang.org/x/sys", "golang.org/x/text", "golang.org/x/oauth2",
		"google.golang.org/protobuf", "google.golang.org/grpc", "go.opentelemetry.io/otel",
	}
	program := requirements(t, clone(t).Path("go.mod"))
	for _, tool := range []string{"kubernetes", "etcd", "coredns", "local-path-provisioner"} {
		found := requirements(t, clone(t).Path("local", "tools", tool, "go.mod"))
		for _, module := range shared {
			if version, ok := found[module]; ok {
				require.Equal(t, program[module], version, "in local/tools/%s: GOFLAGS=-mod=mod go get %s@%s", tool, module, program[module])
			}
		}
	}
}

func TestEveryToolComesFromAPackageThatIsThere(t *testing.T) {
	names, outputs := map[string]bool{}, map[string]bool{}
	for _, tool := range Table() {
		require.False(t, names[tool.Name], "%s is there twice", tool.Name)
		require.False(t, outputs[tool.Output], "%s is written by two tools", tool.Output)
		names[tool.Name], outputs[tool.Output] = true, true
		require.Positive(t, tool.Packages, tool.Name)
		if strings.HasPrefix(tool.Package, ".") {
			require.DirExists(t, clone(t).Path(tool.Dir, tool.Package), tool.Name)
		}
	}
}

func TestThePinnedGoIsTheOneThatModulesAskFor(t *testing.T) {
	for _, path := range []string{"go.mod", "local/tools/kubernetes/go.mod", "local/tools/pulumi/go.mod"} {
		f, err := os.Open(clone(t).Path(path))
		require.NoError(t, err)
		defer f.Close()
		for scan := bufio.NewScanner(f); scan.Scan(); {
			if version, ok := strings.CutPrefix(scan.Text(), "go "); ok {
				require.True(t, strings.HasPrefix(strings.TrimPrefix(GoToolchain, "go"), version), "%s asks for %s", path, version)
			}
		}
	}
}

func TestToolsAreFoundByName(t *testing.T) {
	all, err := find(Table(), nil)
	require.NoError(t, err)
	for _, tool := range all {
		require.NotEqual(t, "kubernetes-"+NextKubernetes, tool.Name, "versions on demand are not built unasked")
	}
	some, err := find(Table(), []string{"etcd", "kubernetes", "kubernetes-" + NextKubernetes})
	require.NoError(t, err)
	require.Equal(t, []string{"kubernetes-" + DefaultKubernetes, "etcd", "kubernetes-" + NextKubernetes},
		[]string{some[0].Name, some[1].Name, some[2].Name})
	_, err = find(Table(), []string{"etcd", "helm", "kind"})
	require.ErrorContains(t, err, "no tool helm, kind in the table: want some of kubernetes-v1.34.2, etcd,")
}

func TestKubernetesVersionsAreNamedWhenOneIsNotThere(t *testing.T) {
	name, err := KubernetesTool(NextKubernetes)
	require.NoError(t, err)
	require.Equal(t, "kubernetes-"+NextKubernetes, name)
	_, err = KubernetesTool("v1.2.3")
	require.EqualError(t, err, `no Kubernetes version "v1.2.3" can be built: want one of v1.34.2, v1.35.4`)
}
