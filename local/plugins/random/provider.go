// Package random is a Pulumi resource provider for the package "random". It
// stands in for the official pulumi-resource-random on machines that cannot
// download it.
//
// Resource tokens, inputs, defaults, outputs, ids and import formats are those
// of the official provider, so state made by either is read by the other. Not
// served: RandomPet, which needs lists of words.
package random

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Version is that of the official provider whose behaviour this one has.
const Version = "4.21.2"

// Provider serves the resource provider protocol. Random values live in the
// engine's state alone, so it keeps nothing itself.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	keepSecrets atomic.Bool
}

// NewProvider makes a provider.
func NewProvider() *Provider {
	return &Provider{}
}

// GetPluginInfo names the version of the official provider stood in for.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// CheckConfig accepts any configuration: there is nothing to configure.
func (p *Provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

// DiffConfig finds no difference: there is nothing to configure.
func (p *Provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure agrees on how values are passed.
func (p *Provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	p.keepSecrets.Store(req.GetAcceptSecrets())
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, AcceptResources: true, SupportsPreview: true}, nil
}

// Cancel has nothing to stop: every call is short.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Check validates the inputs of a resource. Defaults are not filled in: they
// appear in the outputs, as with the official provider.
func (p *Provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	kind, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	for _, failure := range kind.validate(inputs) {
		resp.Failures = append(resp.Failures, &pulumirpc.CheckFailure{Property: failure.property, Reason: failure.reason})
	}
	return resp, nil
}

// Diff compares the new inputs with what the state's values were made from. Any
// difference replaces the resource: a random value is never edited.
func (p *Provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	kind, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true}
	for _, name := range kind.changed(state, inputs) {
		if containsString(req.GetIgnoreChanges(), name) {
			continue
		}
		if resp.DetailedDiff == nil {
			resp.DetailedDiff = map[string]*pulumirpc.PropertyDiff{}
		}
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
		resp.Diffs = append(resp.Diffs, name)
		resp.Replaces = append(resp.Replaces, name)
		resp.DetailedDiff[name] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE_REPLACE, InputDiff: true}
	}
	return resp, nil
}

// Create draws the random value. A preview answers with unknown values.
func (p *Provider) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	kind, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetProperties())
	if err != nil {
		return nil, err
	}
	if req.GetPreview() {
		outputs := kind.state(inputs)
		for _, output := range kind.outputs {
			outputs[resource.PropertyKey(output.name)] = output.mark(resource.MakeComputed(resource.NewProperty("")))
		}
		properties, err := p.marshal(outputs)
		return &pulumirpc.CreateResponse{Properties: properties}, err
	}
	id, drawn, err := kind.create(kind.effective(inputs))
	if err != nil {
		return nil, fmt.Errorf("creating %s: %w", req.GetUrn(), err)
	}
	properties, err := p.marshal(kind.complete(id, kind.state(inputs), drawn))
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

// Update is only reached for differences that replace nothing, of which there
// are none in the values: the new inputs are noted in the state.
func (p *Provider) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	kind, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	inputs, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	for name, value := range kind.state(inputs) {
		state[name] = value
	}
	properties, err := p.marshal(kind.mark(state))
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// Read returns the state as it is (there is nothing else to compare it with),
// or, without a state, imports the value that the id carries.
func (p *Provider) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	kind, err := kindOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	if len(req.GetProperties().GetFields()) > 0 {
		return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: req.GetProperties(), Inputs: req.GetInputs()}, nil
	}
	if kind.importID == nil {
		return nil, status.Errorf(codes.InvalidArgument, "%s cannot be imported: its value is not part of an id", kind.token)
	}
	id, inputs, drawn, err := kind.importID(req.GetId())
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "importing %s: %v", req.GetUrn(), err)
	}
	inputStruct, err := p.marshal(inputs)
	if err != nil {
		return nil, err
	}
	properties, err := p.marshal(kind.complete(id, kind.state(inputs), drawn))
	return &pulumirpc.ReadResponse{Id: id, Properties: properties, Inputs: inputStruct}, err
}

// Delete forgets a value, which takes no work.
func (p *Provider) Delete(context.Context, *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func kindOf(urn string) (*kind, error) {
	parsed, err := resource.ParseURN(urn)
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "resource %q: %v", urn, err)
	}
	token := string(parsed.Type())
	for _, k := range kinds {
		if k.token == token {
			return k, nil
		}
	}
	if token == "random:index/randomPet:RandomPet" {
		return nil, status.Errorf(codes.Unimplemented,
			"%s: this stand-in for pulumi-resource-random has no lists of words; use RandomId or RandomString, or install the official plugin: pulumi plugin install resource random %s", urn, Version)
	}
	served := make([]string, 0, len(kinds))
	for _, k := range kinds {
		served = append(served, k.token)
	}
	return nil, status.Errorf(codes.InvalidArgument, "unknown resource type %q; the package random has %s", token, strings.Join(served, ", "))
}

func unmarshal(properties *structpb.Struct) (resource.PropertyMap, error) {
	m, err := plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true})
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "decoding properties: %v", err)
	}
	return m, nil
}

func (p *Provider) marshal(properties resource.PropertyMap) (*structpb.Struct, error) {
	s, err := plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: p.keepSecrets.Load()})
	if err != nil {
		return nil, status.Errorf(codes.Internal, "encoding properties: %v", err)
	}
	return s, nil
}
