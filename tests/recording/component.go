package recording

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OnCluster runs a part of the program that creates objects on a cluster, under mocks, and returns what it
// registered. onCluster is the option by which components and resources get the cluster's provider.
func OnCluster(program func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error) (Recording, error) {
	return Program("test", nil, func(ctx *pulumi.Context) error {
		provider, err := kubernetes.NewProvider(ctx, "cluster", nil)
		if err != nil {
			return err
		}
		return program(ctx, pulumi.Provider(provider))
	})
}

// OnGCP does the same with a part of the program that makes things on Google Cloud.
func OnGCP(program func(ctx *pulumi.Context, onGCP pulumi.ResourceOption) error) (Recording, error) {
	return Program("test", nil, func(ctx *pulumi.Context) error {
		provider, err := gcp.NewProvider(ctx, "gcp", nil)
		if err != nil {
			return err
		}
		return program(ctx, pulumi.Provider(provider))
	})
}
