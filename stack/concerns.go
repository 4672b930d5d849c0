package stack

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"live-omega/clusters"
)

// Whether a concern must be there, or may.
const (
	required = true
	optional = false
)

// concerns say which keys each layer has on each platform.
var concerns = map[Layer]map[clusters.Platform]map[string]bool{
	LayerShared: {
		clusters.Kubeconfig: {"layer": required, "stacks": optional, "primary": required},
		clusters.OnGKE:      {"layer": required, "stacks": optional, "primary": required, "gcp": required, "foundation": required, "domain": required},
	},
	LayerCluster: {
		clusters.Kubeconfig: {
			"layer": required, "stacks": optional, "cluster": required, "ingress": required, "domain": required,
			"communities": optional, "apps": optional, "nodes": optional,
		},
		clusters.OnGKE: {
			"layer": required, "stacks": optional, "gcp": required, "cluster": required, "ingress": required, "domain": required,
			"communities": optional, "apps": optional, "nodes": required,
		},
	},
	LayerEdge: {
		clusters.Kubeconfig: {"layer": required, "stacks": optional, "cluster": required, "ingress": required, "domain": required, "traffic": required},
		clusters.OnGKE:      {"layer": required, "stacks": optional, "gcp": required, "domain": required, "traffic": required, "loadBalancer": optional},
	},
}

// layer checks that the layer is known, and that the file holds the keys of the layer on its platform and
// no others.
func (v *validator) layer() {
	layers := []string{string(LayerShared), string(LayerCluster), string(LayerEdge)}
	if !v.oneOf("layer", string(v.config.Layer), layers) {
		return
	}
	platform := v.config.platform()
	keys, ok := concerns[v.config.Layer][platform]
	if !ok {
		return // An unknown platform, which is reported where it is written.
	}
	written := func(key string) bool { _, ok := v.raw.Values[key]; return ok }
	for _, key := range knownKeys() {
		needed, belongs := keys[key]
		switch {
		case !belongs && written(key):
			v.misplaced(key, platform)
		case needed && !written(key):
			v.report(key, "missing", example(key, platform))
		}
	}
}

// misplaced reports a key of another layer, or of another platform.
func (v *validator) misplaced(key string, platform clusters.Platform) {
	layer := v.config.Layer
	for _, other := range slices.Sorted(maps.Keys(concerns[layer])) {
		if _, ok := concerns[layer][other][key]; ok && other != platform {
			v.report(key, fmt.Sprintf("does not belong to layer %s on platform %s", layer, platform), platformRemedy(layer, other))
			return
		}
	}
	v.report(key, "does not belong to layer "+string(layer),
		fmt.Sprintf("move it to a stack of layer %s, or remove it", strings.Join(layersWith(key), " or ")))
}

// platformRemedy says how a stack comes to be on a platform.
func platformRemedy(layer Layer, platform clusters.Platform) string {
	switch {
	case layer == LayerCluster:
		return fmt.Sprintf("remove it, or write cluster.platform: %s", platform)
	case platform == clusters.OnGKE:
		return "remove it, or write live-omega:gcp, which makes this a stack on Google Cloud"
	default:
		return "remove it, or remove live-omega:gcp, which makes this a stack on Google Cloud"
	}
}

// example shows what to write for a concern that is missing on a platform.
func example(key string, platform clusters.Platform) string {
	if text, ok := examplesOnGKE[key]; ok && platform == clusters.OnGKE {
		return text
	}
	return examples[key]
}

// examplesOnGKE differ from the other ones.
var examplesOnGKE = map[string]string{
	"cluster": "write {name: live, platform: gke, gke: {location: europe-west3-a, version: 1.33.5-gke.1080000, access: [203.0.113.7/32]}}",
	"ingress": `write {image: "traefik@sha256:..."}`,
	"domain":  "write the domain below which the apps are, such as cloud.example.org",
}

// examples show what to write for a concern that is missing.
var examples = map[string]string{
	"cluster":    "write {name: live, kubeconfig: .local/live/kubeconfig}",
	"ingress":    `write {image: "traefik@sha256:...", address: 10.98.0.11}`,
	"domain":     "write the domain below which the apps are, such as live-omega.test",
	"traffic":    "write {default: {live: 100, omega: 0}}",
	"primary":    "write one of " + strings.Join(ClusterNames, ", "),
	"gcp":        "write {project: my-cloud, region: europe-west3}",
	"foundation": "write {networks: {live: {nodes: 10.10.0.0/20, pods: 10.16.0.0/14, services: 10.10.16.0/20, controlPlane: 10.10.32.0/28}, omega: ...}}",
	"nodes":      "write {active: a, pools: {a: {image: cos, machineType: e2-standard-4}}}",
}

// layersWith are the layers that have a key on any platform, sorted.
func layersWith(key string) []string {
	var names []string
	for _, layer := range slices.Sorted(maps.Keys(concerns)) {
		for _, keys := range concerns[layer] {
			if _, ok := keys[key]; ok && !slices.Contains(names, string(layer)) {
				names = append(names, string(layer))
			}
		}
	}
	return names
}
