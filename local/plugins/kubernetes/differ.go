package kubernetes

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Diff compares new inputs with old ones. Without a difference it asks nobody. With one, fields that are known to be immutable plan a
// replacement; failing that a dry run tells.
func (p *Provider) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	kind, err := kindOf(urn)
	if err != nil {
		return nil, err
	}
	if len(req.GetOldInputs().GetFields()) > 0 && proto.Equal(req.GetOldInputs(), req.GetNews()) {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}, nil
	}
	news, err := unmarshal("the inputs of "+urn.Name(), req.GetNews())
	if err != nil {
		return nil, err
	}
	object := plain(news)
	if unchanged, err := sameInputs(urn, req.GetOldInputs(), object); err != nil || unchanged {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}, err
	}
	old, err := readState(urn.Name(), req.GetOlds(), req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	changes := diff(nil, old.inputs, object)
	changes = slices.DeleteFunc(changes, func(c change) bool { return sameNamespace(c, old.live) })
	if len(changes) == 0 {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}, nil
	}
	kind = objectKind(object, kind)
	replaced := func(c change) bool {
		return p.settings.forcesReplacement(kind, object, c) || changesGroup(c)
	}
	if patches(urn, object) {
		replaced = changesTarget
	} else if !slices.ContainsFunc(changes, replaced) {
		if refused := p.refused(ctx, urn, kind, old, object); len(refused) > 0 {
			replaced = func(c change) bool { return inFields(c, refused) }
			if !slices.ContainsFunc(changes, replaced) { // the server names a field in other words
				replaced = func(change) bool { return true }
			}
		}
	}
	response := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_SOME, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{},
	}
	for _, c := range changes {
		at := c.path.String()
		// The CLI's short form of a diff shows the properties that are named here, and knows them by their
		// own names alone: "spec", not the path below it.
		if property := c.path[:min(1, len(c.path))].String(); !slices.Contains(response.Diffs, property) {
			response.Diffs = append(response.Diffs, property)
		}
		isReplaced := replaced(c)
		if isReplaced {
			response.Replaces = append(response.Replaces, at)
		}
		response.DetailedDiff[at] = &pulumirpc.PropertyDiff{Kind: diffKind(c, isReplaced), InputDiff: true}
	}
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && keepsName(old.live, object)
	return response, nil
}

// sameInputs answers the common case without the state, which may be large.
func sameInputs(urn resource.URN, oldInputs *structpb.Struct, object map[string]any) (bool, error) {
	if len(oldInputs.GetFields()) == 0 {
		return false, nil
	}
	olds, err := unmarshal("the old inputs of "+urn.Name(), oldInputs)
	if err != nil {
		return false, err
	}
	return len(diff(nil, plain(olds), object)) == 0, nil
}

// sameNamespace forgives a namespace that is written or left out to the same effect: the default one, or any for a kind that has none.
func sameNamespace(c change, live map[string]any) bool {
	if c.path.String() != "metadata.namespace" {
		return false
	}
	actual := lookupString(live, "metadata", "namespace")
	if actual == "" {
		return len(live) > 0 // the kind has no namespaces
	}
	return c.new == actual || (c.new == nil && actual == "default")
}

// changesGroup tells of a move to another API group, where another object is made.
func changesGroup(c change) bool {
	if c.path.String() != "apiVersion" {
		return false
	}
	old, _ := c.old.(string)
	now, _ := c.new.(string)
	return schema.FromAPIVersionAndKind(old, "").Group != schema.FromAPIVersionAndKind(now, "").Group
}

// refused asks the server by a dry run which fields it would never change.
func (p *Provider) refused(ctx context.Context, urn resource.URN, kind schema.GroupVersionKind, old saved, object map[string]any) []string {
	cluster, err := p.connection()
	if err != nil || hasUnknown(object) {
		return nil
	}
	a := applying{cluster: cluster, kind: kind, object: object, manager: fieldManager(urn, old.tree, object), force: true, dryRun: true, say: p.messages(urn)}
	_, err = a.once(ctx)
	return refusedFields(err)
}

// inFields tells whether a change lies at, in or around one of the fields that a server named, as spec.template.spec.containers[0].name.
func inFields(c change, fields []string) bool {
	at := c.path.String()
	return slices.ContainsFunc(fields, func(field string) bool {
		return within(at, field) || within(field, at)
	})
}

func within(inner, outer string) bool {
	rest, ok := strings.CutPrefix(inner, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func diffKind(c change, replaced bool) pulumirpc.PropertyDiff_Kind {
	plain, replace := pulumirpc.PropertyDiff_UPDATE, pulumirpc.PropertyDiff_UPDATE_REPLACE
	switch {
	case c.old == nil:
		plain, replace = pulumirpc.PropertyDiff_ADD, pulumirpc.PropertyDiff_ADD_REPLACE
	case c.new == nil:
		plain, replace = pulumirpc.PropertyDiff_DELETE, pulumirpc.PropertyDiff_DELETE_REPLACE
	}
	if replaced {
		return replace
	}
	return plain
}

// keepsName tells whether a replacement needs the name of the object that it replaces, so that this must be deleted first. A name that was
// made by autonaming is made anew.
func keepsName(live, object map[string]any) bool {
	if annotation(object, annotationAutonamed) == "true" {
		return false
	}
	if _, isUnknown := lookup(object, "metadata", "name").(unknown); isUnknown {
		return false
	}
	return lookupString(live, "metadata", "name") == lookupString(object, "metadata", "name") &&
		objectNamespace(live) == objectNamespace(object)
}

func objectNamespace(object map[string]any) string {
	if namespace := lookupString(object, "metadata", "namespace"); namespace != "" {
		return namespace
	}
	return "default"
}
