package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// The names of the secondary ranges of each subnetwork.
const (
	podsRange     = "pods"
	servicesRange = "services"
)

// network makes the network, with one subnetwork for each cluster and none besides. Neither has a
// description: a change of it would replace them, and with them the clusters.
func (b *builder) network() error {
	network, err := compute.NewNetwork(b.ctx, b.name, &compute.NetworkArgs{
		Name:                  pulumi.String(cloud),
		AutoCreateSubnetworks: pulumi.Bool(false),
		RoutingMode:           pulumi.String("REGIONAL"),
	}, b.kept()...)
	if err != nil {
		return fmt.Errorf("creating the network: %w", err)
	}
	b.vpc = network
	for _, cluster := range b.args.clusters() {
		subnetwork, err := b.subnetwork(cluster, b.args.Networks[cluster])
		if err != nil {
			return fmt.Errorf("creating the subnetwork of cluster %s: %w", cluster, err)
		}
		b.subnetworks[cluster] = subnetwork
	}
	return nil
}

// subnetwork makes that of a cluster. Its nodes have no public addresses and reach Google's APIs, the
// registry among them, without the NAT. There are no flow logs, which cost by volume.
func (b *builder) subnetwork(cluster string, ranges Network) (*compute.Subnetwork, error) {
	return compute.NewSubnetwork(b.ctx, naming.Logical(b.name, cluster), &compute.SubnetworkArgs{
		Name:        pulumi.String(naming.Label(cloud, cluster)),
		Network:     b.vpc.SelfLink,
		Region:      pulumi.String(b.args.Region),
		IpCidrRange: pulumi.String(ranges.Nodes),
		SecondaryIpRanges: compute.SubnetworkSecondaryIpRangeArray{
			&compute.SubnetworkSecondaryIpRangeArgs{RangeName: pulumi.String(podsRange), IpCidrRange: pulumi.String(ranges.Pods)},
			&compute.SubnetworkSecondaryIpRangeArgs{RangeName: pulumi.String(servicesRange), IpCidrRange: pulumi.String(ranges.Services)},
		},
		PrivateIpGoogleAccess: pulumi.Bool(true),
	}, b.kept()...)
}
