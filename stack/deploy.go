// Package stack says what each layer of the cloud is made of, and reads the config that decides it.
package stack

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Deploy is the program: it reads the stack's config and declares what the stack's layer is made of.
// With bad config it declares nothing and returns ConfigErrors.
func Deploy(ctx *pulumi.Context) error {
	raw, err := readRaw(ctx)
	if err != nil {
		return err
	}
	config, err := Load(raw)
	if err != nil {
		return err
	}
	layers := map[Layer]func(*pulumi.Context, Config) error{
		LayerShared:  deployShared,
		LayerCluster: deployCluster,
		LayerEdge:    deployEdge,
	}
	if err := layers[config.Layer](ctx, config); err != nil {
		return fmt.Errorf("deploying layer %s: %w", config.Layer, err)
	}
	return nil
}
