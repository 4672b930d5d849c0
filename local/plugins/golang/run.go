package golang

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Run builds the program and runs it to its end against the engine's resource
// monitor. A program that reported its own failure is answered with Bail, so
// that the engine does not report it twice.
func (h *Host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	p, err := programOf(req.GetInfo())
	if err != nil {
		return nil, err
	}
	if req.GetAttachDebugger() {
		return nil, status.Error(codes.Unimplemented, "attaching a debugger is not part of this stand-in for pulumi-language-go")
	}
	path, err := h.builder.executable(ctx, p, func(message string) { h.report.status(ctx, message) })
	if err != nil {
		return failed(ctx, err)
	}
	env, err := programEnv(req, h.engineAddress)
	if err != nil {
		return nil, err
	}

	cmd := exec.Command(path, req.GetArgs()...)
	cmd.Dir = req.GetPwd()
	if cmd.Dir == "" {
		cmd.Dir = p.directory
	}
	cmd.Env = append(os.Environ(), env...)
	// The engine shows what its plugins print.
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	code, err := h.processes.run(ctx, cmd)
	switch {
	case err != nil:
		return failed(ctx, err)
	case code == constant.ExitStatusLoggedError:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case code != 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with non-zero exit code: %d", code)}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// failed answers with a program error, or with a cancellation where that is the
// reason: it is nothing the user has to be told about.
func failed(ctx context.Context, err error) (*pulumirpc.RunResponse, error) {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) || errors.Is(err, errStopping) {
		return nil, status.FromContextError(context.Canceled).Err()
	}
	return &pulumirpc.RunResponse{Error: err.Error()}, nil
}

// programEnv is how pulumi.Run learns what to do; see RunInfo in the SDK.
func programEnv(req *pulumirpc.RunRequest, engineAddress string) ([]string, error) {
	config, err := json.Marshal(nonNil(req.GetConfig()))
	if err != nil {
		return nil, fmt.Errorf("encoding the stack's config: %w", err)
	}
	secrets, err := json.Marshal(append([]string{}, req.GetConfigSecretKeys()...))
	if err != nil {
		return nil, fmt.Errorf("encoding the names of the stack's secrets: %w", err)
	}
	return []string{
		pulumi.EnvOrganization + "=" + req.GetOrganization(),
		pulumi.EnvProject + "=" + req.GetProject(),
		pulumi.EnvPulumiRootDirectory + "=" + req.GetInfo().GetRootDirectory(),
		pulumi.EnvStack + "=" + req.GetStack(),
		pulumi.EnvConfig + "=" + string(config),
		pulumi.EnvConfigSecretKeys + "=" + string(secrets),
		pulumi.EnvDryRun + "=" + strconv.FormatBool(req.GetDryRun()),
		pulumi.EnvParallel + "=" + strconv.Itoa(int(req.GetParallel())),
		pulumi.EnvMonitor + "=" + req.GetMonitorAddress(),
		pulumi.EnvEngine + "=" + engineAddress,
	}, nil
}

func nonNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
