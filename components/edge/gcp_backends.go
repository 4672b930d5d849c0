package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/ingress"
	"live-omega/components/naming"
)

const (
	// scheme is that of global external Application Load Balancers.
	scheme = "EXTERNAL_MANAGED"

	// A gateway is asked for its health every checkSeconds, which is also how long it has to answer, and is
	// left out after checkFailures: as the kubelet does, see package ingress.
	checkSeconds   = 2
	checkFailures  = 3
	checkSuccesses = 2

	// backendSeconds bound a request and its response together, and how long a WebSocket lives, so it is
	// long. The default of 30 s would end downloads and event streams.
	backendSeconds = 600

	// drainSeconds are left to requests that run when a pod is taken out of its group. The pod itself serves
	// for longer; see package ingress.
	drainSeconds = 60

	// ratePerPod is what a pod of a gateway takes. It is a number for comparing zones, no limit: above it
	// everybody is served all the same.
	ratePerPod = 1000
)

// backends makes a backend service of each cluster: its gateway's pods in all zones, as long as they have
// their routes.
func (b *balancerBuilder) backends() error {
	check, err := b.healthCheck()
	if err != nil {
		return err
	}
	policy, err := b.rateLimit()
	if err != nil {
		return err
	}
	logs := &compute.BackendServiceLogConfigArgs{Enable: pulumi.Bool(b.args.LogPercent > 0)}
	if b.args.LogPercent > 0 {
		logs.SampleRate = pulumi.Float64(float64(b.args.LogPercent) / 100)
	}
	for _, cluster := range b.clusters {
		service, err := compute.NewBackendService(b.ctx, naming.Logical(b.name, cluster), &compute.BackendServiceArgs{
			Name:                         pulumi.String(naming.Label(balancerName, cluster)),
			LoadBalancingScheme:          pulumi.String(scheme),
			Protocol:                     pulumi.String("HTTP"),
			Backends:                     b.groups(b.args.Clusters[cluster]),
			HealthChecks:                 check.ID(),
			TimeoutSec:                   pulumi.Int(backendSeconds),
			ConnectionDrainingTimeoutSec: pulumi.Int(drainSeconds),
			SessionAffinity:              pulumi.String("NONE"),
			LogConfig:                    logs,
			SecurityPolicy:               policy,
		}, b.parent)
		if err != nil {
			return fmt.Errorf("creating the backend service of cluster %s: %w", cluster, err)
		}
		b.services[cluster] = service
	}
	return nil
}

// healthCheck asks what the kubelet asks: a gateway that has lost its routes, or has not read them yet, is
// none. It asks at the port that requests go to.
func (b *balancerBuilder) healthCheck() (*compute.HealthCheck, error) {
	check, err := compute.NewHealthCheck(b.ctx, b.name, &compute.HealthCheckArgs{
		Name:               pulumi.String(balancerName),
		CheckIntervalSec:   pulumi.Int(checkSeconds),
		TimeoutSec:         pulumi.Int(checkSeconds),
		UnhealthyThreshold: pulumi.Int(checkFailures),
		HealthyThreshold:   pulumi.Int(checkSuccesses),
		HttpHealthCheck: &compute.HealthCheckHttpHealthCheckArgs{
			PortSpecification: pulumi.String("USE_SERVING_PORT"),
			Host:              pulumi.String(ingress.ReadyHost),
			RequestPath:       pulumi.String(ingress.ReadyPath),
		},
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("creating the health check: %w", err)
	}
	return check, nil
}

// groups are the network endpoint groups by their links. They are made by GKE, so there is no resource to
// refer to. A cluster that is away has none: GKE can remove a group only when no backend service has it, and
// no new cluster can have a group of that name before.
func (b *balancerBuilder) groups(group Group) compute.BackendServiceBackendArrayInput {
	if group.away() {
		return nil
	}
	zones := group.Zones.ToStringArrayOutput()
	return pulumi.All(group.Name, zones).ApplyT(func(all []any) ([]compute.BackendServiceBackend, error) {
		name, zones := all[0].(string), all[1].([]string)
		if name == "" || len(zones) == 0 {
			return nil, fmt.Errorf("network endpoint group %q in zones %v, want a name and one zone or more", name, zones)
		}
		mode, rate := "RATE", float64(ratePerPod)
		backends := make([]compute.BackendServiceBackend, len(zones))
		for i, zone := range zones {
			link := fmt.Sprintf("https://www.googleapis.com/compute/v1/projects/%s/zones/%s/networkEndpointGroups/%s", b.args.Project, zone, name)
			backends[i] = compute.BackendServiceBackend{Group: link, BalancingMode: &mode, MaxRatePerEndpoint: &rate}
		}
		return backends, nil
	}).(compute.BackendServiceBackendArrayOutput)
}
