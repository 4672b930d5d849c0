package traefik

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/definitions"
)

// module is where the definitions come from. It is not in go.mod, where its several hundred dependencies
// would meet ours; the version is the one that the local Traefik is built from.
var module = definitions.Module{
	Path:    "github.com/traefik/traefik/v3",
	Version: "v3.5.4",
	Sum:     "h1:j6nCRMJ0tms8JnbDP//3gB1sb6defwbPdoZWq50weWg=",
	Files:   "docs/content/reference/dynamic-configuration/traefik.io_*.yaml",
}

// NewDefinitions creates the CustomResourceDefinitions of Traefik's own API. All of them, because
// Traefik watches every kind before it reads any.
func NewDefinitions(ctx *pulumi.Context, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	kinds, err := definitions.Read(ctx.Context(), module)
	if err != nil {
		return nil, fmt.Errorf("reading the definitions of Traefik: %w", err)
	}
	return definitions.Create(ctx, kinds, opts...)
}
