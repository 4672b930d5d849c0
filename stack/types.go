package stack

import (
	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/ingress"
)

// Namespace is that of the config keys: "live-omega:apps".
const Namespace = "live-omega"

// Layer is what a stack is.
type Layer string

// The layers, in the order in which they are deployed.
const (
	LayerShared  Layer = "shared"
	LayerCluster Layer = "cluster"
	LayerEdge    Layer = "edge"
)

// ClusterNames are the clusters of the cloud, sorted. They are peers; nothing depends on which is which.
var ClusterNames = []string{"live", "omega"}

// Config is what a person writes in Pulumi.<stack>.yaml below "live-omega:", one field per concern.
type Config struct {
	Layer Layer `json:"layer"`
	// Stacks holds, by the logical name (shared, live, omega, edge), the names of the stacks of this
	// cloud where they differ, such as "gke-live".
	Stacks map[string]string `json:"stacks"`
	// Cluster is where the stack's objects go. Layers cluster and edge.
	Cluster *Cluster `json:"cluster"`
	// Ingress is the way into the cluster. Layers cluster and edge.
	Ingress *Ingress `json:"ingress"`
	// Domain below which the apps are: an app's host is <app>.<domain>. Layers cluster and edge.
	Domain string `json:"domain"`
	// Apps that run on the cluster, by name. Layer cluster.
	Apps map[string]App `json:"apps"`
	// Traffic between the clusters. Layer edge.
	Traffic *Traffic `json:"traffic"`
	// Primary is the cluster whose databases accept writes. Layer shared.
	Primary string `json:"primary"`
}

// Cluster is a Kubernetes cluster.
type Cluster struct {
	// Name is "live" or "omega" in the layer cluster, and the edge's own otherwise.
	Name string `json:"name"`
	// Platform is where the cluster comes from; default kubeconfig.
	Platform clusters.Platform `json:"platform"`
	// Kubeconfig is a path, relative to the folder of Pulumi.yaml.
	Kubeconfig string `json:"kubeconfig"`
	// Context in the kubeconfig; default is the cluster's name.
	Context string `json:"context"`
	// Registry is what images are pulled from, "host:port/path"; it is put before every image.
	Registry string `json:"registry"`
}

// Ingress is the way into a cluster.
type Ingress struct {
	// Image of Traefik, "name@sha256:digest".
	Image string `json:"image"`
	// Replicas is the number of pods, 2 to 20; default 2.
	Replicas *int `json:"replicas"`
	// Exposure is externalIP, loadBalancer or nodePort; default externalIP.
	Exposure ingress.Kind `json:"exposure"`
	// Address is what the ingress is reached at; none with loadBalancer.
	Address string `json:"address"`
	// TrustedProxies are networks (CIDR) whose X-Forwarded-* headers are believed; default none.
	TrustedProxies []string `json:"trustedProxies"`
}

// App says which versions of an app run on a cluster, and who sees which.
type App struct {
	// Variants a and, optionally, b.
	Variants map[string]Variant `json:"variants"`
	Release  Release            `json:"release"`
}

// Variant is one deployed version of an app.
type Variant struct {
	// Image is "name@sha256:digest".
	Image string `json:"image"`
	// Version is what people call it: at most 63 letters, digits, ".", "_" and "-".
	Version string `json:"version"`
	// Replicas is the number of pods, 0 to 100; default 1.
	Replicas *int `json:"replicas"`
}

// Release says who is routed to which variant.
type Release struct {
	// Strategy; default ramped.
	Strategy abapp.Strategy `json:"strategy"`
	// Weight is the percentage of requests for variant b, 0 to 100, under strategy canary.
	Weight *int `json:"weight"`
}

// Traffic says which percentage of the requests each cluster gets, by the cluster's name. A cluster
// that is left out gets 0.
type Traffic struct {
	Default map[string]int `json:"default"`
	// Apps that differ from the default, by name.
	Apps map[string]map[string]int `json:"apps"`
}
