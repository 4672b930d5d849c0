package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A node has minNATPorts to maxNATPorts of the NAT's ports, powers of two: so many connections can all its
// pods together have to one destination.
const (
	minNATPorts = 64
	maxNATPorts = 4096
)

// nat makes the way out for nodes, which have no public addresses: a router, and on it the translation for
// the clusters' subnetworks and no others.
func (b *builder) nat() error {
	router, err := compute.NewRouter(b.ctx, b.name, &compute.RouterArgs{
		Name:    pulumi.String(cloud),
		Network: b.vpc.SelfLink,
		Region:  pulumi.String(b.args.Region),
	}, b.child...)
	if err != nil {
		return fmt.Errorf("creating the router: %w", err)
	}
	var subnetworks compute.RouterNatSubnetworkArray
	for _, cluster := range b.args.clusters() {
		subnetworks = append(subnetworks, &compute.RouterNatSubnetworkArgs{
			Name:                 b.subnetworks[cluster].SelfLink,
			SourceIpRangesToNats: pulumi.ToStringArray([]string{"ALL_IP_RANGES"}),
		})
	}
	_, err = compute.NewRouterNat(b.ctx, b.name, &compute.RouterNatArgs{
		Name:                          pulumi.String(cloud),
		Router:                        router.Name,
		Region:                        pulumi.String(b.args.Region),
		NatIpAllocateOption:           pulumi.String("AUTO_ONLY"),
		SourceSubnetworkIpRangesToNat: pulumi.String("LIST_OF_SUBNETWORKS"),
		Subnetworks:                   subnetworks,
		// From the beginning, because a change of it breaks the connections there are. It excludes the
		// mapping that is independent of the endpoint.
		EnableDynamicPortAllocation:      pulumi.Bool(true),
		EnableEndpointIndependentMapping: pulumi.Bool(false),
		MinPortsPerVm:                    pulumi.Int(minNATPorts),
		MaxPortsPerVm:                    pulumi.Int(maxNATPorts),
		LogConfig: &compute.RouterNatLogConfigArgs{
			Enable: pulumi.Bool(true),
			// Connections that failed for want of ports; every other line would cost.
			Filter: pulumi.String("ERRORS_ONLY"),
		},
	}, b.child...)
	if err != nil {
		return fmt.Errorf("creating the NAT: %w", err)
	}
	return nil
}
