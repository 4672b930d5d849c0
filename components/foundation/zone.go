package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/dns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// zone makes the public zone of the domain. It is kept, because another one would have other name servers
// and other keys, and the domain would be gone until its parent points to them.
func (b *builder) zone() error {
	zone, err := dns.NewManagedZone(b.ctx, b.name, &dns.ManagedZoneArgs{
		Name:         pulumi.String(cloud),
		DnsName:      pulumi.String(b.args.Domain + "."),
		Description:  pulumi.String("The domain below which the cloud's apps are."),
		Visibility:   pulumi.String("public"),
		DnssecConfig: &dns.ManagedZoneDnssecConfigArgs{State: pulumi.String("on")},
		ForceDestroy: pulumi.Bool(false),
	}, b.kept()...)
	if err != nil {
		return fmt.Errorf("creating the DNS zone: %w", err)
	}
	b.made.Zone, b.made.NameServers = zone.Name, zone.NameServers
	return nil
}
