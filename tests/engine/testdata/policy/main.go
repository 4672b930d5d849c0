// Command policy is a policy pack with one policy: nothing may be of a certain
// type. It shows that packs written in Go are run and obeyed.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

func main() {
	if err := policyx.Main(newPack); err != nil {
		fmt.Fprintf(os.Stderr, "policy: %v\n", err)
		os.Exit(1)
	}
}

func newPack(*pulumi.Context) (policyx.PolicyPack, error) {
	return policyx.NewPolicyPack("engine-test", semver.MustParse("1.0.0"), policyx.EnforcementLevelMandatory, []policyx.Policy{
		policyx.NewResourceValidationPolicy("no-route", policyx.ResourceValidationPolicyArgs{
			Description:      "An HTTPRoute is not allowed in this test.",
			EnforcementLevel: policyx.EnforcementLevelMandatory,
			ValidateResource: func(_ context.Context, args policyx.ResourceValidationArgs) error {
				if args.Resource.Type == "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute" {
					args.Manager.ReportViolation("this one is refused", "")
				}
				return nil
			},
		}),
	})
}
