package kubernetes

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Create makes an object and waits until it is ready.
func (p *Provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	kind, err := kindOf(urn)
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal("the inputs of "+urn.Name(), req.GetProperties())
	if err != nil {
		return nil, err
	}
	object := plain(inputs)
	a := applying{kind: objectKind(object, kind), object: object, manager: fieldManager(urn, nil, object), say: p.messages(urn)}
	a.force, a.patch = p.forces(object), patches(urn, object)
	if req.GetPreview() {
		state, err := p.previewCreate(ctx, a, inputs, req.GetProperties())
		return &pulumirpc.CreateResponse{Properties: state}, err
	}
	if a.cluster, err = p.connection(); err != nil {
		return nil, err
	}
	if err := p.claim(ctx, &a, req.GetTimeout()); err != nil {
		return nil, redact(inputs, fmt.Errorf("creating %s: %w", describe(object), err))
	}
	live, err := a.untilAccepted(ctx)
	if err != nil {
		return nil, redact(inputs, fmt.Errorf("creating %s: %w", describe(object), noKind(err)))
	}
	live, readyErr := p.awaitReady(ctx, a, live, req.GetTimeout())
	state, err := outputs(live, inputs, live.GetAPIVersion(), a.manager)
	if err != nil {
		return nil, err
	}
	id := objectID(live.GetNamespace(), live.GetName())
	if readyErr != nil {
		return nil, initError(id, fmt.Errorf("%s was created but is not ready: %w", describe(object), readyErr), state, nil)
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: state}, nil
}

// forces tells whether fields of other managers may be taken over.
func (p *Provider) forces(object map[string]any) bool {
	return p.settings.patchForce || annotation(object, annotationPatchForce) == "true"
}

// previewCreate gives what the server would make of an object, or the inputs where it cannot tell yet: values, the namespace or the kind are
// to come, or another object has the name until it is replaced. Of a patch it always gives the inputs, since what it is for may be to come.
func (p *Provider) previewCreate(ctx context.Context, a applying, inputs resource.PropertyMap, echo *structpb.Struct) (*structpb.Struct, error) {
	if hasUnknown(a.object) || a.patch {
		return echo, nil
	}
	cluster, err := p.connection()
	if err != nil {
		p.previewsAlone(ctx, a.say, err)
		return echo, nil
	}
	a.cluster, a.force, a.dryRun = cluster, true, true
	live, err := a.once(ctx)
	switch {
	case err == nil:
	case isUnreachable(err):
		p.previewsAlone(ctx, a.say, err)
		return echo, nil
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err), apierrors.IsForbidden(err), apierrors.IsConflict(err), len(refusedFields(err)) > 0, noDryRun(err):
		return echo, nil
	default:
		return nil, redact(inputs, fmt.Errorf("previewing the creation of %s: %w", describe(a.object), err))
	}
	// A status is not known before the object exists.
	unstructured.RemoveNestedField(live.Object, "status")
	return outputs(live, inputs, live.GetAPIVersion(), a.manager)
}

// previewsAlone says, once, that previews cannot ask the cluster.
func (p *Provider) previewsAlone(ctx context.Context, say messages, err error) {
	p.warned.Do(func() { say.warn(ctx, "previewed without the cluster, this and all others of the provider: %v", err) })
}

// noDryRun tells of webhooks and aggregated servers without dry runs, and of webhooks that are not up.
func noDryRun(err error) bool {
	return apierrors.IsBadRequest(err) || apierrors.IsInternalError(err)
}

// claim makes sure that the name is free, or that the object which has it is to be taken: this very resource made it in an update that did not
// get as far as saving its state, or the provider's settings allow it. An object that is being deleted is waited for. A patch claims nothing: its
// object is somebody else's and must be there.
func (p *Provider) claim(ctx context.Context, a *applying, seconds float64) error {
	if a.patch {
		return a.awaitTarget(ctx, seconds)
	}
	live, err := a.cluster.get(ctx, a.kind, a.namespace(), a.name())
	if err != nil || live == nil {
		return err
	}
	if live.GetDeletionTimestamp() != nil {
		a.say.status(ctx, "waiting until the old %s is deleted", a.kind.Kind)
		return awaitGone(ctx, *a, live, 10*time.Minute)
	}
	switch {
	case managedBy(live, a.manager):
		a.say.info(ctx, "found and adopted: an update that was interrupted had created it")
	case p.settings.upsert:
	default:
		return fmt.Errorf("it exists already and was not made by this resource. To manage it here import it with `pulumi import %s %s %s`; to take such objects over "+
			"in general set upsertExistingObjects on the provider; if this resource was renamed, give it an alias", a.say.urn.Type(), a.say.urn.Name(), objectID(live.GetNamespace(), live.GetName()))
	}
	return a.adoptClientSide(ctx, live)
}

// objectKind is what the inputs say they are, which may be a newer version than the token's.
func objectKind(object map[string]any, token schema.GroupVersionKind) schema.GroupVersionKind {
	version, kind := lookupString(object, "apiVersion"), lookupString(object, "kind")
	if version == "" || kind == "" {
		return token
	}
	return schema.FromAPIVersionAndKind(version, kind)
}

// describe names an object in messages.
func describe(object map[string]any) string {
	return fmt.Sprintf("%s %s", lookupString(object, "kind"), objectID(lookupString(object, "metadata", "namespace"), lookupString(object, "metadata", "name")))
}

// noKind explains why the server does not know a kind.
func noKind(err error) error {
	if !meta.IsNoMatchError(err) {
		return err
	}
	return fmt.Errorf("the cluster does not serve this kind; if a CustomResourceDefinition makes it, let the resource depend on that: %w", err)
}

// reach asks the cluster for a sign of life.
func (p *Provider) reach() error {
	cluster, err := p.connection()
	if err != nil {
		return err
	}
	_, err = cluster.discovery.ServerVersion()
	return cluster.explain(err)
}
