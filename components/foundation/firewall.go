package foundation

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// Balancers are the networks that a global external Application Load Balancer sends both requests and
// health checks from, to zonal network endpoint groups (cloud.google.com/load-balancing/docs/firewall-rules).
var Balancers = []string{"35.191.0.0/16", "130.211.0.0/22"}

// firewall lets load balancers reach the pods of the ingress. GKE makes no such rule for endpoint groups
// whose load balancer it does not make, and a network lets in nothing by itself. The rule holds for
// machines by their service accounts, which unlike tags nobody can give to a machine without a right to
// the account.
func (b *builder) firewall() error {
	var ports, targets pulumi.StringArray
	for _, port := range b.args.Ports {
		ports = append(ports, pulumi.String(strconv.Itoa(port)))
	}
	for _, cluster := range b.args.clusters() {
		targets = append(targets, b.accounts[cluster].Email)
	}
	_, err := compute.NewFirewall(b.ctx, b.name, &compute.FirewallArgs{
		Name:                  pulumi.String(naming.Label(cloud, "balancers")),
		Network:               b.vpc.SelfLink,
		Direction:             pulumi.String("INGRESS"),
		SourceRanges:          pulumi.ToStringArray(Balancers),
		TargetServiceAccounts: targets,
		Allows: compute.FirewallAllowArray{
			&compute.FirewallAllowArgs{Protocol: pulumi.String("tcp"), Ports: ports},
		},
	}, b.child...)
	if err != nil {
		return fmt.Errorf("creating the firewall rule of load balancers: %w", err)
	}
	return nil
}
