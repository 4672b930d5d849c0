package stack

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/edge"
)

// deployEdgeOnGCP makes the public way in on Google Cloud. What it knows of the clusters are the names of
// their network endpoint groups, from the outputs of their stacks, so it too can be deployed while their
// APIs are dead.
func deployEdgeOnGCP(ctx *pulumi.Context, config Config) error {
	provider, err := onGCP(ctx, config)
	if err != nil {
		return err
	}
	shared, err := newReference(ctx, config, "shared")
	if err != nil {
		return err
	}
	groups := map[string]edge.Group{}
	var outputs []any
	for _, name := range ClusterNames {
		if config.LoadBalancer != nil && config.LoadBalancer.Without == name {
			groups[name] = edge.Group{}
			outputs = append(outputs, map[string]any{})
			continue
		}
		stack, err := newReference(ctx, config, name)
		if err != nil {
			return err
		}
		groups[name] = edge.Group{Name: stack.textAt("negs", "name"), Zones: zonesOfGroup(stack)}
		outputs = append(outputs, stack.GetOutput(pulumi.String("apps")))
	}
	running := pulumi.All(outputs...)
	args := balancerArgs(config)
	args.Clusters, args.Zone, args.Hosts = groups, shared.text("zone"), hostsByApp(config, running)
	balancer, err := edge.NewLoadBalancer(ctx, "edge", args, provider)
	if err != nil {
		return err
	}
	warnOfHosts(ctx, config.Domain, args.Certificates, running)
	ctx.Export("gateway", balancer.Address)
	ctx.Export("records", balancer.Records)
	ctx.Export("traffic", trafficOutput(config))
	ctx.Export("urls", urlsOutput("https", config, running))
	return nil
}

// balancerArgs are what config alone says of the load balancer.
func balancerArgs(config Config) edge.LoadBalancerArgs {
	args := edge.LoadBalancerArgs{
		Project: config.GCP.Project,
		Domain:  config.Domain,
		Traffic: trafficOf(config),
		Protect: *config.GCP.Protect,
	}
	if balancer := config.LoadBalancer; balancer != nil {
		args.Certificates, args.LogPercent = balancer.Certificates, *balancer.LogPercent
		if limit := balancer.RateLimit; limit != nil {
			args.RateLimit = &edge.RateLimit{Requests: *limit.Requests, Seconds: *limit.Seconds}
		}
	}
	return args
}

// zonesOfGroup are the zones that a cluster's network endpoint group is in.
func zonesOfGroup(stack *reference) pulumi.StringArrayOutput {
	return stack.GetOutput(pulumi.String("negs")).ApplyT(func(value any) ([]string, error) {
		group, _ := value.(map[string]any)
		list, _ := group["zones"].([]any)
		var zones []string
		for _, each := range list {
			if zone, ok := each.(string); ok {
				zones = append(zones, zone)
			}
		}
		if len(zones) == 0 {
			return nil, fmt.Errorf("stack %s has no output negs.zones; run `pulumi up -s %s` first, with live-omega:ingress.exposure: neg", stack.stack, stack.stack)
		}
		return zones, nil
	}).(pulumi.StringArrayOutput)
}

// warnOfHosts says which hosts users cannot reach. They are config of the clusters, and certificates are
// config of the edge, so neither file alone is wrong.
func warnOfHosts(ctx *pulumi.Context, domain string, certificates []string, running pulumi.ArrayOutput) {
	running.ApplyT(func(running []any) (bool, error) {
		found, err := uncovered(running, domain, certificates)
		for _, warning := range found {
			if err := ctx.Log.Warn(warning, nil); err != nil {
				return false, fmt.Errorf("warning of a host without a certificate: %w", err)
			}
		}
		return len(found) > 0, err
	})
}

// uncovered are warnings of the hosts that no certificate is for, given each cluster's output "apps".
func uncovered(running []any, domain string, certificates []string) ([]string, error) {
	names := map[string]bool{}
	for i := range running {
		byName, err := appsIn(running, i)
		if err != nil {
			return nil, err
		}
		for name := range byName {
			names[name] = true
		}
	}
	var warnings []string
	for _, app := range slices.Sorted(maps.Keys(names)) {
		hosts, err := hostsIn(running, app)
		if err != nil {
			return nil, err
		}
		for _, host := range hosts {
			if !edge.CoveredByCertificate(host, domain, certificates) {
				warnings = append(warnings, fmt.Sprintf("host %s of app %s has no certificate, so users cannot reach it; add it to live-omega:loadBalancer.certificates", host, app))
			}
		}
	}
	return warnings, nil
}
