package kubernetes

import (
	"context"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Read gives an object as it is now: for a refresh with the program's fields as they are now, for an import with all fields that are not the
// server's own. An object that is gone has an empty id; a cluster that cannot be reached is an error and loses nothing.
func (p *Provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	response, err := p.read(ctx, urn, req)
	if !isUnreachable(err) {
		return response, err
	}
	say := p.messages(urn)
	switch {
	case p.settings.deleteUnreachable:
		say.warn(ctx, "the cluster is unreachable, and deleteUnreachable is set: dropped from the state")
		return &pulumirpc.ReadResponse{}, nil
	case p.settings.skipUpdateUnreachable:
		say.warn(ctx, "the cluster is unreachable, and skipUpdateUnreachable is set: the state stays as it is")
		return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	}
	return nil, err
}

func (p *Provider) read(ctx context.Context, urn resource.URN, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	token, err := kindOf(urn)
	if err != nil {
		return nil, err
	}
	old, err := readState(urn.Name(), req.GetProperties(), req.GetInputs())
	if err != nil {
		return nil, err
	}
	namespace, name, err := parseID(req.GetId())
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", urn.Name(), err)
	}
	cluster, err := p.connection()
	if err != nil {
		return nil, err
	}
	kind := objectKind(old.live, token)
	live, err := cluster.get(ctx, kind, namespace, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", kind.Kind, req.GetId(), err)
	}
	if live == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	secrets, err := unmarshal("the old inputs of "+urn.Name(), req.GetInputs())
	if err != nil {
		return nil, err
	}
	if len(secrets) == 0 {
		secrets, _ = open(old.properties[keyInputs]).V.(resource.PropertyMap)
	}
	var inputs resource.PropertyMap
	imported := lookupString(old.inputs, "kind") == ""
	if imported {
		inputs = properties(importable(live))
	} else {
		inputs = properties(project(nil, old.inputs, anyMap(old.live), live.Object, ownershipOf(live.GetManagedFields())).(map[string]any))
	}
	markSecrets(inputs, secrets)
	return p.respond(ctx, urn, req, old, live, inputs, imported)
}

func (p *Provider) respond(ctx context.Context, urn resource.URN, req *pulumirpc.ReadRequest, old saved, live *unstructured.Unstructured,
	inputs resource.PropertyMap, imported bool,
) (*pulumirpc.ReadResponse, error) {
	state, err := outputs(live, inputs, old.initialAPIVersion(live.GetAPIVersion()), fieldManager(urn, old.tree, old.inputs))
	if err != nil {
		return nil, err
	}
	wireInputs, err := marshal("the inputs of "+urn.Name(), inputs)
	if err != nil {
		return nil, err
	}
	if err := p.health(ctx, old.inputs, live); err != nil && !imported {
		return nil, initError(req.GetId(), err, state, wireInputs)
	}
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: state, Inputs: wireInputs}, nil
}

// health says what keeps a workload from being ready at this moment; one that is merely on its way is well. The engine warns of it in a refresh,
// and the next update waits for the workload again.
func (p *Provider) health(ctx context.Context, inputs map[string]any, live *unstructured.Unstructured) error {
	if !hasPods(live) {
		return nil
	}
	ready, err := p.cluster.readiness(ctx, inputs, live)
	if err != nil || ready == nil {
		return nil // the next update says what is wrong with the annotation
	}
	done, message, err := ready(live)
	if done {
		return nil
	}
	reasons := p.cluster.explainPods(ctx, live)
	if err == nil && len(reasons) == 0 {
		return nil
	}
	if err != nil {
		message = err.Error()
	}
	return &notReadyError{summary: describe(live.Object) + " is not ready: " + message, reasons: reasons}
}

// importable gives the fields of a live object that a program could have set.
func importable(live *unstructured.Unstructured) map[string]any {
	object := live.DeepCopy().Object
	delete(object, "status")
	metadata, _ := object["metadata"].(map[string]any)
	for _, key := range readOnly {
		delete(metadata, string(key))
	}
	delete(metadata, "selfLink")
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		maps.DeleteFunc(annotations, func(key string, _ any) bool {
			return key == "deployment.kubernetes.io/revision" || key == "kubectl.kubernetes.io/last-applied-configuration"
		})
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	return object
}
