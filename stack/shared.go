package stack

import (
	"fmt"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/apps"
	"live-omega/clusters"
)

// passwordLength in characters, of 62 kinds each: 190 bits.
const passwordLength = 32

// deployShared makes what the clusters must agree on: which of them is primary, the passwords of the apps,
// and on Google Cloud what both lie in.
func deployShared(ctx *pulumi.Context, config Config) error {
	provider, err := random.NewProvider(ctx, "random", nil)
	if err != nil {
		return fmt.Errorf("creating the provider of random values: %w", err)
	}
	secrets := pulumi.StringMap{}
	for _, name := range apps.Names() {
		app, _ := apps.Lookup(name)
		for _, secret := range app.Secrets {
			key := secretKey(app.Name, secret)
			password, err := random.NewRandomPassword(ctx, key, &random.RandomPasswordArgs{
				Length: pulumi.Int(passwordLength),
				// Letters and digits need no quoting anywhere.
				Special: pulumi.Bool(false),
			}, pulumi.Provider(provider))
			if err != nil {
				return fmt.Errorf("generating secret %s: %w", key, err)
			}
			secrets[key] = password.Result
		}
	}
	if config.platform() == clusters.OnGKE {
		if err := deployFoundation(ctx, config); err != nil {
			return err
		}
	}
	ctx.Export("primary", pulumi.String(config.Primary))
	ctx.Export("secrets", pulumi.ToSecret(secrets))
	return nil
}

// secretKey names a secret of an app in the outputs of the shared stack.
func secretKey(app, secret string) string { return app + "/" + secret }
