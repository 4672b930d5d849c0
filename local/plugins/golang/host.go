// Package golang is a Pulumi language host for programs and policy packs
// written in Go. It stands in for the official pulumi-language-go on machines
// that can reach the Go module proxy but not Pulumi's downloads.
//
// It speaks the same protocol (pulumirpc.LanguageRuntime) and accepts the same
// runtime options, so a project cannot tell which of the two runs it. What only
// code generation needs (GenerateProgram, GeneratePackage, Pack, ...) is refused
// with a message that names the official host.
package golang

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Host serves the language runtime protocol for one `pulumi` command.
type Host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engineAddress string
	processes     *processes
	builder       *builder
	report        reporter
}

// NewHost makes a host for the engine listening at engineAddress (host:port).
// Programs are told this address and report their diagnostics to it.
func NewHost(engineAddress string) *Host {
	h := &Host{engineAddress: engineAddress, processes: newProcesses()}
	h.report = &engineReporter{address: engineAddress}
	h.builder = &builder{processes: h.processes}
	return h
}

// Close stops every program and build that the host started, and waits for them.
func (h *Host) Close() {
	h.processes.close()
}

// Handshake is the first call of a CLI that attaches to a running host.
func (h *Host) Handshake(context.Context, *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// Cancel stops what is running: the deployment is being abandoned.
func (h *Host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.processes.interrupt()
	return &emptypb.Empty{}, nil
}

// GetPluginInfo names the version of the SDK whose protocol the host speaks.
func (h *Host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: protocolVersion()}, nil
}

// RuntimeOptionsPrompts asks nothing: every runtime option has a default.
func (h *Host) RuntimeOptionsPrompts(context.Context, *pulumirpc.RuntimeOptionsRequest) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// GenerateProgram is refused: it needs the official host.
func (h *Host) GenerateProgram(context.Context, *pulumirpc.GenerateProgramRequest) (*pulumirpc.GenerateProgramResponse, error) {
	return nil, refuse("generating a Go program")
}

// GenerateProject is refused: it needs the official host.
func (h *Host) GenerateProject(context.Context, *pulumirpc.GenerateProjectRequest) (*pulumirpc.GenerateProjectResponse, error) {
	return nil, refuse("generating a Go project")
}

// GeneratePackage is refused: it needs the official host.
func (h *Host) GeneratePackage(context.Context, *pulumirpc.GeneratePackageRequest) (*pulumirpc.GeneratePackageResponse, error) {
	return nil, refuse("generating a Go SDK")
}

// Pack is refused: it needs the official host.
func (h *Host) Pack(context.Context, *pulumirpc.PackRequest) (*pulumirpc.PackResponse, error) {
	return nil, refuse("packing a Go SDK")
}

// Link is refused: it needs the official host.
func (h *Host) Link(context.Context, *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	return nil, refuse("linking a local Go SDK")
}

func refuse(what string) error {
	return status.Errorf(codes.Unimplemented,
		"%s is not part of this stand-in for pulumi-language-go; install the official Pulumi release and put its directory first on PATH", what)
}

// protocolVersion is the version of the Pulumi SDK this host was built with,
// without the leading v, or empty where the build does not record it.
func protocolVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/pulumi/pulumi/sdk/v3" && len(dep.Version) > 1 {
			return dep.Version[1:]
		}
	}
	return ""
}

// program is what a request asks to build or run.
type program struct {
	directory string // holds the main package's module; absolute
	pkg       string // directory of the main package; absolute
	options   options
}

func programOf(info *pulumirpc.ProgramInfo) (program, error) {
	if info == nil || info.GetProgramDirectory() == "" {
		return program{}, status.Error(codes.InvalidArgument, "the request names no program directory")
	}
	opts, err := parseOptions(info.GetOptions().AsMap())
	if err != nil {
		return program{}, status.Errorf(codes.InvalidArgument, "runtime options of the project in %s: %v", info.GetRootDirectory(), err)
	}
	directory, err := filepath.Abs(info.GetProgramDirectory())
	if err != nil {
		return program{}, fmt.Errorf("locating the program %s: %w", info.GetProgramDirectory(), err)
	}
	return program{directory: directory, pkg: mainPackage(directory, info.GetEntryPoint()), options: opts}, nil
}
