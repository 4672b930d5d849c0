package stack

import (
	"slices"
	"strings"

	"live-omega/clusters"
	"live-omega/components/placement"
)

// standbyZero and standbyTainted are what a pool can be that is not active.
const (
	standbyZero    = "zero"
	standbyTainted = "tainted"
)

// nodesOf are the node pools of a cluster; nil where config has none.
func nodesOf(config Config) *clusters.Nodes {
	if config.Nodes == nil {
		return nil
	}
	nodes := &clusters.Nodes{
		Active: config.Nodes.Active,
		Zero:   config.Nodes.Standby == standbyZero,
		Pools:  map[string]clusters.Pool{},
		Asked:  poolsAsked(config),
	}
	for name, pool := range config.Nodes.Pools {
		described := clusters.Pool{Nodes: pool.Nodes}
		for _, text := range pool.Taints {
			taint, _ := parseTaint(text)
			described.Taints = append(described.Taints, taint)
		}
		if config.platform() == clusters.OnGKE {
			described.GKE = gkePool(pool)
		}
		nodes.Pools[name] = described
	}
	return nodes
}

// poolsAsked are the pools that variants ask for by name, sorted.
func poolsAsked(config Config) []string {
	var asked []string
	for _, app := range config.Apps {
		for _, variant := range app.Variants {
			if variant.Pool != "" {
				asked = append(asked, variant.Pool)
			}
		}
	}
	slices.Sort(asked)
	return slices.Compact(asked)
}

// parseTaint reads "key=value:Effect" or "key:Effect".
func parseTaint(text string) (placement.Taint, bool) {
	pair, effect, hasEffect := strings.Cut(text, ":")
	key, value, _ := strings.Cut(pair, "=")
	return placement.Taint{Key: key, Value: value, Effect: effect}, hasEffect && key != ""
}
