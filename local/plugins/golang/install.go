package golang

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// InstallDependencies downloads the modules that the program's packages are in.
// `go mod download` would fetch those of the whole module graph, of which the
// program may use a small part.
func (h *Host) InstallDependencies(req *pulumirpc.InstallDependenciesRequest, stream grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse]) error {
	p, err := programOf(req.GetInfo())
	if err != nil {
		return err
	}
	if p.options.binary != "" {
		return nil
	}
	var mu sync.Mutex
	send := func(msg *pulumirpc.InstallDependenciesResponse) error {
		mu.Lock()
		defer mu.Unlock()
		return stream.Send(msg)
	}
	cmd := exec.Command("go", "list", "-deps", "-f", "", ".")
	cmd.Dir = p.pkg
	cmd.Stdout = writer(func(b []byte) error { return send(&pulumirpc.InstallDependenciesResponse{Stdout: b}) })
	cmd.Stderr = writer(func(b []byte) error { return send(&pulumirpc.InstallDependenciesResponse{Stderr: b}) })
	code, err := h.processes.run(stream.Context(), cmd)
	if err != nil {
		return fmt.Errorf("downloading the modules of the program in %s: %w", p.pkg, err)
	}
	if code != 0 {
		return fmt.Errorf("downloading the modules of the program in %s: go list ended with exit code %d; the reason is printed above", p.pkg, code)
	}
	return nil
}

// About names the Go toolchain that programs are built with.
func (h *Host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("finding the Go toolchain: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Dir = req.GetInfo().GetProgramDirectory()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("asking %s for its version: %w", path, err)
	}
	return &pulumirpc.AboutResponse{Executable: path, Version: strings.TrimSpace(string(out))}, nil
}
