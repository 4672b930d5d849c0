package gcp

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Check validates what a program wants, and names what it left without a name.
func (p *Provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	k, urn, err := p.kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	if name := k.Fields["name"]; name != nil && !name.required && news["name"] == nil {
		news["name"] = olds["name"]
		if seed := req.GetRandomSeed(); olds["name"] == nil && len(seed) >= 4 {
			news["name"] = urn.Name() + "-" + hex.EncodeToString(seed)[:7]
		}
	}
	inputs, err := marshal(news)
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.CheckResponse{Inputs: inputs}
	for _, failure := range k.check(news) {
		resp.Failures = append(resp.Failures, &pulumirpc.CheckFailure{Property: failure.property, Reason: failure.reason})
	}
	return resp, nil
}

// Diff compares the state with what the program wants.
func (p *Provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	k, _, err := p.kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	changes := k.diff(state, news)
	changes = slices.DeleteFunc(changes, func(c change) bool { return slices.Contains(req.GetIgnoreChanges(), c.path) })
	return detail(changes), nil
}

// call is a change of one resource.
type call struct {
	project *Project
	kind    *kind
	id      string // "" in the preview of a creation
	old     object // nil in a creation
	state   object // what it will be
	preview bool
}

// Create makes a resource.
func (p *Provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	k, _, err := p.kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	c := &call{project: p.project, kind: k, state: k.Fields.complete(inputs, nil), preview: req.GetPreview()}
	p.places(k, c.state)
	if !c.preview {
		var known bool
		if c.id, known = k.fill(k.ID, c.state, ""); !known {
			return nil, invalid("%s lacks a part of its ID %s", req.GetUrn(), k.ID)
		}
		if err := p.checkEnabled(k, c.state); err != nil {
			return nil, err
		}
	}
	k.setOutputs(c.state, nil, c.id)
	if err := p.change(ctx, c); err != nil {
		return nil, fmt.Errorf("creating %s: %w", k.short(), err)
	}
	properties, err := marshal(c.state)
	return &pulumirpc.CreateResponse{Id: c.id, Properties: properties}, err
}

// Update changes a resource in place. Outputs that do not change are known in its preview.
func (p *Provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	k, _, err := p.kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	c := &call{project: p.project, kind: k, id: req.GetId(), preview: req.GetPreview()}
	live, err := p.project.Get(k.short(), c.id)
	switch {
	case err != nil:
		return nil, err
	case live != nil:
		c.old = live.State
	case !c.preview:
		return nil, notFound(c.id)
	default:
		if c.old, err = unmarshal(req.GetOlds()); err != nil {
			return nil, err
		}
	}
	c.state = k.Fields.complete(inputs, c.old)
	p.places(k, c.state)
	k.setOutputs(c.state, c.old, c.id)
	if err := p.change(ctx, c); err != nil {
		return nil, fmt.Errorf("updating %s: %w", c.id, err)
	}
	properties, err := marshal(c.state)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// change applies the rules of a kind and writes the resource, unless it is a preview.
func (p *Provider) change(ctx context.Context, c *call) error {
	rules := behaviours[c.kind.short()]
	if c.preview {
		if rules.outputs != nil {
			rules.outputs(c)
		}
		return nil
	}
	if err := p.project.checkReferences(c.kind, c.state); err != nil {
		return err
	}
	if rules.outputs != nil {
		rules.outputs(c)
	}
	if rules.change != nil {
		if err := rules.change(ctx, c); err != nil {
			return err
		}
	}
	record := Record{Kind: c.kind.short(), ID: c.id, State: c.state}
	store, name := p.project.Put, "update"
	if c.old == nil {
		name = "create"
		if !c.kind.Merges {
			store = p.project.Create
		}
	}
	if err := store(record); err != nil {
		return err
	}
	if rules.settle != nil {
		if err := rules.settle(ctx, c); err != nil {
			return err
		}
	}
	return p.project.note(name, record.Kind, record.ID)
}

// checkEnabled refuses resources of a service that is not enabled in the project.
func (p *Provider) checkEnabled(k *kind, state object) error {
	project := textAt(state, "project")
	if k.API == "" || project == "" {
		return nil
	}
	service, err := p.project.Get("Service", project+"/"+k.API)
	if err == nil && service == nil {
		err = disabled(project, k.API)
	}
	return err
}

// Read looks at a resource again.
func (p *Provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	k, _, err := p.kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	live, err := p.project.Get(k.short(), req.GetId())
	if err != nil || live == nil {
		return &pulumirpc.ReadResponse{}, err
	}
	inputs, err := unmarshal(req.GetInputs())
	if err != nil {
		return nil, err
	}
	for key := range inputs {
		if live.State[key] != nil && len(k.Fields[key].diff(key, live.State[key], inputs[key])) > 0 {
			inputs[key] = live.State[key]
		}
	}
	properties, err := marshal(live.State)
	if err != nil {
		return nil, err
	}
	projected, err := marshal(inputs)
	return &pulumirpc.ReadResponse{Id: live.ID, Properties: properties, Inputs: projected}, err
}

// Delete removes a resource that nothing uses.
func (p *Provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	k, _, err := p.kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	live, err := p.project.Get(k.short(), req.GetId())
	if err != nil || live == nil {
		return &emptypb.Empty{}, err
	}
	if err := p.project.checkUnused(p.kinds, *live); err != nil {
		return nil, err
	}
	if remove := behaviours[k.short()].remove; remove != nil {
		c := &call{project: p.project, kind: k, id: live.ID, old: live.State, state: live.State}
		if err := remove(ctx, c); err != nil {
			return nil, fmt.Errorf("deleting %s: %w", live.ID, err)
		}
	}
	if err := p.project.Remove(live.Kind, live.ID); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, p.project.note("delete", live.Kind, live.ID)
}
