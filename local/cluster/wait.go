package cluster

import (
	"context"
	"time"
)

// pollInterval is how often a condition is looked at that nothing announces.
const pollInterval = 100 * time.Millisecond

// until returns nil once the condition is met, its error, or ctx's.
func until(ctx context.Context, condition func(context.Context) (bool, error)) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if met, err := condition(ctx); met || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
