// Command program makes a password and fails when its config says so. It is what
// the tests of the language host and of the random provider run.
package main

import (
	"errors"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		generation, _ := ctx.GetConfig("program:generation")
		password, err := random.NewRandomPassword(ctx, "password", &random.RandomPasswordArgs{
			Length:  pulumi.Int(20),
			Keepers: pulumi.StringMap{"generation": pulumi.String(generation)},
		})
		if err != nil {
			return err
		}
		id, err := random.NewRandomId(ctx, "id", &random.RandomIdArgs{ByteLength: pulumi.Int(4)})
		if err != nil {
			return err
		}
		ctx.Export("password", password.Result)
		ctx.Export("id", id.Hex)
		if _, fail := ctx.GetConfig("program:fail"); fail {
			return errors.New("told to fail")
		}
		return nil
	})
}
