// Package layout knows where everything of the local cloud lies: the paths
// below .local, and the names and addresses of its networks. It is the one
// place where they are written down, so that two packages can never disagree.
package layout

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
)

// Versions of the Pulumi providers that the program's SDKs ask for. A test
// holds them equal to go.mod.
const (
	KubernetesProviderVersion = "4.30.0"
	RandomProviderVersion     = "4.21.2"
)

// Root is the folder of the clone, the one that holds Pulumi.yaml.
type Root string

// Find returns the nearest folder at or above dir that holds Pulumi.yaml and
// go.mod, as an absolute path.
func Find(dir string) (Root, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the clone: %w", err)
	}
	for d := abs; ; d = filepath.Dir(d) {
		if isFile(filepath.Join(d, "Pulumi.yaml")) && isFile(filepath.Join(d, "go.mod")) {
			return Root(d), nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no Pulumi.yaml beside a go.mod in %s or above: run this inside a clone of live-omega", abs)
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Path joins names to the root: r.Path("local", "tools").
func (r Root) Path(names ...string) string {
	return filepath.Join(append([]string{string(r)}, names...)...)
}

// Local is .local, where all state of the local cloud is kept. What lies
// there can be removed, and nothing else belongs to the local cloud, once
// its processes and network are gone.
func (r Root) Local(names ...string) string {
	return r.Path(append([]string{".local"}, names...)...)
}

// Bin is the folder of built or linked commands, first on PATH after
// sourcing Env.
func (r Root) Bin(names ...string) string { return r.Local(append([]string{"bin"}, names...)...) }

// KubernetesBin is the folder of one Kubernetes version ("v1.34.2"): the
// multi-call binary and a link for each component.
func (r Root) KubernetesBin(version string, names ...string) string {
	return r.Bin(append([]string{"kubernetes-" + version}, names...)...)
}

// Logs is the folder for the logs of builds and of the registry.
func (r Root) Logs(names ...string) string { return r.Local(append([]string{"logs"}, names...)...) }

// Env is the file to source in a shell: PATH, Pulumi's home, backend and
// passphrase file.
func (r Root) Env() string { return r.Local("env") }

// Passphrase is the file with the passphrase of Pulumi's secrets, mode 0600.
func (r Root) Passphrase() string { return r.Local("passphrase") }

// State is the folder of Pulumi's state, a file:// backend.
func (r Root) State() string { return r.Local("state") }

// PulumiHome is PULUMI_HOME: plugins and workspaces of this clone alone.
func (r Root) PulumiHome(names ...string) string {
	return r.Local(append([]string{"pulumi"}, names...)...)
}

// Registry is the folder of the local image registry's blobs and manifests.
func (r Root) Registry(names ...string) string {
	return r.Local(append([]string{"registry"}, names...)...)
}

// Images is the folder of built images.
func (r Root) Images(names ...string) string {
	return r.Local(append([]string{"images"}, names...)...)
}

// FirstStart is the file with the seconds that the first start of the whole
// cloud took, tools built and stacks deployed.
func (r Root) FirstStart() string { return r.Local("first-start") }

// ClusterDir is the folder of one cluster's state.
func (r Root) ClusterDir(cluster string, names ...string) string {
	return r.Local(append([]string{cluster}, names...)...)
}

// Kubeconfig is the admin kubeconfig of a cluster, mode 0600.
func (r Root) Kubeconfig(cluster string) string { return r.ClusterDir(cluster, "kubeconfig") }

// PulumiEnv is the environment that plain pulumi needs to work on the local
// cloud, the same that Env sets, in the form of os.Environ. PATH is extended
// from the given one.
func (r Root) PulumiEnv(path string) []string {
	return []string{
		"PATH=" + r.Bin() + string(os.PathListSeparator) + path,
		"PULUMI_HOME=" + r.PulumiHome(),
		"PULUMI_BACKEND_URL=file://" + r.State(),
		"PULUMI_CONFIG_PASSPHRASE_FILE=" + r.Passphrase(),
		// Nothing here may wait for a network that is not there.
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
		// A plugin on PATH would be taken whatever its version; the CLI still
		// finds its language host, which lies beside it.
		"PULUMI_IGNORE_AMBIENT_PLUGINS=true",
	}
}

// The network that joins the local clusters: a bridge on the host and a link
// per cluster into the cluster's network namespace.
const (
	// Bridge is the bridge's name on the host.
	Bridge = "cloud-br"
	// RegistryAddress is where the registry listens, on the bridge's own
	// address, so that every cluster reaches it under the same name.
	RegistryAddress = "10.98.0.1:5000"
)

// BridgePrefix is the host's address on the bridge with the subnet's length.
var BridgePrefix = netip.MustParsePrefix("10.98.0.1/24")

// Cluster is what is fixed of one local cluster.
type Cluster struct {
	Name string
	// Netns is the network namespace's name, and the name of the host's end
	// of its link.
	Netns string
	// Address is the node's address on the bridge; the API server listens
	// there on port 6443, the gateway on port 80.
	Address netip.Addr
	// Pods and Services are the cluster's own ranges. They differ between
	// clusters so that an address in a log names its cluster.
	Pods, Services netip.Prefix
}

// API is the address of the cluster's API server.
func (c Cluster) API() string { return "https://" + netip.AddrPortFrom(c.Address, 6443).String() }

// DNS is the address of the cluster's DNS service, the tenth of its range by
// convention.
func (c Cluster) DNS() netip.Addr {
	a := c.Services.Addr().As4()
	a[3] = 10
	return netip.AddrFrom4(a)
}

// Clusters are the local clusters in the order in which they are deployed.
func Clusters() []Cluster {
	return []Cluster{cluster("live", 1), cluster("omega", 2), cluster("edge", 3)}
}

func cluster(name string, n byte) Cluster {
	return Cluster{
		Name:     name,
		Netns:    "cloud-" + name,
		Address:  netip.AddrFrom4([4]byte{10, 98, 0, 10 + n}),
		Pods:     netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 110 + n, 0, 0}), 16),
		Services: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 210 + n, 0, 0}), 16),
	}
}

// ClusterNamed returns the cluster of that name; the error lists the names.
func ClusterNamed(name string) (Cluster, error) {
	names := make([]string, 0, 3)
	for _, c := range Clusters() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Cluster{}, fmt.Errorf("no local cluster %q: want one of %q", name, names)
}

// WriteFile writes a file atomically with the given mode: a reader sees the
// old content or the new one, also after a crash. It does nothing if the
// content is there already.
func WriteFile(path string, content []byte, mode fs.FileMode) error {
	old, err := os.ReadFile(path)
	if err == nil && string(old) == string(content) {
		return os.Chmod(path, mode)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(content)
	err = errors.Join(err, temp.Chmod(mode), temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
