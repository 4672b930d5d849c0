package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Update applies new inputs to an object and waits until it is ready. The engine also updates, without any change, what was not ready
// the last time.
func (p *Provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	kind, err := kindOf(urn)
	if err != nil {
		return nil, err
	}
	old, err := readState(urn.Name(), req.GetOlds(), req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal("the inputs of "+urn.Name(), req.GetNews())
	if err != nil {
		return nil, err
	}
	object := plain(inputs)
	a := applying{kind: objectKind(object, kind), object: object, manager: fieldManager(urn, old.tree, object), say: p.messages(urn)}
	a.force, a.patch = p.forces(object), patches(urn, object)
	if req.GetPreview() {
		state, err := p.previewUpdate(ctx, a, old, inputs, req)
		return &pulumirpc.UpdateResponse{Properties: state}, err
	}
	if a.cluster, err = p.connection(); err != nil {
		return nil, err
	}
	live, err := a.update(ctx, old, req.GetIgnoreChanges())
	if err != nil {
		return nil, redact(inputs, fmt.Errorf("updating %s: %w", describe(object), noKind(err)))
	}
	live, readyErr := p.awaitReady(ctx, a, live, req.GetTimeout())
	state, err := outputs(live, inputs, old.initialAPIVersion(live.GetAPIVersion()), a.manager)
	if err != nil {
		return nil, err
	}
	if readyErr != nil {
		return nil, initError(objectID(live.GetNamespace(), live.GetName()), fmt.Errorf("%s was updated but is not ready: %w", describe(object), readyErr), state, nil)
	}
	return &pulumirpc.UpdateResponse{Properties: state}, nil
}

// update applies the inputs over what is there.
func (a applying) update(ctx context.Context, old saved, ignored []string) (*unstructured.Unstructured, error) {
	before, err := a.cluster.get(ctx, a.kind, a.namespace(), a.name())
	if err != nil {
		return nil, err
	}
	switch {
	case before == nil && a.patch:
		return nil, fmt.Errorf("the object that it patches is gone: make it again, or take the patch out of the program")
	case before == nil:
		a.say.info(ctx, "it was gone from the cluster, and is created again")
	default:
		if err := a.adoptClientSide(ctx, before); err != nil {
			return nil, err
		}
		a.object = leaveIgnored(a.object, before, a.manager, ignored)
	}
	live, err := a.untilAccepted(ctx)
	if err != nil {
		return nil, err
	}
	if former, _ := old.tree[keyFieldManager].(string); former != "" && former != a.manager && managedBy(live, former) {
		if err := a.relinquish(ctx, former); err != nil {
			return nil, fmt.Errorf("giving up the fields of the former field manager %q: %w", former, err)
		}
	}
	return live, nil
}

func (p *Provider) previewUpdate(ctx context.Context, a applying, old saved, inputs resource.PropertyMap, req *pulumirpc.UpdateRequest) (*structpb.Struct, error) {
	if hasUnknown(a.object) {
		return req.GetNews(), nil
	}
	cluster, err := p.connection()
	if err != nil {
		p.previewsAlone(ctx, a.say, err)
		return req.GetNews(), nil
	}
	a.cluster, a.dryRun = cluster, true
	live, err := a.onceLeaving(ctx, req.GetIgnoreChanges())
	switch {
	case err == nil:
		return outputs(live, inputs, old.initialAPIVersion(live.GetAPIVersion()), a.manager)
	case isUnreachable(err):
		p.previewsAlone(ctx, a.say, err)
		return req.GetNews(), nil
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err), apierrors.IsForbidden(err), noDryRun(err):
		return req.GetNews(), nil
	}
	return nil, redact(inputs, fmt.Errorf("previewing the update of %s: %w", describe(a.object), err))
}
