// Package images packs the tools of package toolchain into container images: the
// same digest on each build and on any path, from scratch, for a user without
// rights. Config and manifests name images by digest only.
package images

import (
	"runtime"

	"live-omega/local/layout"
	"live-omega/local/toolchain"
)

// packing changes when the way in which images are made changes, so that
// images of the old way are made anew.
const packing = "1"

// definition is one image and what goes into it.
type definition struct {
	Name        string
	Version     string
	Description string
	// Source is where the main program's source is kept; "live-omega" for
	// programs of this project.
	Source string
	// Tools are the commands of package toolchain, by their path in the image.
	// The first is the entry point.
	Tools []packed
	// Folders are empty ones that programs expect, writable for all.
	Folders []string
}

type packed struct{ Tool, Path string }

// own is the source of this project's programs.
const own = "live-omega"

// definitions are all images. Versions of an image are oldest first.
func definitions() []definition {
	all := []definition{
		{
			Name: "pause", Version: "v1.0.0", Source: own, Description: "Holds the namespaces of a pod",
			Tools: []packed{{"pause", "/pause"}},
		},
		{
			Name: "coredns", Version: toolchain.CoreDNSVersion, Source: "https://github.com/coredns/coredns",
			Description: "CoreDNS with the plugins that a cluster's DNS uses",
			Tools:       []packed{{"coredns", "/coredns"}},
		},
		{
			Name: "local-path-provisioner", Version: toolchain.LocalPathProvisionerVersion,
			Source:      "https://github.com/rancher/local-path-provisioner",
			Description: "Volumes from folders of the node. /volume is its setup and teardown command, so it is its own helper image",
			Tools:       []packed{{"local-path-provisioner", "/local-path-provisioner"}, {"volume", "/volume"}},
		},
		{
			Name: "traefik", Version: toolchain.TraefikVersion, Source: "https://github.com/traefik/traefik",
			Description: "Traefik proxy, the clusters' gateway; built without the DNS providers of ACME",
			Tools:       []packed{{"traefik", "/traefik"}},
			// Its buffering middleware spills large bodies there.
			Folders: []string{"/tmp"},
		},
	}
	for _, v := range toolchain.DemoVersions {
		all = append(all, definition{
			Name: "demo", Version: v, Source: own, Description: "Says which cluster, app, variant, version and pod answered",
			Tools: []packed{{"demo-" + v, "/demo"}},
		})
	}
	return all
}

func (d definition) title() string { return d.Name + " " + d.Version }

func (d definition) files(root layout.Root) []file {
	tools := map[string]toolchain.Tool{}
	for _, t := range toolchain.Table() {
		tools[t.Name] = t
	}
	var files []file
	for _, f := range d.Folders {
		files = append(files, file{Path: f, Mode: 0o1777})
	}
	for _, p := range d.Tools {
		files = append(files, file{Path: p.Path, Source: tools[p.Tool].Path(root), Mode: 0o755})
	}
	return files
}

// Tools are the commands that the named images are made of, all of them if
// none is named; to be made before Build.
func Tools(names ...string) ([]string, error) {
	chosen, err := choose(names)
	if err != nil {
		return nil, err
	}
	var tools []string
	for _, d := range chosen {
		for _, p := range d.Tools {
			tools = append(tools, p.Tool)
		}
	}
	return tools, nil
}

// platform of the images: that of the machine, where they run.
func platform() (os, arch string) { return "linux", runtime.GOARCH }
