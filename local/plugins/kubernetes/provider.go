package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Version is that of the official plugin whose behaviour this one has.
const Version = "4.30.0"

// Provider serves the kinds of one cluster. The engine makes one for each provider resource.
type Provider struct {
	pulumirpc.UnimplementedResourceProviderServer

	host        host
	settings    settings
	cluster     *cluster
	configError error
	scopes      scopes
	warned      sync.Once // that previews do without the cluster

	canceled context.Context // done when the engine cancels
	cancel   context.CancelFunc
}

// New makes a provider that is not configured yet.
func New() *Provider {
	p := &Provider{}
	p.canceled, p.cancel = context.WithCancel(context.Background())
	return p
}

// Handshake connects to the engine that started the plugin and agrees on what may be sent.
func (p *Provider) Handshake(_ context.Context, req *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	if err := p.attach(req.GetEngineAddress()); err != nil {
		return nil, err
	}
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, SupportsAutonamingConfiguration: true}, nil
}

// Attach connects to an engine that found the plugin running.
func (p *Provider) Attach(_ context.Context, req *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, p.attach(req.GetAddress())
}

func (p *Provider) attach(address string) error {
	if address == "" || p.host != nil {
		return nil
	}
	engine, err := newEngine(address)
	if err != nil {
		return err
	}
	p.host = engine
	return nil
}

// GetPluginInfo names the version.
func (p *Provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetSchema gives a schema without types: SDKs come from the official plugin.
func (p *Provider) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	schema, err := json.Marshal(map[string]any{
		"name": "kubernetes", "version": Version,
		"description": "Kubernetes objects by server-side apply; stands in for the official plugin where that cannot be downloaded.",
		"provider":    map[string]any{}, "resources": map[string]any{}, "types": map[string]any{}, "functions": map[string]any{},
	})
	return &pulumirpc.GetSchemaResponse{Schema: string(schema)}, err
}

// Invoke has nothing to offer.
func (p *Provider) Invoke(_ context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, fmt.Errorf("%s is served by the official pulumi-kubernetes plugin only: install it with `pulumi plugin install resource kubernetes`", req.GetTok())
}

// Cancel ends all waits at once. What they waited for stays in state as not ready.
func (p *Provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

// operation is a context that ends with its request or when the engine cancels.
func (p *Provider) operation(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(p.canceled, cancel)
	return ctx, func() { stop(); cancel() }
}
