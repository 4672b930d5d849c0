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
	cluster, err := clusters.New(ctx, clusterArgs(config))
	if err != nil {
		return err
	}
	addresses := map[string]pulumi.StringInput{}
	var running []any
	for _, name := range ClusterNames {
		stack, err := newReference(ctx, config, name)
		if err != nil {
			return err
		}
		addresses[name] = stack.text("gateway")
		running = append(running, stack.GetOutput(pulumi.String("apps")))
	}
	gateway, err := edge.NewGateway(ctx, "edge", edge.GatewayArgs{
		Clusters: addresses,
		Domain:   config.Domain,
		Traffic:  trafficOf(config),
		Ingress:  ingressArgs(config),
	}, pulumi.Providers(cluster.Provider))
	if err != nil {
		return err
	}
	ctx.Export("gateway", gateway.Address)
	ctx.Export("traffic", trafficOutput(config))
	ctx.Export("urls", pulumi.All(running...).ApplyT(func(running []any) (map[string]string, error) {
		return urls(running, config.Domain)
	}).(pulumi.StringMapOutput))
	return nil
}

func trafficOf(config Config) edge.Traffic {
	traffic := edge.Traffic{Default: config.Traffic.Default, Apps: map[string]edge.Weights{}}
	for app, weights := range config.Traffic.Apps {
		traffic.Apps[app] = weights
	}
	return traffic
}

func trafficOutput(config Config) pulumi.Map {
	perApp := pulumi.Map{}
	for app, weights := range config.Traffic.Apps {
		perApp[app] = pulumi.ToIntMap(weights)
	}
	return pulumi.Map{"default": pulumi.ToIntMap(config.Traffic.Default), "apps": perApp}
}

// urls are the addresses of the apps that run on any of the clusters, given each cluster's output
// "apps".
func urls(running []any, domain string) (map[string]string, error) {
	found := map[string]string{}
	for i, apps := range running {
		byName, ok := apps.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("output apps of cluster %s is %T, want a map; run pulumi up there first", ClusterNames[i], apps)
		}
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			found[name] = "http://" + naming.Host(name, domain) + "/"
		}
	}
	return found, nil
}
