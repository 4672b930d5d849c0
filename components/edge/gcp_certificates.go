package edge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/certificatemanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// CoveredByCertificate is whether users can reach a host by HTTPS: the domain, the names right below it, and
// those named.
func CoveredByCertificate(host, domain string, certificates []string) bool {
	first, rest, _ := strings.Cut(host, ".")
	return host == domain || (first != "" && rest == domain) || slices.Contains(certificates, host)
}

// certificates makes those of the domain and of the further names, and the map by which the load balancer
// finds them. Each name has an authorization and a certificate of its own, because a certificate whose names
// change is replaced.
//
// The proof that a name is ours is a DNS record. A certificate can then be issued before the name points
// here, so a host moves in without a moment without one.
func (b *balancerBuilder) certificates() error {
	found, err := certificatemanager.NewCertificateMapResource(b.ctx, b.name, &certificatemanager.CertificateMapResourceArgs{
		Name:   pulumi.String(balancerName),
		Labels: balancerLabels(),
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating the certificate map: %w", err)
	}
	b.certificateMap = pulumi.Sprintf("//certificatemanager.googleapis.com/%s", found.ID())

	records := pulumi.StringMapArray{}
	for _, domain := range append([]string{b.args.Domain}, b.args.Certificates...) {
		names := []string{domain}
		if domain == b.args.Domain {
			names = append(names, "*."+domain)
		}
		foreign, err := b.certificate(found, domain, names)
		if err != nil {
			return fmt.Errorf("certificate of %s: %w", domain, err)
		}
		records = append(records, foreign)
	}
	b.made.Records = records.ToStringMapArrayOutput().ApplyT(merge).(pulumi.StringMapOutput)
	return nil
}

// certificate makes the certificate of the names, which are a domain and what is right below it. It returns
// the records that somebody else has to make.
func (b *balancerBuilder) certificate(in *certificatemanager.CertificateMapResource, domain string, names []string) (pulumi.StringMapInput, error) {
	logical, physical := naming.Logical(b.name, domain), naming.Label(balancerName, domain)
	authorization, err := certificatemanager.NewDnsAuthorization(b.ctx, logical, &certificatemanager.DnsAuthorizationArgs{
		Name:   pulumi.String(physical),
		Domain: pulumi.String(domain),
		Labels: balancerLabels(),
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("creating the authorization: %w", err)
	}
	proof := authorization.DnsResourceRecords.Index(pulumi.Int(0))
	foreign := pulumi.StringMapInput(pulumi.StringMap{})
	var after []pulumi.Resource
	if domain == b.args.Domain || strings.HasSuffix(domain, "."+b.args.Domain) {
		record, err := b.record(naming.Logical("proof", domain), proof.Name().Elem(), proof.Type().Elem(), proof.Data().Elem())
		if err != nil {
			return nil, err
		}
		after = append(after, record)
	} else {
		foreign = pulumi.All(proof.Name().Elem(), proof.Type().Elem(), proof.Data().Elem(), b.made.Address).ApplyT(func(all []any) map[string]string {
			return map[string]string{all[0].(string): all[1].(string) + " " + all[2].(string), domain + ".": "A " + all[3].(string)}
		}).(pulumi.StringMapOutput)
	}
	certificate, err := certificatemanager.NewCertificate(b.ctx, logical, &certificatemanager.CertificateArgs{
		Name:   pulumi.String(physical),
		Labels: balancerLabels(),
		Managed: &certificatemanager.CertificateManagedArgs{
			Domains:           pulumi.ToStringArray(names),
			DnsAuthorizations: pulumi.StringArray{authorization.ID()},
		},
	}, b.parent, pulumi.DependsOn(after))
	if err != nil {
		return nil, fmt.Errorf("creating it: %w", err)
	}
	return foreign, b.entries(in, certificate, names)
}

// entries say that a certificate is for the names.
func (b *balancerBuilder) entries(in *certificatemanager.CertificateMapResource, certificate *certificatemanager.Certificate, names []string) error {
	for _, name := range names {
		_, err := certificatemanager.NewCertificateMapEntry(b.ctx, naming.Logical(b.name, name), &certificatemanager.CertificateMapEntryArgs{
			Name:         pulumi.String(naming.Label(balancerName, name)),
			Map:          in.Name,
			Hostname:     pulumi.String(name),
			Certificates: pulumi.StringArray{certificate.ID()},
			Labels:       balancerLabels(),
		}, b.parent)
		if err != nil {
			return fmt.Errorf("creating the entry of %s: %w", name, err)
		}
	}
	return nil
}

func merge(all []map[string]string) map[string]string {
	merged := map[string]string{}
	for _, records := range all {
		for name, data := range records {
			merged[name] = data
		}
	}
	return merged
}
