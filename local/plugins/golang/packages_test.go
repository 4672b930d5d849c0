package golang

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const exampleModule = `module example

go 1.26

require (
	github.com/pulumi/pulumi-kubernetes/sdk/v4 v4.30.0
	github.com/pulumi/pulumi-random/sdk/v4 v4.21.2
	github.com/Vendor/pulumi-thing/sdk v1.2.3
	example.com/local v0.0.0
	example.com/library v1.0.0
)

require (
	github.com/pulumi/pulumi-missing/sdk/v2 v2.0.1 // indirect
	github.com/pulumi/pulumi/sdk/v3 v3.258.0 // indirect
)

replace example.com/local => ./local

replace github.com/pulumi/pulumi-random/sdk/v4 => github.com/pulumi/pulumi-random/sdk/v4 v4.99.0
`

func exampleProgram(t *testing.T) *pulumirpc.ProgramInfo {
	t.Helper()
	cache, dir := t.TempDir(), t.TempDir()
	t.Setenv("GOMODCACHE", cache)
	write(t, filepath.Join(dir, "go.mod"), exampleModule)
	for path, content := range map[string]string{
		"github.com/pulumi/pulumi-kubernetes/sdk/v4@v4.30.0/go/kubernetes/pulumi-plugin.json": `{"resource": true, "name": "kubernetes", "version": "4.30.0"}`,
		"github.com/pulumi/pulumi-random/sdk/v4@v4.99.0/go/random/pulumi-plugin.json":         `{"resource": true, "name": "random", "version": "4.99.0"}`,
		"github.com/!vendor/pulumi-thing/sdk@v1.2.3/pulumi-plugin.json":                       `{"resource": true, "server": "https://example.com"}`,
		"example.com/library@v1.0.0/pulumi-plugin.json":                                       `{"resource": false}`,
		"github.com/pulumi/pulumi/sdk/v3@v3.258.0/go.mod":                                     "module github.com/pulumi/pulumi/sdk/v3\n",
	} {
		write(t, filepath.Join(cache, path), content)
	}
	write(t, filepath.Join(dir, "local", "go", "thing", "pulumi-plugin.json"), `{"resource": true, "name": "local", "version": "v0.1.0"}`)
	return information(t, dir, nil)
}

func TestRequiredPackagesComeFromTheModulesOfTheProgram(t *testing.T) {
	resp, err := newHost(t).GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: exampleProgram(t)})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range resp.GetPackages() {
		got = append(got, fmt.Sprintf("%s %s %s %s", p.GetKind(), p.GetName(), p.GetVersion(), p.GetServer()))
	}
	slices.Sort(got)
	want := []string{
		"resource kubernetes v4.30.0 ",
		"resource local v0.1.0 ",
		"resource missing v2.0.1 ", // not downloaded: judged by its name
		"resource random v4.99.0 ",
		"resource thing v1.2.3 https://example.com",
	}
	if !slices.Equal(got, want) {
		t.Errorf("packages\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBrokenPluginManifestNamesTheFile(t *testing.T) {
	info := exampleProgram(t)
	broken := filepath.Join(info.GetProgramDirectory(), "local", "go", "thing", "pulumi-plugin.json")
	write(t, broken, "{")
	_, err := newHost(t).GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: info})
	if err == nil || !strings.Contains(err.Error(), broken) {
		t.Errorf("error %v does not name %s", err, broken)
	}
}

func TestProgramDependenciesAreThoseOfGoMod(t *testing.T) {
	info := exampleProgram(t)
	for transitive, want := range map[bool]int{false: 5, true: 7} {
		resp, err := newHost(t).GetProgramDependencies(t.Context(), &pulumirpc.GetProgramDependenciesRequest{Info: info, TransitiveDependencies: transitive})
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.GetDependencies()) != want {
			t.Errorf("transitive %v: %d dependencies, want %d: %v", transitive, len(resp.GetDependencies()), want, resp.GetDependencies())
		}
	}
}

func TestProgramWithoutModuleIsAnError(t *testing.T) {
	dir := t.TempDir()
	_, err := newHost(t).GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: information(t, dir, nil)})
	if err == nil || !strings.Contains(err.Error(), "no go.mod in "+dir) {
		t.Errorf("error %v, want one that names the directory", err)
	}
}
