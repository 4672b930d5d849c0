// Package community gives a group of people their room on a cluster: a namespace for every deployed
// variant of their apps, who may look at or change what runs there, how much it may use, and whom it can
// talk to.
package community

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/apps"
)

const typeToken = "live-omega:community:Community"

// DateLayout is how Args.Until is written.
const DateLayout = time.DateOnly

// Args describe a community on one cluster.
type Args struct {
	// Name is a DNS label.
	Name string
	// Contact is where the community is reached.
	Contact string
	// Until is the last day of a guest in DateLayout, or "" for good.
	Until string
	// Members may look at, or change, what runs in the community's namespaces.
	Members []Member
	// Quota is what the community may use in all.
	Quota Quota
	// Defaults are the requests and limits of containers that say none.
	Defaults apps.Resources
	// Internet lets the pods reach addresses outside of the cloud.
	Internet bool
	// Apps of the community that run on the cluster.
	Apps []App
}

// App is an app of the community, with what is deployed of it.
type App struct {
	// App is the app's entry in the catalogue.
	App apps.App
	// Variants that are deployed, by name.
	Variants []string
	// Port is where the pods take requests.
	Port int
}

// Community is a community on one cluster.
type Community struct {
	pulumi.ResourceState

	// Before is what a variant's pods wait for, by app and variant: the namespace, and all that bounds
	// and isolates what runs in it.
	Before map[string]map[string][]pulumi.Resource
}

// New creates the namespaces of a community and everything in them that holds for all of its apps. It
// needs a Kubernetes provider among its options.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Community, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("community %s: %w", name, err)
	}
	component := &Community{Before: map[string]map[string][]pulumi.Resource{}}
	if err := ctx.RegisterComponentResource(typeToken, name, component, opts...); err != nil {
		return nil, fmt.Errorf("community %s: %w", name, err)
	}
	for _, app := range args.Apps {
		component.Before[app.App.Name] = map[string][]pulumi.Resource{}
		for _, variant := range app.Variants {
			room := &room{ctx: ctx, args: args, app: app, variant: variant, parent: pulumi.Parent(component)}
			before, err := room.create()
			if err != nil {
				return nil, fmt.Errorf("community %s: namespace %s: %w", name, room.namespace(), err)
			}
			component.Before[app.App.Name][variant] = before
		}
	}
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{})
}

// validate finds mistakes that would otherwise show as half a community.
func (a Args) validate() error {
	var problems []error
	if a.Name == "" || a.Contact == "" {
		problems = append(problems, fmt.Errorf("name %q or contact %q is missing", a.Name, a.Contact))
	}
	for i, member := range a.Members {
		if err := member.validate(); err != nil {
			problems = append(problems, fmt.Errorf("member %d: %w", i, err))
		}
		if slices.ContainsFunc(a.Members[:i], member.same) {
			problems = append(problems, fmt.Errorf("member %d: %s %q is a member already", i, member.Kind, member.Name))
		}
	}
	for _, app := range a.Apps {
		if app.App.Community != a.Name {
			problems = append(problems, fmt.Errorf("app %s belongs to community %q", app.App.Name, app.App.Community))
		}
	}
	if a.Until != "" {
		if _, err := time.Parse(DateLayout, a.Until); err != nil {
			problems = append(problems, fmt.Errorf("last day: %w", err))
		}
	}
	return errors.Join(append(problems, a.validateQuantities())...)
}

// Expired is whether the last day of a guest, in DateLayout, has passed in every time zone but those
// behind UTC. "" never does.
func Expired(until string, now time.Time) bool {
	return until != "" && now.UTC().Format(DateLayout) > until
}
