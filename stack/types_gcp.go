package stack

// GCP is the project on Google Cloud that a stack's resources are in.
type GCP struct {
	// Project is the ID of the project, 6 to 30 characters.
	Project string `json:"project"`
	// Region such as europe-west3.
	Region string `json:"region"`
	// Protect keeps what cannot be made again as it was from being deleted or replaced: clusters, their
	// network and the accounts of their nodes, the public address, the zone, the registry, the bucket of
	// backups. Default true; write false before a teardown.
	Protect *bool `json:"protect"`
}

// Foundation is what both clusters share.
type Foundation struct {
	// Networks are the ranges of addresses, by cluster. No range of the cloud overlaps another.
	Networks map[string]Network `json:"networks"`
	Backups  *Backups           `json:"backups"`
}

// Network holds a cluster's ranges in CIDR notation, all of them private (RFC 1918 or RFC 6598) and none
// that Google Cloud reserves.
type Network struct {
	// Nodes is the primary range of the subnetwork, /29 to /8.
	Nodes string `json:"nodes"`
	// Pods, /21 to /9: every node takes a /24 of it.
	Pods string `json:"pods"`
	// Services, /27 to /16.
	Services string `json:"services"`
	// ControlPlane is a /28.
	ControlPlane string `json:"controlPlane"`
}

// Backups say where backups are kept.
type Backups struct {
	// Location of the bucket, a region or multi-region such as EU; default is the region of the cloud.
	Location string `json:"location"`
	// RetentionDays for which a backup that was deleted or overwritten can be had back, 7 to 90 (the bounds
	// of Cloud Storage's soft delete); default 7.
	RetentionDays *int `json:"retentionDays"`
}

// GKE is a cluster on Google Kubernetes Engine.
type GKE struct {
	// Location is a zone (a zonal control plane) or the region (three of them).
	Location string `json:"location"`
	// Zones of the nodes of a regional cluster. A zonal cluster's nodes are where it is.
	Zones []string `json:"zones"`
	// Version of the control plane, exactly, such as 1.33.5-gke.1080000.
	Version string `json:"version"`
	// Channel is rapid, regular or stable; default regular.
	Channel     string       `json:"channel"`
	Maintenance *Maintenance `json:"maintenance"`
	// Access are the networks (CIDR) from which the API can be reached. There is no default.
	Access []string `json:"access"`
	// EncryptionKey is the name of a key in Cloud KMS that encrypts Secrets in etcd; default is none.
	EncryptionKey string `json:"encryptionKey"`
	// WorkloadLogs sends what pods write to Cloud Logging, which costs. Default false.
	WorkloadLogs *bool `json:"workloadLogs"`
}

// Maintenance says when Google may work on a cluster, and what it must leave to the owner.
type Maintenance struct {
	// Window is the time of day, UTC, at which four hours begin, as HH:MM; default 03:00.
	Window string `json:"window"`
	// Hold leaves minor versions and node upgrades to the owner for a time. Default is none.
	Hold *Hold `json:"hold"`
}

// Hold is a time from the beginning of one day to the beginning of another, as YYYY-MM-DD, in UTC.
type Hold struct {
	From  string `json:"from"`
	Until string `json:"until"`
}

// Nodes are the node pools of a cluster.
type Nodes struct {
	// Active is the pool that pods run on that ask for none, a or b, or both; default a.
	Active string `json:"active"`
	// Standby is what the other pool is meanwhile: zero (no nodes; default, platform gke only) or tainted
	// (its nodes take no pods; default and only choice on the platform kubeconfig).
	Standby string `json:"standby"`
	// Pools by name, a and b.
	Pools map[string]Pool `json:"pools"`
}

// Pool is a node pool. On the platform kubeconfig it has Nodes and nothing else; on gke all else.
type Pool struct {
	// Nodes are the names of nodes that exist.
	Nodes []string `json:"nodes"`

	// Image is the operating system, a name of the catalogue in package clusters.
	Image string `json:"image"`
	// Version of the kubelets; default is the control plane's.
	Version string `json:"version"`
	// MachineType such as e2-standard-4.
	MachineType string `json:"machineType"`
	// Spot takes machines at a lower price that Google may take back at any time. Default false.
	Spot *bool `json:"spot"`
	// Min and Max are the numbers of nodes per zone, 0 to 100 and 1 to 100; Min is not above Max. Default 1
	// and 3.
	Min *int `json:"min"`
	Max *int `json:"max"`
	// DiskGB is the size of the boot disk, 12 to 1000; default 50.
	DiskGB *int `json:"diskGB"`
	// Taints that the nodes have besides the one of standby, "key=value:Effect".
	Taints  []string     `json:"taints"`
	Upgrade *PoolUpgrade `json:"upgrade"`
}

// PoolUpgrade says how a pool's nodes are replaced.
type PoolUpgrade struct {
	// Strategy is surge or blueGreen; default surge.
	Strategy string `json:"strategy"`
	// MaxSurge nodes are added, 0 to 20, and MaxUnavailable are missing, 0 to 20, at a time; not both 0.
	// Default 1 and 0. surge.
	MaxSurge       *int `json:"maxSurge"`
	MaxUnavailable *int `json:"maxUnavailable"`
	// BatchNodes are drained at a time, 1 to 100; default 1. blueGreen.
	BatchNodes *int `json:"batchNodes"`
	// SoakMinutes is the pause after each batch and after the last, 0 to 10080; default 10. blueGreen.
	SoakMinutes *int `json:"soakMinutes"`
}

// LoadBalancer is the public way in.
type LoadBalancer struct {
	// Certificates are further names, beside those below the domain, that need a certificate: the hosts of
	// communities.
	Certificates []string `json:"certificates"`
	// RateLimit bounds the requests of one client address; default is none.
	RateLimit *RateLimit `json:"rateLimit"`
	// Without is a cluster that is away, or about to be: live or omega. The edge neither reads its stack nor
	// holds on to what it has, so it can be destroyed and made anew. It gets no traffic meanwhile.
	Without string `json:"without"`
	// LogPercent of the requests are logged, 0 to 100; default 0.
	LogPercent *int `json:"logPercent"`
}

// RateLimit bounds what one client address may ask for.
type RateLimit struct {
	// Requests per Seconds, 1 to 10000.
	Requests *int `json:"requests"`
	// Seconds is 10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700 or 3600; default 60.
	Seconds *int `json:"seconds"`
}
