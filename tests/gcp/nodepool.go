package gcp

import (
	"context"
	"strings"
)

func checkNodePool(inputs object) []failure {
	var failures []failure
	autoscaling, scaled := inputs["autoscaling"].(object)
	checkThat(&failures, !scaled || inputs["nodeCount"] == nil, "nodeCount", "should not be used alongside autoscaling: each undoes the other")
	checkThat(&failures, numberAt(autoscaling, "minNodeCount") <= numberAt(autoscaling, "maxNodeCount"), "autoscaling.minNodeCount", "is above maxNodeCount")
	upgrade, _ := inputs["upgradeSettings"].(object)
	surge, hasSurge := upgrade["maxSurge"]
	unavailable, hasUnavailable := upgrade["maxUnavailable"]
	if textAt(upgrade, "strategy") == "BLUE_GREEN" {
		checkThat(&failures, !hasSurge && !hasUnavailable, "upgradeSettings.maxSurge", "belongs to the strategy SURGE")
		checkThat(&failures, upgrade["blueGreenSettings"] != nil, "upgradeSettings.blueGreenSettings", "are needed by the strategy BLUE_GREEN")
	} else if hasSurge && hasUnavailable {
		sum := numberAt(object{"x": surge}, "x") + numberAt(object{"x": unavailable}, "x")
		checkThat(&failures, sum >= 1 && sum <= 20, "upgradeSettings.maxSurge", "maxSurge and maxUnavailable are %v together, want 1 to 20", sum)
	}
	return failures
}

func setNodePoolOutputs(c *call) {
	c.setOutput("instanceGroupUrls", []any{})
	c.setOutput("managedInstanceGroupUrls", []any{})
	switch {
	case !c.preview:
		c.state["nodeCount"] = float64(nodesPerZone(c.state))
	case c.state["nodeCount"] == nil:
		c.state["nodeCount"] = unknown{}
	}
}

// nodesPerZone: a count that is set holds. A pool is born with its initial count, and whatever the autoscaler's
// bounds become, it does nothing until pods need a node, for which see Autoscale
// (cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler).
func nodesPerZone(pool object) int {
	if pool["nodeCount"] != nil {
		return int(numberAt(pool, "nodeCount"))
	}
	return int(numberAt(pool, "initialNodeCount"))
}

func changeNodePool(_ context.Context, c *call) error {
	cluster, err := c.project.find([]string{"Cluster"}, textAt(c.state, "cluster"))
	if err != nil {
		return err
	}
	if cluster == nil {
		return notFound(textAt(c.state, "cluster"))
	}
	// The account is named by its e-mail address, which says nothing of the kind.
	if account := textAt(c.state, "nodeConfig", "serviceAccount"); account != "" {
		if found, err := c.project.find([]string{"Account"}, account); err != nil || found == nil {
			return invalid("The user does not have access to service account %q, or it does not exist: %w", account, err)
		}
	}
	master := textAt(cluster.State, "masterVersion")
	if c.state["version"] == nil {
		c.state["version"] = master
	}
	if difference, _ := compareVersions(textAt(c.state, "version"), master); difference > 0 {
		return invalid("Node version %s must not be greater than master version %s", textAt(c.state, "version"), master)
	}
	channel := textAt(cluster.State, "releaseChannel", "channel")
	for _, key := range []string{"autoUpgrade", "autoRepair"} {
		if channel != "" && channel != "UNSPECIFIED" && at(c.state, "management", key) == false {
			return invalid("Auto_upgrade and auto_repair cannot be false when release_channel %s is set", channel)
		}
	}
	if c.state["nodeLocations"] == nil {
		c.state["nodeLocations"] = zonesOf(cluster.State)
	}
	return nil
}

// zonesOf are the zones of a cluster's nodes.
func zonesOf(cluster object) []any {
	if zones := listAt(cluster, "nodeLocations"); len(zones) > 0 {
		return zones
	}
	location := textAt(cluster, "location")
	if strings.Count(location, "-") == 2 {
		return []any{location}
	}
	return []any{location + "-a", location + "-b", location + "-c"}
}
