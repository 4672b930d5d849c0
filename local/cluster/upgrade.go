package cluster

import (
	"context"
	"errors"

	"live-omega/local/layout"
	"live-omega/local/progress"
)

// Upgrade moves the cluster to another version in place.
func Upgrade(ctx context.Context, root layout.Root, c layout.Cluster, version string, o Options, log *progress.Log) error {
	return errors.New("not built yet")
}
