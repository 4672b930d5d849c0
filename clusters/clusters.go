// Package clusters knows where a cluster comes from. Each platform has one file; whatever the platform,
// the result is a provider that reaches the cluster.
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

// Kubeconfig is any conformant cluster that exists already, reached by a kubeconfig.
const Kubeconfig Platform = "kubeconfig"

// Platforms are all platforms that can be used.
func Platforms() []string { return []string{string(Kubeconfig)} }

// Args describe a cluster.
type Args struct {
	// Name of the cluster, such as "live".
	Name     string
	Platform Platform
	// Kubeconfig is the path of the kubeconfig, relative to the folder of Pulumi.yaml, and Context the
	// context in it. Platform kubeconfig only.
	Kubeconfig, Context string
}

// Cluster is a cluster that can be deployed to.
type Cluster struct {
	Provider *kubernetes.Provider
}

// New makes or finds the cluster.
func New(ctx *pulumi.Context, args Args) (*Cluster, error) {
	platforms := map[Platform]func(*pulumi.Context, Args) (*Cluster, error){
		Kubeconfig: fromKubeconfig,
	}
	create, ok := platforms[args.Platform]
	if !ok {
		return nil, fmt.Errorf("cluster %s: platform %q is none of %s", args.Name, args.Platform, strings.Join(Platforms(), ", "))
	}
	cluster, err := create(ctx, args)
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", args.Name, err)
	}
	return cluster, nil
}

// sortedUnique sorts names for a message.
func sortedUnique(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}
