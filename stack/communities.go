package stack

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/apps"
	"live-omega/components/abapp"
	"live-omega/components/community"
	"live-omega/components/naming"
)

// deployCommunities makes the communities of a cluster and returns what the pods of their apps wait for,
// by app and variant.
func deployCommunities(ctx *pulumi.Context, config Config, onCluster pulumi.ResourceOption) (map[string]map[string][]pulumi.Resource, error) {
	before := map[string]map[string][]pulumi.Resource{}
	for _, name := range slices.Sorted(maps.Keys(config.Communities)) {
		made, err := community.New(ctx, name, communityArgs(config, name), onCluster)
		if err != nil {
			return nil, err
		}
		maps.Copy(before, made.Before)
		if until := config.Communities[name].Until; community.Expired(until, time.Now()) {
			// Not an error: the rest of the cluster has to stay deployable.
			warning := fmt.Sprintf("community %s was to stay until %s; remove it and its apps from Pulumi.%s.yaml, or write a later %s:communities.%s.until",
				name, until, ctx.Stack(), Namespace, name)
			if err := ctx.Log.Warn(warning, &pulumi.LogArgs{Resource: made}); err != nil {
				return nil, err
			}
		}
	}
	return before, nil
}

func communityArgs(config Config, name string) community.Args {
	configured := config.Communities[name]
	args := community.Args{
		Name:     name,
		Contact:  configured.Contact,
		Until:    configured.Until,
		Quota:    quotaOf(*configured.Quota),
		Defaults: apps.Resources(*configured.Defaults),
		Internet: *configured.Internet,
	}
	for _, member := range configured.Members {
		args.Members = append(args.Members, community.Member(member))
	}
	for _, appName := range appsOf(config, name) {
		app, _ := apps.Lookup(appName)
		args.Apps = append(args.Apps, community.App{
			App: app, Variants: slices.Sorted(maps.Keys(config.Apps[appName].Variants)), Port: abapp.Port,
		})
	}
	return args
}

func quotaOf(quota Quota) community.Quota {
	return community.Quota{CPU: quota.CPU, Memory: quota.Memory, Pods: *quota.Pods, Storage: quota.Storage}
}

// appsOf are the apps of a community that run on the cluster, sorted.
func appsOf(config Config, name string) []string {
	var found []string
	for _, appName := range slices.Sorted(maps.Keys(config.Apps)) {
		if app, ok := apps.Lookup(appName); ok && app.Community == name {
			found = append(found, appName)
		}
	}
	return found
}

// hostsOf are the names that an app answers to: its own, and those that its community gave it, sorted.
func hostsOf(config Config, name string) []string {
	app, _ := apps.Lookup(name)
	hosts := []string{naming.Host(name, config.Domain)}
	given := config.Communities[app.Community].Hosts
	for _, host := range slices.Sorted(maps.Keys(given)) {
		if given[host] == name {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// communitiesOutput says who shares the cluster, until when, and where what they have is.
func communitiesOutput(config Config) pulumi.Map {
	output := pulumi.Map{}
	for name, configured := range config.Communities {
		members := pulumi.Array{}
		for _, member := range configured.Members {
			members = append(members, pulumi.ToStringMap(map[string]string{
				"kind": member.Kind, "name": member.Name, "role": member.Role,
			}))
		}
		namespaces := []string{}
		for _, app := range appsOf(config, name) {
			for _, variant := range slices.Sorted(maps.Keys(config.Apps[app].Variants)) {
				namespaces = append(namespaces, naming.Namespace(app, variant))
			}
		}
		output[name] = pulumi.Map{
			"contact":    pulumi.String(configured.Contact),
			"until":      pulumi.String(configured.Until),
			"members":    members,
			"hosts":      pulumi.ToStringMap(configured.Hosts),
			"namespaces": pulumi.ToStringArray(namespaces),
		}
	}
	return output
}
