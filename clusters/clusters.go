// Package clusters knows where a cluster comes from. Each platform has one file; whatever the platform,
// the result is a provider that reaches the cluster, and node pools for its pods.
package clusters

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Platform is where clusters come from.
type Platform string

const (
	// Kubeconfig is any conformant cluster that exists already, reached by a kubeconfig.
	Kubeconfig Platform = "kubeconfig"
	// OnGKE is a cluster on Google Kubernetes Engine, made by the program.
	OnGKE Platform = "gke"
)

// Platforms are all platforms.
func Platforms() []string { return []string{string(Kubeconfig), string(OnGKE)} }

// Args describe a cluster.
type Args struct {
	// Name of the cluster, such as "live".
	Name     string
	Platform Platform
	// Kubeconfig is the path of the kubeconfig, relative to the folder of Pulumi.yaml, and Context the
	// context in it. Platform kubeconfig only.
	Kubeconfig, Context string
	// GKE is the cluster to make. Platform gke only.
	GKE *GKE
	// Nodes are the node pools; nil where they are nobody's business. Never nil on the platform gke.
	Nodes *Nodes
}

// Cluster is a cluster that can be deployed to.
type Cluster struct {
	Provider *kubernetes.Provider
	// Ready are what must be there before pods are placed: the pools in use.
	Ready []pulumi.Resource

	// standBy declares the pools that are not in use, after what has left them.
	standBy func(after []pulumi.Resource) error
}

// New makes or finds the cluster, and its pools that are in use. StandBy declares the other ones. On the
// platform gke it needs a provider of Google Cloud among its options.
func New(ctx *pulumi.Context, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	platforms := map[Platform]func(*pulumi.Context, Args, ...pulumi.ResourceOption) (*Cluster, error){
		Kubeconfig: fromKubeconfig,
		OnGKE:      newGKE,
	}
	create, ok := platforms[args.Platform]
	if !ok {
		return nil, fmt.Errorf("cluster %s: platform %q is none of %s", args.Name, args.Platform, strings.Join(Platforms(), ", "))
	}
	cluster, err := create(ctx, args, opts...)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", args.Name, err)
	}
	return cluster, nil
}

// StandBy declares the node pools that are not in use. They come last, when everything that ran on them
// has moved: after the resources given.
func (c *Cluster) StandBy(after ...pulumi.Resource) error {
	if c.standBy == nil {
		return nil
	}
	return c.standBy(after)
}

// sortedUnique sorts names for a message.
func sortedUnique(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}
