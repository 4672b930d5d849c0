package golang

import (
	"errors"
	"fmt"
	"os/exec"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// RunPlugin builds a plugin written in Go, such as a policy pack, and runs it
// for as long as the caller keeps the stream. Output is streamed; the exit code
// comes last.
func (h *Host) RunPlugin(req *pulumirpc.RunPluginRequest, stream grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]) error {
	ctx := stream.Context()
	p, err := programOf(req.GetInfo())
	if err != nil {
		return err
	}
	if req.GetAttachDebugger() {
		return status.Error(codes.Unimplemented, "attaching a debugger is not part of this stand-in for pulumi-language-go")
	}
	out := &pluginOutput{stream: stream}
	path, err := h.builder.executable(ctx, p, func(message string) { h.report.status(ctx, message) })
	if err != nil {
		return fmt.Errorf("building the %s plugin: %w", req.GetKind(), err)
	}

	cmd := exec.Command(path, req.GetArgs()...)
	cmd.Dir = req.GetPwd()
	cmd.Env = req.GetEnv()
	cmd.Stdout = writer(func(b []byte) error {
		return out.send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: b}})
	})
	cmd.Stderr = writer(func(b []byte) error {
		return out.send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: b}})
	})
	code, err := h.processes.run(ctx, cmd)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, errStopping) {
			return status.FromContextError(ctx.Err()).Err()
		}
		return fmt.Errorf("running the %s plugin in %s: %w", req.GetKind(), p.directory, err)
	}
	return out.send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(code)}})
}

// pluginOutput lets both output streams share one gRPC stream, which may not be
// sent to concurrently.
type pluginOutput struct {
	mu     sync.Mutex
	stream grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]
}

func (o *pluginOutput) send(msg *pulumirpc.RunPluginResponse) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stream.Send(msg)
}

type writer func([]byte) error

func (w writer) Write(b []byte) (int, error) {
	if err := w(b); err != nil {
		return 0, err
	}
	return len(b), nil
}
