package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/dns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// recordSeconds are how long resolvers keep a record.
const recordSeconds = 300

// dns points the domain, and everything below it, to the address.
func (b *balancerBuilder) dns() error {
	for _, name := range []string{b.args.Domain, "*." + b.args.Domain} {
		if _, err := b.record(name, pulumi.String(name+"."), pulumi.String("A"), b.made.Address); err != nil {
			return err
		}
	}
	return nil
}

// record creates a record in the zone of the domain. Names end with a dot.
func (b *balancerBuilder) record(logical string, name, kind, data pulumi.StringInput) (*dns.RecordSet, error) {
	record, err := dns.NewRecordSet(b.ctx, naming.Logical(b.name, logical), &dns.RecordSetArgs{
		ManagedZone: b.args.Zone,
		Name:        name,
		Type:        kind,
		Ttl:         pulumi.Int(recordSeconds),
		Rrdatas:     pulumi.StringArray{data},
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("creating the DNS record %s: %w", logical, err)
	}
	return record, nil
}
