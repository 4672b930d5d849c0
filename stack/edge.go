package stack

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/clusters"
	"live-omega/components/edge"
	"live-omega/components/naming"
)

// deployEdge makes the public way in, and divides the traffic. It knows the clusters from the outputs
// of their stacks only, so it can be deployed while their APIs are dead.
func deployEdge(ctx *pulumi.Context, config Config) error {
	if config.platform() == clusters.OnGKE {
		return deployEdgeOnGCP(ctx, config)
	}
	cluster, err := newCluster(ctx, config, nil)
	if err != nil {
		return err
	}
	addresses := map[string]pulumi.StringInput{}
	var outputs []any
	for _, name := range ClusterNames {
		stack, err := newReference(ctx, config, name)
		if err != nil {
			return err
		}
		addresses[name] = stack.text("gateway")
		outputs = append(outputs, stack.GetOutput(pulumi.String("apps")))
	}
	running := pulumi.All(outputs...)
	gateway, err := edge.NewGateway(ctx, "edge", edge.GatewayArgs{
		Clusters: addresses,
		Domain:   config.Domain,
		Traffic:  trafficOf(config),
		Hosts:    hostsByApp(config, running),
		Ingress:  ingressArgs(config),
	}, pulumi.Providers(cluster.Provider))
	if err != nil {
		return err
	}
	ctx.Export("gateway", gateway.Address)
	ctx.Export("traffic", trafficOutput(config))
	ctx.Export("urls", urlsOutput("http", config, running))
	return nil
}

func trafficOf(config Config) edge.Traffic {
	traffic := edge.Traffic{Default: splitOf(*config.Traffic.Default), Apps: map[string]edge.Split{}}
	for app, split := range config.Traffic.Apps {
		traffic.Apps[app] = splitOf(split)
	}
	return traffic
}

func splitOf(split Split) edge.Split {
	result := edge.Split{Weights: split.weights(), Sticky: *split.Sticky, Pin: *split.Pin}
	if split.Mirror != nil {
		result.Mirror = &edge.Mirror{To: split.Mirror.To, Percent: *split.Mirror.Percent}
	}
	return result
}

// hostsByApp are the names of the apps with traffic of their own, as the clusters know them.
func hostsByApp(config Config, running pulumi.ArrayOutput) map[string]pulumi.StringArrayInput {
	hosts := map[string]pulumi.StringArrayInput{}
	for _, app := range slices.Sorted(maps.Keys(config.Traffic.Apps)) {
		hosts[app] = running.ApplyT(func(running []any) ([]string, error) {
			return hostsIn(running, app)
		}).(pulumi.StringArrayOutput)
	}
	return hosts
}

// hostsIn are the names that an app has on any of the clusters, given each cluster's output "apps".
func hostsIn(running []any, app string) ([]string, error) {
	found := map[string]bool{}
	for i := range running {
		byName, err := appsIn(running, i)
		if err != nil {
			return nil, err
		}
		output, _ := byName[app].(map[string]any)
		hosts, _ := output["hosts"].([]any)
		for _, host := range append(hosts, output["preview"]) {
			if name, ok := host.(string); ok && name != "" {
				found[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

func trafficOutput(config Config) pulumi.Map {
	perApp := pulumi.Map{}
	for app, split := range config.Traffic.Apps {
		perApp[app] = splitOutput(split)
	}
	return pulumi.Map{"default": splitOutput(*config.Traffic.Default), "apps": perApp}
}

// splitOutput says what config says, with the defaults filled in; a mirror only where there is one.
func splitOutput(split Split) pulumi.Map {
	output := pulumi.Map{"sticky": pulumi.Bool(*split.Sticky), "pin": pulumi.Bool(*split.Pin)}
	for cluster, percent := range split.weights() {
		output[cluster] = pulumi.Int(percent)
	}
	if split.Mirror != nil {
		output["mirror"] = pulumi.Map{
			"to": pulumi.String(split.Mirror.To), "percent": pulumi.Int(*split.Mirror.Percent),
		}
	}
	return output
}

// urlsOutput are the addresses of the apps that run on any of the clusters.
func urlsOutput(scheme string, config Config, running pulumi.ArrayOutput) pulumi.StringMapOutput {
	return running.ApplyT(func(running []any) (map[string]string, error) {
		return urls(scheme, running, config.Domain)
	}).(pulumi.StringMapOutput)
}

// urls are the addresses of the apps, given each cluster's output "apps".
func urls(scheme string, running []any, domain string) (map[string]string, error) {
	found := map[string]string{}
	for i := range running {
		byName, err := appsIn(running, i)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			found[name] = scheme + "://" + naming.Host(name, domain) + "/"
		}
	}
	return found, nil
}

// appsIn is the output "apps" of one of the clusters.
func appsIn(running []any, i int) (map[string]any, error) {
	byName, ok := running[i].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("output apps of cluster %s is %T, want a map; run pulumi up there first", ClusterNames[i], running[i])
	}
	return byName, nil
}
