package clusters

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// GKE is a cluster to make on Google Kubernetes Engine.
type GKE struct {
	// Project is its ID.
	Project string
	// Location is a zone or a region, and Zones are where the nodes are: the location itself, or zones of
	// the region.
	Location string
	Zones    []string
	// Version of the control plane, exactly, such as "1.33.5-gke.1080000".
	Version string
	// Channel is one of Channels.
	Channel string
	// Window is the time of day, UTC, at which four hours for maintenance begin, as "HH:MM".
	Window string
	// Hold leaves minor versions and node upgrades to the owner for a time; nil does not.
	Hold *Hold
	// Access are the networks (CIDR) from which the API can be reached.
	Access []string
	// EncryptionKey is the name of a key in Cloud KMS that encrypts Secrets; "" for none.
	EncryptionKey string
	// WorkloadLogs sends what pods write to Cloud Logging.
	WorkloadLogs bool
	// Protect keeps the cluster from being deleted or replaced.
	Protect bool
	// Network is where it lies.
	Network GKENetwork
}

// Channels are the release channels of a cluster.
var Channels = []string{"rapid", "regular", "stable"}

// Hold is a time from the beginning of one day to the beginning of another, as "YYYY-MM-DD", in UTC.
type Hold struct{ From, Until string }

// GKENetwork is the part of the network that a cluster lies in; see package foundation.
type GKENetwork struct {
	// Network and Subnetwork are self links.
	Network, Subnetwork pulumi.StringInput
	// PodsRange and ServicesRange are the names of secondary ranges of the subnetwork.
	PodsRange, ServicesRange pulumi.StringInput
	// ControlPlane is a /28 in CIDR notation.
	ControlPlane pulumi.StringInput
	// NodeAccount is the e-mail address of the nodes' service account.
	NodeAccount pulumi.StringInput
}

// GKEPool is a node pool to make.
type GKEPool struct {
	// Image is the name of an entry of Images.
	Image string
	// Version of the kubelets, exactly.
	Version string
	// MachineType such as "e2-standard-4".
	MachineType string
	// Spot takes machines that Google may take back at any time.
	Spot bool
	// Min and Max are the numbers of nodes per zone.
	Min, Max int
	// DiskGB is the size of the boot disk.
	DiskGB  int
	Upgrade Upgrade
}

// Upgrade says how a pool's nodes are replaced: in surges, or blue-green.
type Upgrade struct {
	BlueGreen bool
	// MaxSurge nodes are added and MaxUnavailable are missing at a time.
	MaxSurge, MaxUnavailable int
	// BatchNodes are drained at a time, with SoakMinutes after each batch and after the last. Blue-green.
	BatchNodes, SoakMinutes int
}
