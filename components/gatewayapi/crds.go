package gatewayapi

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/gateway-api/pkg/consts"

	"live-omega/components/definitions"
)

// module is where the definitions come from, those of the standard channel. Its version stands in go.mod.
var module = definitions.Module{Path: "sigs.k8s.io/gateway-api", Files: "config/crd/standard/*.yaml"}

// NewDefinitions creates the CustomResourceDefinitions of the Gateway API's standard channel.
func NewDefinitions(ctx *pulumi.Context, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	standard, err := standardChannel(ctx.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the definitions of the Gateway API: %w", err)
	}
	return definitions.Create(ctx, standard, opts...)
}

// standardChannel reads the definitions, and sees that they are of the version that was compiled in.
func standardChannel(ctx context.Context) ([]definitions.Definition, error) {
	standard, err := definitions.Read(ctx, module)
	if err != nil {
		return nil, err
	}
	for _, definition := range standard {
		// The folder is asked for while the program runs; a go.mod edited since it was built shows here.
		if found := definition.Metadata.Annotations[consts.BundleVersionAnnotation]; found != consts.BundleVersion {
			return nil, fmt.Errorf("%s is of version %q, but the program was built with %s; build it again", definition.Metadata.Name, found, consts.BundleVersion)
		}
	}
	return standard, nil
}
