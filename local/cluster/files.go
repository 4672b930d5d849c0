package cluster

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"live-omega/local/cluster/cgroup"
	"live-omega/local/cluster/node"
	"live-omega/local/cluster/pki"
	"live-omega/local/layout"
)

// paths is where the parts of one node of a cluster lie. What the cluster has
// once lies with the first node.
type paths struct {
	root layout.Root
	c    layout.Cluster
	n    layout.Node
}

// first are the paths of the cluster and of its first node.
func first(root layout.Root, c layout.Cluster) paths { return paths{root, c, c.First()} }

// second are those of the same cluster's second node.
func (p paths) second() paths { return paths{p.root, p.c, p.c.Second()} }

// isFirst tells whether the node runs the control plane.
func (p paths) isFirst() bool { return p.n.Name == p.c.First().Name }

func (p paths) dir(names ...string) string    { return p.root.NodeDir(p.c, p.n, names...) }
func (p paths) pki(names ...string) string    { return p.dir(append([]string{"pki"}, names...)...) }
func (p paths) config(names ...string) string { return p.dir(append([]string{"config"}, names...)...) }

// run holds what says how the node is running: spec, state, locks.
func (p paths) run(names ...string) string { return p.dir(append([]string{"run"}, names...)...) }
func (p paths) logs() string               { return p.dir("logs") }

// group is the control group of the node. Two clones must not meet in one, so
// it carries a mark of the clone's path.
func (p paths) group() cgroup.Group {
	sum := sha256.Sum256([]byte(p.root))
	return cgroup.Group("live-omega-" + hex.EncodeToString(sum[:4]) + "/" + p.n.Name)
}

func (p paths) namespaces() node.Node { return node.Node{Dir: p.dir(), Netns: p.n.Netns} }

func (p paths) names() pki.Names {
	return pki.Names{Cluster: p.c.Name, Node: p.n.Name, Address: p.n.Address, Service: host(p.c.Services, 1)}
}

// host returns the n-th address of a range.
func host(prefix netip.Prefix, n byte) netip.Addr {
	a := prefix.Masked().Addr().As4()
	a[3] += n
	return netip.AddrFrom4(a)
}

// runtimeSocket is containerd's socket, as the node sees it.
const runtimeSocket = node.Runtime + "/containerd.sock"

// Files in the cluster's config folder.
const (
	encryptionFile     = "encryption.yaml"
	authenticationFile = "authentication.yaml"
	containerdFile     = "containerd.toml"
	kubeletFile        = "kubelet.yaml"
	kubeletResolvFile  = "resolv.conf"
	proxyFile          = "kube-proxy.yaml"
	cniFile            = "cni/10-pods.conflist"
	registryFile       = "registries/" + layout.RegistryAddress + "/hosts.toml"
)

// files renders the config files of the node's processes, by name in the config
// folder. The encryption key is not among them: it is made once.
func (p paths) files(o Options, tools hostTools) (map[string][]byte, error) {
	files := map[string][]byte{
		containerdFile: []byte(p.containerdConfig(o, tools)),
		registryFile:   []byte(registryConfig),
		// No servers: names from outside fail at once, instead of leaking
		// the machine's resolver into pods that ask for the node's.
		kubeletResolvFile: {},
	}
	objects := map[string]any{
		kubeletFile: p.kubeletConfig(),
		proxyFile:   p.proxyConfig(),
		cniFile:     p.cniConfig(),
	}
	if p.isFirst() {
		objects[authenticationFile] = authenticationConfig()
	}
	for name, object := range objects {
		content, err := yaml.Marshal(object)
		if name == cniFile && err == nil {
			content, err = yaml.YAMLToJSON(content)
		}
		if err != nil {
			return nil, fmt.Errorf("rendering %s: %w", name, err)
		}
		files[name] = content
	}
	return files, nil
}

// ensureFiles writes the config files and returns the revision of each, which
// changes when the process that reads it must restart.
func (p paths) ensureFiles(o Options, tools hostTools) (map[string]string, error) {
	files, err := p.files(o, tools)
	if err != nil {
		return nil, err
	}
	revisions := map[string]string{}
	if p.isFirst() {
		key, err := p.ensureEncryption()
		if err != nil {
			return nil, err
		}
		revisions[encryptionFile] = revision(key)
	}
	for name, content := range files {
		if err := layout.WriteFile(p.config(name), content, 0o644); err != nil {
			return nil, err
		}
		revisions[name] = revision(content)
	}
	return revisions, nil
}

func revision(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}

// ensureEncryption makes the key with which Secrets are encrypted in etcd,
// once: another key would make them unreadable.
func (p paths) ensureEncryption() ([]byte, error) {
	path := p.config(encryptionFile)
	content, err := os.ReadFile(path)
	if err == nil {
		return content, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading the key of secrets: %w", err)
	}
	if _, err := os.Stat(filepath.Join(p.dir("etcd"), "member")); err == nil {
		return nil, fmt.Errorf("%s is gone, but etcd still holds Secrets encrypted with it: restore the file, or start afresh with: cloud local destroy %s", path, p.c.Name)
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("making the key of secrets: %w", err)
	}
	content, err = yaml.Marshal(encryptionConfig(base64.StdEncoding.EncodeToString(key)))
	if err != nil {
		return nil, fmt.Errorf("making the key of secrets: %w", err)
	}
	return content, layout.WriteFile(path, content, 0o600)
}
