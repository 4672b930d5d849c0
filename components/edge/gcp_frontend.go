package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// frontEnds serve the address: HTTPS, and HTTP for the sake of saying where HTTPS is.
func (b *balancerBuilder) frontEnds() error {
	policy, err := compute.NewSSLPolicy(b.ctx, b.name, &compute.SSLPolicyArgs{
		Name: pulumi.String(balancerName), MinTlsVersion: pulumi.String("TLS_1_2"), Profile: pulumi.String("MODERN"),
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating the TLS policy: %w", err)
	}
	secure, err := compute.NewTargetHttpsProxy(b.ctx, b.name, &compute.TargetHttpsProxyArgs{
		Name:           pulumi.String(balancerName),
		UrlMap:         b.routes.ID(),
		CertificateMap: b.certificateMap,
		SslPolicy:      policy.ID(),
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating the HTTPS proxy: %w", err)
	}
	redirect, err := b.redirect()
	if err != nil {
		return err
	}
	plain, err := compute.NewTargetHttpProxy(b.ctx, b.name, &compute.TargetHttpProxyArgs{
		Name: pulumi.String(balancerName), UrlMap: redirect.ID(),
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating the HTTP proxy: %w", err)
	}
	if err := b.listen("https", "443", secure.ID()); err != nil {
		return err
	}
	return b.listen("http", "80", plain.ID())
}

// redirect is the URL map of HTTP. With 308 a client repeats its request as it was; with 301 it may make a
// GET of it.
func (b *balancerBuilder) redirect() (*compute.URLMap, error) {
	made, err := compute.NewURLMap(b.ctx, naming.Logical(b.name, "redirect"), &compute.URLMapArgs{
		Name: pulumi.String(naming.Label(balancerName, "redirect")),
		DefaultUrlRedirect: &compute.URLMapDefaultUrlRedirectArgs{
			HttpsRedirect:        pulumi.Bool(true),
			RedirectResponseCode: pulumi.String("PERMANENT_REDIRECT"),
			StripQuery:           pulumi.Bool(false),
		},
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("creating the redirect to HTTPS: %w", err)
	}
	return made, nil
}

// listen sends what comes to a port of the address to a proxy.
func (b *balancerBuilder) listen(protocol, port string, proxy pulumi.StringInput) error {
	_, err := compute.NewGlobalForwardingRule(b.ctx, naming.Logical(b.name, protocol), &compute.GlobalForwardingRuleArgs{
		Name:                pulumi.String(naming.Label(balancerName, protocol)),
		LoadBalancingScheme: pulumi.String(scheme),
		IpAddress:           b.made.Address,
		IpProtocol:          pulumi.String("TCP"),
		PortRange:           pulumi.String(port),
		Target:              proxy,
		Labels:              balancerLabels(),
	}, b.parent)
	if err != nil {
		return fmt.Errorf("creating the forwarding rule of %s: %w", protocol, err)
	}
	return nil
}
