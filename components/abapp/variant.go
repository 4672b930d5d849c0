package abapp

import (
	"encoding/base64"
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
	"live-omega/components/naming"
)

// newIdentity creates what the pods refer to: a ServiceAccount that can do nothing, and the Secret.
func newIdentity(ctx *pulumi.Context, name, variant string, args Args, opts []pulumi.ResourceOption) ([]pulumi.Resource, error) {
	account, err := corev1.NewServiceAccount(ctx, logical(name, variant), &corev1.ServiceAccountArgs{
		Metadata:                     args.metadata(variant),
		AutomountServiceAccountToken: pulumi.Bool(false),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating ServiceAccount: %w", err)
	}
	if len(args.App.Secrets) == 0 {
		return []pulumi.Resource{account}, nil
	}
	// The SDK marks a Secret's data as secret, wherever the values come from.
	data := pulumi.StringMap{}
	for _, secret := range args.App.Secrets {
		data[secret] = args.Secrets[secret].ToStringOutput().ApplyT(encode).(pulumi.StringOutput)
	}
	secret, err := corev1.NewSecret(ctx, logical(name, variant), &corev1.SecretArgs{
		Metadata: args.metadata(variant),
		Type:     pulumi.String("Opaque"),
		Data:     data,
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("creating Secret: %w", err)
	}
	return []pulumi.Resource{account, secret}, nil
}

// encode turns a value into what a Secret's data holds. Unlike stringData, data is read back as it was
// written, so that an edit by hand is seen.
func encode(value string) string { return base64.StdEncoding.EncodeToString([]byte(value)) }

// newService gives the variant one address. Pulumi's wait for endpoints is off: the Deployment says
// when pods are ready, and a variant without pods has no endpoints to wait for.
func newService(ctx *pulumi.Context, name, variant string, args Args, opts []pulumi.ResourceOption) (*corev1.Service, error) {
	metadata := args.metadata(variant)
	metadata.Annotations = pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
	return corev1.NewService(ctx, logical(name, variant), &corev1.ServiceArgs{
		Metadata: metadata,
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("ClusterIP"),
			Selector: pulumi.ToStringMap(args.selector(variant)),
			Ports: corev1.ServicePortArray{&corev1.ServicePortArgs{
				Name:       pulumi.String(portHTTP),
				Protocol:   pulumi.String("TCP"),
				Port:       pulumi.Int(servicePort),
				TargetPort: pulumi.String(portHTTP),
			}},
		},
	}, opts...)
}

// newGrant lets the app's route, which lives beside variant a, send requests to this variant. It is
// there as long as the variant is, whatever the release says.
func newGrant(ctx *pulumi.Context, name, variant string, args Args, opts []pulumi.ResourceOption) (pulumi.Resource, error) {
	return gatewayapi.NewReferenceGrant(ctx, logical(name, variant), gatewayapi.ReferenceGrant{
		Namespace:   naming.Namespace(args.App.Name, variant),
		Name:        args.App.Name,
		From:        naming.Namespace(args.App.Name, VariantA),
		Labels:      args.variantLabels(variant),
		Annotations: args.annotations(),
	}, append(opts, args.Gateway.DependsOn())...)
}
