package stack

import (
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"

	"live-omega/clusters"
	"live-omega/components/ingress"
	"live-omega/stack/strict"
)

// maxReplicas and maxIngressReplicas bound pods against a slip of the finger.
const (
	maxReplicas        = 100
	maxIngressReplicas = 20
	maxDomain          = 200
)

var (
	dnsLabel  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	dnsName   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	stackName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
	registry  = regexp.MustCompile(`^[a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9._-]+)*$`)
	imageName = regexp.MustCompile(`^([a-z0-9.-]+(:[0-9]{1,5})?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*@sha256:[0-9a-f]{64}$`)
	version   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)
)

// validate finds everything that is wrong with config that is decoded and has its defaults.
func validate(config Config, raw Raw) []strict.Problem {
	if _, written := raw.Values["gcp"]; written && config.GCP == nil {
		// It could not be read, which is reported; it makes this a stack on Google Cloud all the same.
		config.GCP = &GCP{}
	}
	v := &validator{config: config, raw: raw}
	v.layer()
	v.stacks()
	v.gcp()
	v.foundation()
	v.cluster()
	v.nodes()
	v.ingress()
	v.domain()
	v.communities()
	v.apps()
	v.traffic()
	v.loadBalancer()
	v.primary()
	return v.problems
}

type validator struct {
	config   Config
	raw      Raw
	problems []strict.Problem
}

func (v *validator) report(path, found, remedy string) {
	v.problems = append(v.problems, strict.Problem{Path: path, Found: found, Remedy: remedy})
}

// oneOf reports a name that is none of the known ones, with the one that was probably meant.
func (v *validator) oneOf(path, name string, known []string) bool {
	switch {
	case slices.Contains(known, name):
		return true
	case name == "":
		v.report(path, "missing", "write one of "+strings.Join(known, ", "))
	default:
		remedy := "write one of " + strings.Join(known, ", ")
		if meant, ok := strict.Closest(name, known); ok {
			remedy = fmt.Sprintf("did you mean %s?", meant)
		}
		v.report(path, "found "+quote(name), remedy)
	}
	return false
}

func (v *validator) stacks() {
	taken := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.config.Stacks)) {
		path, stack := strict.Join("stacks", name), v.config.Stacks[name]
		if !slices.Contains(logicalStacks, name) {
			v.oneOf(path, name, slices.Sorted(slices.Values(logicalStacks)))
			continue
		}
		if !stackName.MatchString(stack) {
			v.report(path, "found "+quote(stack), "write the name of a stack: letters, digits, \"-\", \"_\" and \".\", at most 100")
			continue
		}
		if other, ok := taken[stack]; ok {
			v.report(path, fmt.Sprintf("found %s, which is %s already", quote(stack), other), "write another stack; every one is one thing only")
		}
		taken[stack] = name
	}
}

func (v *validator) cluster() {
	cluster := v.config.Cluster
	if cluster == nil || !v.belongs("cluster") {
		return
	}
	v.clusterName(cluster.Name)
	v.oneOf("cluster.platform", string(cluster.Platform), clusters.Platforms())
	switch {
	case cluster.Platform != clusters.OnGKE:
		v.clusterByKubeconfig(*cluster)
	case v.config.Layer == LayerCluster:
		v.clusterOnGKE(*cluster)
	default:
		v.report("cluster.platform", "found "+quote(string(cluster.Platform))+" in layer "+string(v.config.Layer),
			"write kubeconfig, or write live-omega:gcp in the place of cluster and ingress")
	}
	if cluster.Registry != "" && !registry.MatchString(cluster.Registry) {
		v.report("cluster.registry", "found "+quote(cluster.Registry), "write host:port/path without https:// and without a slash at the end")
	}
}

// clusterByKubeconfig checks how a cluster that exists is reached.
func (v *validator) clusterByKubeconfig(cluster Cluster) {
	if cluster.GKE != nil && cluster.Platform == clusters.Kubeconfig {
		v.report("cluster.gke", "does not belong to platform kubeconfig", "remove it, or write platform: gke")
	}
	switch path := cluster.Kubeconfig; {
	case path == "" && cluster.GKE != nil:
		// One mistake is enough: which platform is meant.
	case path == "":
		v.report("cluster.kubeconfig", "missing", "write the path of the cluster's kubeconfig")
	case strings.Contains(path, "\n") || strings.Contains(path, "apiVersion"):
		// What was found holds credentials, and is not repeated.
		v.report("cluster.kubeconfig", "holds the contents of a kubeconfig", "write its path, so that no credential gets into the state")
	}
}

// clusterName also finds the config of one cluster pasted into the stack of the other.
func (v *validator) clusterName(name string) {
	switch {
	case v.config.Layer == LayerCluster:
		if v.oneOf("cluster.name", name, ClusterNames) && v.config.Stacks[name] != v.raw.Stack {
			v.report("cluster.name", fmt.Sprintf("found %s, whose stack is %s and not %s", quote(name), v.config.Stacks[name], v.raw.Stack),
				fmt.Sprintf("write the cluster that this stack is, or in every stack's config live-omega:stacks: {%s: %s}", name, v.raw.Stack))
		}
	case name == "":
		v.report("cluster.name", "missing", "write a name, such as edge")
	case !dnsLabel.MatchString(name):
		v.report("cluster.name", "found "+quote(name), "write a name of lower-case letters, digits and \"-\", at most 63")
	case v.config.Layer == LayerEdge && slices.Contains(ClusterNames, name):
		v.report("cluster.name", "found "+quote(name), "write another name, such as edge; the edge runs on a cluster of its own")
	}
}

func (v *validator) ingress() {
	in := v.config.Ingress
	if in == nil || !v.belongs("ingress") {
		return
	}
	v.image("ingress.image", in.Image)
	if n := *in.Replicas; n < ingress.MinReplicas || n > maxIngressReplicas {
		v.report("ingress.replicas", fmt.Sprintf("found %d", n),
			fmt.Sprintf("write %d to %d; one pod must be replaceable while another serves", ingress.MinReplicas, maxIngressReplicas))
	}
	if v.exposure(in.Exposure) {
		v.address(in.Exposure, in.Address)
	}
	for i, network := range in.TrustedProxies {
		if _, _, err := net.ParseCIDR(network); err != nil {
			v.report(fmt.Sprintf("ingress.trustedProxies[%d]", i), "found "+quote(network), "write a network, such as 10.98.0.0/24")
		}
	}
}

func (v *validator) address(kind ingress.Kind, address string) {
	isIP := net.ParseIP(address) != nil
	switch {
	case kind == ingress.LoadBalancer || kind == ingress.NEG:
		if address != "" {
			v.report("ingress.address", fmt.Sprintf("found %s with exposure %s", quote(address), kind), "remove it; the platform decides the address")
		}
	case address == "":
		v.report("ingress.address", "missing", fmt.Sprintf("write the address for exposure %s", kind))
	case kind == ingress.ExternalIP && !isIP:
		v.report("ingress.address", "found "+quote(address), "write an IP address without a port, such as 10.98.0.11")
	case !isIP && !dnsName.MatchString(address):
		v.report("ingress.address", "found "+quote(address), "write an IP address or a host name without a port")
	}
}

func (v *validator) domain() {
	domain := v.config.Domain
	if _, written := v.raw.Values["domain"]; !written || !v.belongs("domain") {
		return
	}
	onGCP, example := v.config.platform() == clusters.OnGKE, "live-omega.test"
	if onGCP {
		example = "cloud.example.org"
	}
	switch {
	case len(domain) > maxDomain || !dnsName.MatchString(domain):
		v.report("domain", "found "+quote(domain), "write a domain in lower case, without http:// and without a dot at the end, such as "+example)
	case onGCP && v.config.Layer != LayerCluster:
		// Clusters have no zone and no certificates; an edge elsewhere may send them requests for any name.
		v.domainOnGCP(domain)
	}
}

func (v *validator) primary() {
	if _, written := v.raw.Values["primary"]; written {
		v.oneOf("primary", v.config.Primary, ClusterNames)
	}
}

// image wants a digest, because a tag can move under a running app.
func (v *validator) image(path, image string) {
	const remedy = "write name@sha256:digest, with the 64 digits of the digest"
	switch {
	case image == "":
		v.report(path, "missing", remedy)
	case !imageName.MatchString(image):
		v.report(path, "found "+quote(image), remedy)
	}
}

// quote makes a value readable in a message, whatever is in it.
func quote(text string) string { return strict.Quote(text) }
