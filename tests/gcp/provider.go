package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Provider serves the resource provider protocol.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	kinds   map[string]*kind
	config  map[string]string // project, region, zone
	project *Project
}

// NewProvider makes a provider that is not configured yet.
func NewProvider() (*Provider, error) {
	kinds, err := loadTable()
	if err != nil {
		return nil, err
	}
	return &Provider{kinds: kinds}, nil
}

// GetPluginInfo names the version stood in for.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetSchema gives a schema without types: SDKs come from the official plugin.
func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	schema, err := json.Marshal(map[string]any{"name": "gcp", "version": Version, "provider": map[string]any{}, "resources": map[string]any{}})
	return &pulumirpc.GetSchemaResponse{Schema: string(schema)}, err
}

// providerSettings are what a provider may be given. Credentials are not among them: a program has none.
var providerSettings = map[string]bool{"project": true, "region": true, "zone": true, "version": true}

// CheckConfig refuses settings that the program has no business with, and a provider without a project.
func (p *Provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	refuse := func(property, reason string) {
		resp.Failures = append(resp.Failures, &pulumirpc.CheckFailure{Property: property, Reason: reason})
	}
	for _, key := range sortedKeys(news) {
		if !providerSettings[key] {
			refuse(key, "is no setting that a stack should have; credentials are those of whoever runs pulumi")
		}
	}
	if isEmpty(news["project"]) {
		refuse("project", "is required")
	}
	return resp, nil
}

// DiffConfig replaces nothing: resources name their project themselves.
func (p *Provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	resp := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}
	for key := range providerSettings {
		if olds[key] != news[key] {
			resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
			resp.Diffs = append(resp.Diffs, key)
		}
	}
	return resp, nil
}

// Configure opens the project.
func (p *Provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	p.config = map[string]string{}
	for key, value := range req.GetVariables() { //nolint:staticcheck // what every engine sends
		p.config[strings.TrimPrefix(key, "gcp:config:")] = value
	}
	project, err := OpenProject(os.Getenv(ProjectVariable))
	if err != nil {
		return nil, err
	}
	p.project = project
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// Invoke has nothing to offer.
func (p *Provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, fmt.Errorf("%s is not in the table of tests/gcp", req.GetTok())
}

// Cancel has nothing to stop: every call is short.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *Provider) kindOf(urn string) (*kind, resource.URN, error) {
	parsed, err := resource.ParseURN(urn)
	if err != nil {
		return nil, "", err
	}
	if k := p.kinds[string(parsed.Type())]; k != nil {
		return k, parsed, nil
	}
	return nil, "", fmt.Errorf("%s is not in the table of tests/gcp: write it there from the provider's documentation", parsed.Type())
}
