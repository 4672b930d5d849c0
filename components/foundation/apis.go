package foundation

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// usedAPIs are what the stacks of the cloud and the nodes call, without ".googleapis.com". The one that
// turns on the others, serviceusage, is on in every new project.
var usedAPIs = []string{
	"artifactregistry",
	"certificatemanager",
	"cloudresourcemanager", // roles of a project
	"compute",
	"container",
	"dns",
	"iam",
	"iamcredentials", // tokens of pods that act as service accounts
	"logging",
	"monitoring",
	"storage",
}

// apis turns on the APIs, which everything after them waits for. They stay on when the stack is destroyed:
// others in the project may use them, and turning off Compute Engine or GKE deletes what they made.
func (b *builder) apis() error {
	var on []pulumi.Resource
	for _, api := range usedAPIs {
		service, err := projects.NewService(b.ctx, naming.Logical(b.name, api), &projects.ServiceArgs{
			Service:                  pulumi.String(api + ".googleapis.com"),
			DisableOnDestroy:         pulumi.Bool(false),
			DisableDependentServices: pulumi.Bool(false),
		}, b.child...)
		if err != nil {
			return fmt.Errorf("turning on API %s: %w", api, err)
		}
		on = append(on, service)
	}
	b.child = append(slices.Clone(b.child), pulumi.DependsOn(on))
	return nil
}
