package golang

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// script makes an executable that runs shell commands, and the information that
// asks the host to run it.
func script(t *testing.T, commands string) *pulumirpc.ProgramInfo {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "program"), []byte("#!/bin/sh\n"+commands), 0o755); err != nil {
		t.Fatal(err)
	}
	return information(t, dir, map[string]any{"binary": "./program"})
}

func information(t *testing.T, dir string, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	values, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: dir, ProgramDirectory: dir, EntryPoint: ".", Options: values}
}

// newHost makes a host whose messages go nowhere.
func newHost(t *testing.T) *Host {
	t.Helper()
	h := NewHost("127.0.0.1:1")
	h.report = silent{}
	t.Cleanup(h.Close)
	return h
}

type silent struct{}

func (silent) status(context.Context, string) {}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}

func TestExitCodeTellsWhetherTheProgramReportedItsFailure(t *testing.T) {
	for _, test := range []struct {
		exit string
		bail bool
		err  string
	}{
		{exit: "0"},
		{exit: "32", bail: true},
		{exit: "3", err: "program exited with non-zero exit code: 3"},
	} {
		resp, err := newHost(t).Run(t.Context(), &pulumirpc.RunRequest{Info: script(t, "exit "+test.exit)})
		if err != nil {
			t.Fatalf("exit %s: %v", test.exit, err)
		}
		if resp.GetBail() != test.bail || resp.GetError() != test.err {
			t.Errorf("exit %s: bail %v and error %q, want %v and %q", test.exit, resp.GetBail(), resp.GetError(), test.bail, test.err)
		}
	}
}

func TestProgramIsToldWhatToDo(t *testing.T) {
	info := script(t, `env > environment; printf '%s' "$1" > argument`)
	pwd := t.TempDir()
	_, err := newHost(t).Run(t.Context(), &pulumirpc.RunRequest{
		Info: info, Pwd: pwd, Args: []string{"first"},
		Organization: "org", Project: "cloud", Stack: "live", DryRun: true, Parallel: 16, MonitorAddress: "127.0.0.1:2",
		Config: map[string]string{"cloud:layer": "edge"}, ConfigSecretKeys: []string{"cloud:token"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(pwd, "argument")); got != "first" {
		t.Errorf("first argument %q, want first", got)
	}
	environment := map[string]string{}
	for line := range strings.Lines(read(t, filepath.Join(pwd, "environment"))) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		environment[name] = value
	}
	for name, want := range map[string]string{
		"PULUMI_ORGANIZATION": "org", "PULUMI_PROJECT": "cloud", "PULUMI_STACK": "live",
		"PULUMI_ROOT_DIRECTORY": info.GetRootDirectory(), "PULUMI_DRY_RUN": "true", "PULUMI_PARALLEL": "16",
		"PULUMI_MONITOR": "127.0.0.1:2", "PULUMI_ENGINE": "127.0.0.1:1",
		"PULUMI_CONFIG": `{"cloud:layer":"edge"}`, "PULUMI_CONFIG_SECRET_KEYS": `["cloud:token"]`,
	} {
		if environment[name] != want {
			t.Errorf("%s is %q, want %q", name, environment[name], want)
		}
	}
}

func TestProgramThatDoesNotCompileIsReportedWithTheCompilersWords(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example\n\ngo 1.21\n")
	write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { missing() }\n")
	resp, err := newHost(t).Run(t.Context(), &pulumirpc.RunRequest{Info: information(t, dir, map[string]any{"buildTarget": "out"})})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(resp.GetError(), "main.go:3:15: undefined: missing") {
		t.Errorf("error %q does not name file, line and reason", resp.GetError())
	}
}

func TestCancelEndsTheProgramAndItsChildren(t *testing.T) {
	info := script(t, "sleep 600 & echo $! > child\necho $$ > self\nwait\n")
	h := newHost(t)
	failure := make(chan error, 1)
	go func() {
		_, err := h.Run(context.Background(), &pulumirpc.RunRequest{Info: info})
		failure <- err
	}()
	self := filepath.Join(info.GetProgramDirectory(), "self")
	eventually(t, "the program started", func() bool {
		data, err := os.ReadFile(self)
		return err == nil && strings.HasSuffix(string(data), "\n")
	})
	if _, err := h.Cancel(t.Context(), &emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
	if err := <-failure; status.Code(err) != codes.Canceled {
		t.Errorf("Run ended with %v, want a cancellation", err)
	}
	for _, name := range []string{"self", "child"} {
		pid, err := strconv.Atoi(strings.TrimSpace(read(t, filepath.Join(info.GetProgramDirectory(), name))))
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, name+" ended", func() bool { return ended(pid) })
	}
}

// ended counts a zombie as ended: whoever inherited it has not looked yet.
func ended(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}

func TestHostThatIsClosingStartsNothing(t *testing.T) {
	h := newHost(t)
	h.Close()
	if _, err := h.Run(t.Context(), &pulumirpc.RunRequest{Info: script(t, "exit 0")}); status.Code(err) != codes.Canceled {
		t.Errorf("Run ended with %v, want a cancellation", err)
	}
}

// pluginStream collects what RunPlugin sends.
type pluginStream struct {
	grpc.ServerStream
	ctx            context.Context
	stdout, stderr strings.Builder
	exit           []int32
}

func (s *pluginStream) Context() context.Context { return s.ctx }

func (s *pluginStream) Send(msg *pulumirpc.RunPluginResponse) error {
	switch output := msg.GetOutput().(type) {
	case *pulumirpc.RunPluginResponse_Stdout:
		s.stdout.Write(output.Stdout)
	case *pulumirpc.RunPluginResponse_Stderr:
		s.stderr.Write(output.Stderr)
	case *pulumirpc.RunPluginResponse_Exitcode:
		s.exit = append(s.exit, output.Exitcode)
	}
	return nil
}

func TestPluginOutputAndExitCodeAreStreamed(t *testing.T) {
	stream := &pluginStream{ctx: t.Context()}
	err := newHost(t).RunPlugin(&pulumirpc.RunPluginRequest{
		Info: script(t, `echo "$1 $GREETING"; echo trouble >&2; exit 7`),
		Args: []string{"127.0.0.1:9"}, Env: []string{"GREETING=hello"}, Kind: "analyzer",
	}, stream)
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.stdout.String(); got != "127.0.0.1:9 hello\n" {
		t.Errorf("stdout %q", got)
	}
	if got := stream.stderr.String(); got != "trouble\n" {
		t.Errorf("stderr %q", got)
	}
	if len(stream.exit) != 1 || stream.exit[0] != 7 {
		t.Errorf("exit codes %v, want 7 once", stream.exit)
	}
}

func TestPluginEndsWhenItsCallerGoesAway(t *testing.T) {
	info := script(t, "echo $$ > self\nexec sleep 600\n")
	ctx, cancel := context.WithCancel(t.Context())
	failure := make(chan error, 1)
	go func() {
		failure <- newHost(t).RunPlugin(&pulumirpc.RunPluginRequest{Info: info, Pwd: info.GetProgramDirectory()}, &pluginStream{ctx: ctx})
	}()
	self := filepath.Join(info.GetProgramDirectory(), "self")
	eventually(t, "the plugin started", func() bool {
		data, err := os.ReadFile(self)
		return err == nil && strings.HasSuffix(string(data), "\n")
	})
	cancel()
	if err := <-failure; status.Code(err) != codes.Canceled {
		t.Errorf("RunPlugin ended with %v, want a cancellation", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, self)))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the plugin ended", func() bool { return ended(pid) })
}

func TestWhatNeedsTheOfficialHostSaysSo(t *testing.T) {
	_, err := newHost(t).GeneratePackage(t.Context(), &pulumirpc.GeneratePackageRequest{})
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "install the official Pulumi release") {
		t.Errorf("GeneratePackage ended with %v", err)
	}
}

func TestProgramWithoutSourcesNamesItsPackages(t *testing.T) {
	answer, err := json.Marshal(map[string]any{"plugins": []map[string]string{{"name": "random", "version": "4.21.2"}}})
	if err != nil {
		t.Fatal(err)
	}
	info := script(t, `test "$PULUMI_PLUGINS" = true && echo '`+string(answer)+"'; exit 32")
	resp, err := newHost(t).GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: info})
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.GetPackages()) != 1 || resp.GetPackages()[0].GetName() != "random" || resp.GetPackages()[0].GetVersion() != "4.21.2" {
		t.Errorf("packages %v, want random 4.21.2", resp.GetPackages())
	}
}
