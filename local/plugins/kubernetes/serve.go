package kubernetes

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"k8s.io/klog/v2"
)

// engineCheck is how often the plugin looks whether the engine still lives. An engine that was killed must not leave a plugin behind
// that goes on changing a cluster.
const engineCheck = time.Second

// shutdownTime bounds the wait for operations after they were canceled.
const shutdownTime = 2 * time.Second

// Serve runs the plugin until the engine that started it is gone: it listens on a free loopback port and prints it on stdout. args are the
// command's, of which the first is the engine's address; without one it runs until it is told to stop.
func Serve(args []string) error {
	// The engine ends its plugins with SIGINT and waits five seconds for them. They are process groups of their own, so ^C at a terminal
	// reaches the engine only.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// The engine shows what a plugin writes to stderr. What concerns a person is in the errors of operations.
	klog.SetLogger(logr.Discard())

	provider := New()
	if len(args) > 0 {
		if err := provider.attach(args[0]); err != nil {
			return err
		}
		if err := rpcutil.Healthcheck(ctx, args[0], engineCheck, stop); err != nil {
			return fmt.Errorf("watching the engine at %s: %w", args[0], err)
		}
	}
	end := make(chan bool)
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: end,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(server, provider)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("serving the plugin: %w", err)
	}
	if _, err := fmt.Fprintf(os.Stdout, "%d\n", server.Port); err != nil {
		return err
	}
	select {
	case err := <-server.Done:
		return err
	case <-ctx.Done():
	}
	provider.cancel()
	close(end)
	select {
	case err := <-server.Done:
		return err
	case <-time.After(shutdownTime):
		return nil // an operation that does not end in time must not keep the plugin
	}
}
