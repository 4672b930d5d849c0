// Package toolchain makes the commands that the local cloud runs: it links
// official ones of Pulumi where they are installed, and builds everything else
// from Go modules at pinned versions. What is there and up to date is never
// built again.
package toolchain

import (
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"live-omega/local/layout"
)

// Pinned versions. A test holds them equal to the go.mod files they are built
// from.
const (
	// GoToolchain compiles everything. Pinning it makes the bytes of a binary,
	// and so the digest of an image, the same on every machine; where another
	// Go is installed, the go command fetches this one.
	GoToolchain = "go1.26.8"

	PulumiVersion               = "v3.258.0"
	EtcdVersion                 = "v3.6.4"
	TraefikVersion              = "v3.5.4"
	CoreDNSVersion              = "v1.13.1"
	LocalPathProvisionerVersion = "v0.0.30"
)

// The Kubernetes versions that a local cluster can run.
const (
	DefaultKubernetes = "v1.34.2"
	NextKubernetes    = "v1.35.4"
)

// DemoVersions are the releases of the demo app, oldest first. They are built
// from the same source and differ in the version that they tell.
var DemoVersions = []string{"v1.0.0", "v2.0.0"}

// Tool is one command and how it is made.
type Tool struct {
	// Name is unique in the table.
	Name string
	// Version as the tool itself would tell it, with its leading v.
	Version string
	// Dir is the folder of the go.mod that pins the tool, relative to the
	// clone; "." is the project's own module, built from its working tree.
	Dir string
	// Modfile replaces go.mod in Dir when it is not empty.
	Modfile string
	// Package is what go build is given.
	Package string
	// LDFlags are added to the flags that every build has.
	LDFlags string
	// Output is the binary's path below .local.
	Output string
	// Links are names beside the binary that lead to it.
	Links []string
	// Packages is how many Go packages a build from nothing compiles; it is
	// only used to show progress, so it may be slightly off.
	Packages int
	// OnDemand leaves the tool out unless it is asked for by name.
	OnDemand bool
	// trims leave parts of dependencies out; none for most tools.
	trims []trim
	// official finds an installed build of the tool's own authors to use
	// instead; nil where there is none to look for.
	official func(Finder, Tool) (found string, version string, ok bool)
}

// Own tells whether the tool is built from the project's working tree.
func (t Tool) Own() bool { return t.Dir == "." }

// Path is the tool's binary in a clone.
func (t Tool) Path(root layout.Root) string { return root.Local(filepath.FromSlash(t.Output)) }

// Table is every tool, in the order in which builds start: a cluster's
// processes first, so that clusters start while the rest is being built, and
// long builds before short ones.
//
// The go.mod files of kubernetes, etcd, coredns and local-path-provisioner ask
// for the versions that the project's own go.mod has of what they share with it
// (client-go, grpc and below): packages of one version are compiled once for
// all. That is an eighth of all that a build from nothing compiles.
func Table() []Tool {
	tools := []Tool{
		kubernetes(DefaultKubernetes, "", 2449),
		{
			Name: "etcd", Version: EtcdVersion, Dir: "local/tools/etcd", Package: ".",
			Output: "bin/etcd", Packages: 565,
		},
		{
			Name: "coredns", Version: CoreDNSVersion, Dir: "local/tools/coredns", Package: ".",
			Output: "bin/coredns", Packages: 752,
		},
		{
			Name: "local-path-provisioner", Version: LocalPathProvisionerVersion,
			Dir: "local/tools/local-path-provisioner", Package: "github.com/rancher/local-path-provisioner",
			LDFlags: "-X main.VERSION=" + LocalPathProvisionerVersion,
			Output:  "bin/local-path-provisioner", Packages: 721,
		},
		own("volume", "v1.0.0", "./local/images/volume"),
		own("pause", "v1.0.0", "./local/images/pause"),
		{
			Name: "traefik", Version: TraefikVersion, Dir: "local/tools/traefik",
			Package: "github.com/traefik/traefik/v3/cmd/traefik",
			LDFlags: "-X github.com/traefik/traefik/v3/pkg/version.Version=" + TraefikVersion,
			Output:  "bin/traefik", Packages: 1591,
			trims: []trim{
				{"github.com/go-acme/lego/v4", []stand{{"providers/dns", "nodns/nodns.go"}}},
			},
		},
		{
			Name: "pulumi", Version: PulumiVersion, Dir: "local/tools/pulumi",
			Package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
			LDFlags: "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=" + PulumiVersion,
			Output:  "bin/pulumi", Packages: 1284, official: Finder.pulumi,
			trims: []trim{
				{"github.com/pulumi/pulumi/pkg/v3", []stand{
					{"secrets/cloud", "nokms/nokms.go"},
					{"authhelpers", "nogoogle/nogoogle.go"},
					{"operations", "nologs/nologs.go"},
				}},
				{"gocloud.dev", []stand{
					{"blob/azureblob", "noazblob/noazblob.go"},
					{"blob/gcsblob", "nogcsblob/nogcsblob.go"},
				}},
			},
		},
		plugin("pulumi-language-go", PulumiVersion, "bin", Finder.languageHost),
		resourcePlugin("kubernetes", layout.KubernetesProviderVersion),
		resourcePlugin("random", layout.RandomProviderVersion),
	}
	for _, v := range DemoVersions {
		demo := own("demo-"+v, v, "./apps/src/demo")
		tools = append(tools, demo)
	}
	next := kubernetes(NextKubernetes, "go-1.35.mod", 2490)
	next.OnDemand = true
	return append(tools, next)
}

func kubernetes(version, modfile string, packages int) Tool {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	set := " -X k8s.io/component-base/version."
	return Tool{
		Name: "kubernetes-" + version, Version: version,
		Dir: "local/tools/kubernetes", Modfile: modfile, Package: ".",
		LDFlags: strings.TrimSpace(set + "gitVersion=" + version + set + "gitMajor=" + major + set + "gitMinor=" + minor),
		Output:  "bin/kubernetes-" + version + "/kubernetes",
		Links: []string{
			"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy",
		},
		Packages: packages,
	}
}

// own is a command of this project.
func own(name, version, pkg string) Tool {
	return Tool{
		Name: name, Version: version, Dir: ".", Package: pkg,
		LDFlags: "-X main.version=" + version, Output: "bin/" + name, Packages: 250,
	}
}

func plugin(name, version, dir string, official func(Finder, Tool) (string, string, bool)) Tool {
	t := own(name, version, "./local/plugins/cmd/"+name)
	t.Output, t.Packages, t.official = dir+"/"+name, 900, official
	return t
}

// resourcePlugin lies where the CLI looks for a plugin of exactly the version
// that the program's SDK asks for, so that it never tries to download one.
func resourcePlugin(name, version string) Tool {
	dir := "pulumi/plugins/resource-" + name + "-v" + version
	return plugin("pulumi-resource-"+name, "v"+version, dir, Finder.resourcePlugin)
}

// KubernetesVersions are the versions that can be built, the default first.
func KubernetesVersions() []string {
	var versions []string
	for _, t := range Table() {
		if v, ok := strings.CutPrefix(t.Name, "kubernetes-"); ok {
			versions = append(versions, v)
		}
	}
	return versions
}

// KubernetesTool is the name in the table of a Kubernetes version ("v1.35.4");
// the error lists the versions that there are.
func KubernetesTool(version string) (string, error) {
	versions := KubernetesVersions()
	if !slices.Contains(versions, version) {
		return "", fmt.Errorf("no Kubernetes version %q can be built: want one of %s", version, strings.Join(versions, ", "))
	}
	return "kubernetes-" + version, nil
}

// find returns the named tools in the table's order; no names means all that
// are not on demand. "kubernetes" stands for the default version.
func find(table []Tool, names []string) ([]Tool, error) {
	want := make(map[string]bool, len(names))
	for _, n := range names {
		if n == "kubernetes" {
			n += "-" + DefaultKubernetes
		}
		want[n] = true
	}
	var found []Tool
	var known []string
	for _, t := range table {
		known = append(known, t.Name)
		if want[t.Name] || len(names) == 0 && !t.OnDemand {
			found = append(found, t)
			delete(want, t.Name)
		}
	}
	if len(want) > 0 {
		unknown := make([]string, 0, len(want))
		for n := range want {
			unknown = append(unknown, n)
		}
		sort.Strings(unknown)
		return nil, fmt.Errorf("no tool %s in the table: want some of %s", strings.Join(unknown, ", "), strings.Join(known, ", "))
	}
	return found, nil
}
