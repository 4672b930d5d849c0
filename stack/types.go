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
	// GCP is the project on Google Cloud. On the platform gke, all layers; its presence makes it the
	// platform of the layers shared and edge.
	GCP *GCP `json:"gcp"`
	// Foundation is what both clusters share on Google Cloud. Layer shared, platform gke.
	Foundation *Foundation `json:"foundation"`
	// Cluster is where the stack's objects go. Layers cluster and, on the platform kubeconfig, edge.
	Cluster *Cluster `json:"cluster"`
	// Nodes are the cluster's node pools, and which of them carries the pods. Layer cluster.
	Nodes *Nodes `json:"nodes"`
	// Ingress is the way into the cluster. Layers cluster and, on the platform kubeconfig, edge.
	Ingress *Ingress `json:"ingress"`
	// Domain below which the apps are: an app's host is <app>.<domain>. Layers cluster and edge; on the
	// platform gke also shared, which has its zone.
	Domain string `json:"domain"`
	// Communities that share the cluster, by name. Layer cluster.
	Communities map[string]Community `json:"communities"`
	// Apps that run on the cluster, by name. Layer cluster.
	Apps map[string]App `json:"apps"`
	// Traffic between the clusters. Layer edge.
	Traffic *Traffic `json:"traffic"`
	// LoadBalancer is the public way in on Google Cloud. Layer edge, platform gke.
	LoadBalancer *LoadBalancer `json:"loadBalancer"`
	// Primary is the cluster whose databases accept writes. Layer shared.
	Primary string `json:"primary"`
}

// Cluster is a Kubernetes cluster.
type Cluster struct {
	// Name is "live" or "omega" in the layer cluster, and the edge's own otherwise.
	Name string `json:"name"`
	// Platform is where the cluster comes from; default kubeconfig.
	Platform clusters.Platform `json:"platform"`
	// Kubeconfig is a path, relative to the folder of Pulumi.yaml. Platform kubeconfig.
	Kubeconfig string `json:"kubeconfig"`
	// Context in the kubeconfig; default is the cluster's name. Platform kubeconfig.
	Context string `json:"context"`
	// GKE says what cluster to make. Platform gke.
	GKE *GKE `json:"gke"`
	// Registry is what images are pulled from, "host:port/path"; it is put before every image. Default on
	// the platform gke is the one that the stack shared makes.
	Registry string `json:"registry"`
}

// Ingress is the way into a cluster.
type Ingress struct {
	// Image of Traefik, "name@sha256:digest".
	Image string `json:"image"`
	// Replicas is the number of pods, 2 to 20; default 2.
	Replicas *int `json:"replicas"`
	// Exposure is externalIP, loadBalancer, nodePort or, on the platform gke, neg; default externalIP, and
	// neg on the platform gke.
	Exposure ingress.Kind `json:"exposure"`
	// Address is what the ingress is reached at; none with loadBalancer and neg.
	Address string `json:"address"`
	// TrustedProxies are networks (CIDR) whose X-Forwarded-* headers are believed; default none, and with
	// neg Google's load balancers.
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
	// Replicas is the number of pods, 0 to 100; default 1. Not together with Autoscale.
	Replicas *int `json:"replicas"`
	// Autoscale lets the number of pods follow the load.
	Autoscale *Autoscale `json:"autoscale"`
	// Env are environment variables of this variant alone.
	Env map[string]string `json:"env"`
	// Args are the arguments of the container's process; default are the image's.
	Args []string `json:"args"`
	// Resources of a pod, where they differ from the catalogue's.
	Resources *Resources `json:"resources"`
	// Pool is the node pool that the pods run on, a or b; default is any.
	Pool string `json:"pool"`
}

// Autoscale are the bounds of a HorizontalPodAutoscaler.
type Autoscale struct {
	// Min and Max are numbers of pods, 1 to 100; Min is not above Max.
	Min int `json:"min"`
	Max int `json:"max"`
	// CPU is the wanted use in percent of what the pods request, 1 to 100; default 70.
	CPU *int `json:"cpu"`
}

// Resources are quantities as Kubernetes writes them, such as 50m and 64Mi. What is left out is as in
// the catalogue.
type Resources struct {
	CPU         string `json:"cpu"`
	Memory      string `json:"memory"`
	CPULimit    string `json:"cpuLimit"`
	MemoryLimit string `json:"memoryLimit"`
}

// Release says who is routed to which variant. Which fields belong to which strategy is said there; see
// package abapp.
type Release struct {
	// Strategy; default ramped.
	Strategy abapp.Strategy `json:"strategy"`
	// Weight is the percentage of requests for variant b, 0 to 100. canary.
	Weight *int `json:"weight"`
	// Sticky keeps a visitor on one variant by a cookie. canary, default false; abTest, default true.
	Sticky *bool `json:"sticky"`
	// Active is the variant that gets all requests, a or b. blueGreen.
	Active string `json:"active"`
	// Match are rules; who fits any of them sees b. abTest.
	Match []Match `json:"match"`
	// Percent of the requests, 1 to 100, is copied to b. shadow.
	Percent *int `json:"percent"`
	// Preview gives the variant that users do not see a host of its own, <app>-preview.<domain>.
	// blueGreen and dark, default true.
	Preview *bool `json:"preview"`
	// Pin lets any request choose its variant with the header X-Variant. Default false.
	Pin *bool `json:"pin"`
}

// Match is fitted by requests that have all of it.
type Match struct {
	// Headers, Cookies and Query parameters, by name; at most one cookie.
	Headers map[string]string `json:"headers"`
	Cookies map[string]string `json:"cookies"`
	Query   map[string]string `json:"query"`
}

// Community is a group of people whose apps live on this cloud.
type Community struct {
	// Contact is where the community is reached.
	Contact string `json:"contact"`
	// Members may look at, or change, what runs in the community's namespaces.
	Members []Member `json:"members"`
	// Hosts are further public names, each with the app of the community that answers there.
	Hosts map[string]string `json:"hosts"`
	// Quota is what the community may use in all.
	Quota *Quota `json:"quota"`
	// Defaults are the limits of containers that say none.
	Defaults *Resources `json:"defaults"`
	// Internet lets the community's pods reach addresses outside the cloud. Default false.
	Internet *bool `json:"internet"`
	// Until is the last day of a guest, as YYYY-MM-DD; none stays for good.
	Until string `json:"until"`
}

// Member is a subject of RBAC, with what it may do.
type Member struct {
	// Kind is User or Group; default User.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Role is view or edit; default view.
	Role string `json:"role"`
}

// Quota bounds what a community uses, in quantities as Kubernetes writes them.
type Quota struct {
	CPU    string `json:"cpu"`
	Memory string `json:"memory"`
	Pods   *int   `json:"pods"`
	// Storage is the sum of all volume claims; default is none at all.
	Storage string `json:"storage"`
}

// Traffic says which percentage of the requests each cluster gets.
type Traffic struct {
	Default *Split `json:"default"`
	// Apps that differ from the default, by name.
	Apps map[string]Split `json:"apps"`
}

// Split divides requests between the clusters.
type Split struct {
	// Live and Omega are percentages, 100 together; default 0.
	Live  *int `json:"live"`
	Omega *int `json:"omega"`
	// Sticky keeps a visitor on one cluster by a cookie. Default false.
	Sticky *bool `json:"sticky"`
	// Pin lets any request choose its cluster with the header X-Cluster. Default false.
	Pin *bool `json:"pin"`
	// Mirror copies requests to a cluster, whose answers are dropped.
	Mirror *Mirror `json:"mirror"`
}

// Mirror copies a share of the requests that the other cluster answers.
type Mirror struct {
	// To is the cluster that gets the copies.
	To string `json:"to"`
	// Percent of the requests that the other cluster answers, 1 to 100.
	Percent *int `json:"percent"`
}
