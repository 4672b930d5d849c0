package golang

import (
	"context"
	"sync"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// reporter tells the user what the host is doing.
type reporter interface {
	status(ctx context.Context, message string)
}

// engineReporter shows messages in the engine's progress display. A message that
// cannot be delivered is dropped: it is only there to pass the time.
type engineReporter struct {
	address string
	connect sync.Once
	engine  pulumirpc.EngineClient
}

func (r *engineReporter) status(ctx context.Context, message string) {
	r.connect.Do(func() {
		conn, err := grpc.NewClient(r.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err == nil {
			r.engine = pulumirpc.NewEngineClient(conn)
		}
	})
	if r.engine == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, _ = r.engine.Log(ctx, &pulumirpc.LogRequest{Severity: pulumirpc.LogSeverity_INFO, Message: message, Ephemeral: true})
}
