package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// host is where messages for the person at the CLI go.
type host interface {
	log(ctx context.Context, request *pulumirpc.LogRequest)
}

// engine is the Pulumi engine that started the plugin.
type engine struct{ client pulumirpc.EngineClient }

func newEngine(address string) (engine, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return engine{}, fmt.Errorf("connecting to the engine at %s: %w", address, err)
	}
	return engine{client: pulumirpc.NewEngineClient(conn)}, nil
}

func (e engine) log(ctx context.Context, request *pulumirpc.LogRequest) {
	// A message that cannot be shown is no reason to fail an operation.
	_, _ = e.client.Log(ctx, request)
}

// messages speaks about one resource.
type messages struct {
	host host
	urn  resource.URN
	last *string
}

func (p *Provider) messages(urn resource.URN) messages {
	return messages{host: p.host, urn: urn, last: new(string)}
}

// status shows what is going on now, in the place of the status before.
func (m messages) status(ctx context.Context, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if m.host == nil || text == *m.last {
		return
	}
	*m.last = text
	m.host.log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_INFO, Message: text, Urn: string(m.urn), Ephemeral: true})
}

func (m messages) info(ctx context.Context, format string, args ...any) {
	m.say(ctx, pulumirpc.LogSeverity_INFO, format, args...)
}

func (m messages) warn(ctx context.Context, format string, args ...any) {
	m.say(ctx, pulumirpc.LogSeverity_WARNING, format, args...)
}

func (m messages) say(ctx context.Context, severity pulumirpc.LogSeverity, format string, args ...any) {
	if m.host != nil {
		m.host.log(ctx, &pulumirpc.LogRequest{Severity: severity, Message: fmt.Sprintf(format, args...), Urn: string(m.urn)})
	}
}
