//go:build integration

package engine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"live-omega/local/layout"
)

// built is where TestMain puts what the tests run: the program, and the plugins
// in the layout of a Pulumi home.
var built struct {
	root     layout.Root
	dir      string
	program  string
	pulumi   string
	language string
}

// plugins maps the directory of a plugin in a Pulumi home to its package.
var plugins = map[string]string{
	"resource-kubernetes-v4.30.0/pulumi-resource-kubernetes": "./local/plugins/cmd/pulumi-resource-kubernetes",
	"resource-random-v4.21.2/pulumi-resource-random":         "./local/plugins/cmd/pulumi-resource-random",
	"resource-gcp-v7.38.0/pulumi-resource-gcp":               "./tests/gcp/cmd/pulumi-resource-gcp",
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintf(os.Stderr, "tests/engine: %v\n", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if built.root, err = layout.Find("."); err != nil {
		return 1, err
	}
	if built.dir, err = os.MkdirTemp("", "engine-"); err != nil {
		return 1, fmt.Errorf("making a directory for the binaries: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(built.dir)) }()

	if err := installPulumi(); err != nil {
		return 1, err
	}
	built.program = filepath.Join(built.dir, "program")
	built.language = filepath.Join(built.dir, "bin", "pulumi-language-go")
	if err := build(built.program, "."); err != nil {
		return 1, err
	}
	if err := build(built.language, "./local/plugins/cmd/pulumi-language-go"); err != nil {
		return 1, err
	}
	const tokens = "gke-gcloud-auth-plugin"
	if err := build(filepath.Join(built.dir, "bin", tokens), "./tests/gcp/cmd/"+tokens); err != nil {
		return 1, err
	}
	for path, pkg := range plugins {
		if err := build(filepath.Join(built.dir, "plugins", path), pkg); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}

// installPulumi puts the CLI beside the language host under test: the CLI looks
// there first, through symbolic links, so a link would find another host.
func installPulumi() error {
	source := built.root.Bin("pulumi")
	built.pulumi = filepath.Join(built.dir, "bin", "pulumi")
	if err := os.MkdirAll(filepath.Dir(built.pulumi), 0o755); err != nil {
		return err
	}
	source, err := filepath.EvalSymlinks(source)
	if err != nil {
		return fmt.Errorf("the pulumi CLI is missing; build it with `make tools`: %w", err)
	}
	if os.Link(source, built.pulumi) == nil {
		return nil
	}
	data, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	return os.WriteFile(built.pulumi, data, 0o755)
}

func build(target, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", target, pkg)
	cmd.Dir = built.root.Path()
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}
