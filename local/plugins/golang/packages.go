package golang

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// GetRequiredPackages names the plugins that the program's SDKs belong to, with
// the versions the SDKs ask for. go.mod and the module cache answer; nothing is
// downloaded and no program is started.
func (h *Host) GetRequiredPackages(ctx context.Context, req *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	packages, err := h.requiredPackages(ctx, req.GetInfo())
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetRequiredPackagesResponse{Packages: packages}, nil
}

// GetRequiredPlugins is the older form of GetRequiredPackages.
func (h *Host) GetRequiredPlugins(ctx context.Context, req *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	packages, err := h.requiredPackages(ctx, req.GetInfo())
	if err != nil {
		return nil, err
	}
	plugins := make([]*pulumirpc.PluginDependency, 0, len(packages))
	for _, p := range packages {
		plugins = append(plugins, &pulumirpc.PluginDependency{Name: p.GetName(), Kind: p.GetKind(), Version: p.GetVersion(), Server: p.GetServer()})
	}
	return &pulumirpc.GetRequiredPluginsResponse{Plugins: plugins}, nil
}

func (h *Host) requiredPackages(ctx context.Context, info *pulumirpc.ProgramInfo) ([]*pulumirpc.PackageDependency, error) {
	p, err := programOf(info)
	if err != nil {
		return nil, err
	}
	goMod, err := findUpwards(p.pkg, "go.mod")
	if err != nil {
		if p.options.binary != "" {
			return h.packagesOfBinary(ctx, p)
		}
		return nil, fmt.Errorf("finding the plugins the program needs: %w", err)
	}
	modules, err := readModules(goMod)
	if err != nil {
		return nil, fmt.Errorf("finding the plugins the program needs: %w", err)
	}
	return packagesOf(modules)
}

// GetProgramDependencies lists the modules of go.mod: what the program asks for
// itself, or everything.
func (h *Host) GetProgramDependencies(_ context.Context, req *pulumirpc.GetProgramDependenciesRequest) (*pulumirpc.GetProgramDependenciesResponse, error) {
	p, err := programOf(req.GetInfo())
	if err != nil {
		return nil, err
	}
	goMod, err := findUpwards(p.pkg, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("listing the program's dependencies: %w", err)
	}
	modules, err := readModules(goMod)
	if err != nil {
		return nil, fmt.Errorf("listing the program's dependencies: %w", err)
	}
	resp := &pulumirpc.GetProgramDependenciesResponse{}
	for _, m := range modules {
		if !m.indirect || req.GetTransitiveDependencies() {
			resp.Dependencies = append(resp.Dependencies, &pulumirpc.DependencyInfo{Name: m.path, Version: m.version})
		}
	}
	return resp, nil
}

// dependency is one module of go.mod.
type dependency struct {
	path     string
	version  string
	indirect bool
	dir      string // where its files are, or would be once downloaded
}

// readModules reads every module that go.mod lists. From Go 1.17 on these are
// all that the program's packages come from, indirect ones included.
func readModules(goMod string) ([]dependency, error) {
	data, err := os.ReadFile(goMod)
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse(goMod, data, nil)
	if err != nil {
		return nil, err
	}
	cache, err := moduleCache(filepath.Dir(goMod))
	if err != nil {
		return nil, err
	}
	replaced := map[module.Version]module.Version{}
	for _, r := range file.Replace {
		replaced[r.Old] = r.New
	}
	modules := make([]dependency, 0, len(file.Require))
	for _, r := range file.Require {
		m := dependency{path: r.Mod.Path, version: r.Mod.Version, indirect: r.Indirect}
		source := r.Mod
		for _, old := range []module.Version{r.Mod, {Path: r.Mod.Path}} {
			if replacement, ok := replaced[old]; ok {
				source = replacement
				break
			}
		}
		if m.dir, err = moduleDir(cache, filepath.Dir(goMod), source); err != nil {
			return nil, err
		}
		modules = append(modules, m)
	}
	return modules, nil
}

func moduleDir(cache, root string, m module.Version) (string, error) {
	if m.Version == "" {
		if filepath.IsAbs(m.Path) {
			return m.Path, nil
		}
		return filepath.Join(root, m.Path), nil
	}
	escapedPath, err := module.EscapePath(m.Path)
	if err != nil {
		return "", err
	}
	escapedVersion, err := module.EscapeVersion(m.Version)
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, escapedPath+"@"+escapedVersion), nil
}

func moduleCache(dir string) (string, error) {
	if cache := os.Getenv("GOMODCACHE"); cache != "" {
		return cache, nil
	}
	cmd := exec.Command("go", "env", "GOMODCACHE")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("asking go for its module cache: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func packagesOf(modules []dependency) ([]*pulumirpc.PackageDependency, error) {
	var packages []*pulumirpc.PackageDependency
	for _, m := range modules {
		found, err := packageOf(m)
		if err != nil {
			return nil, fmt.Errorf("module %s@%s: %w", m.path, m.version, err)
		}
		if found == nil {
			continue
		}
		known := func(p *pulumirpc.PackageDependency) bool {
			return p.GetName() == found.GetName() && p.GetVersion() == found.GetVersion() && p.GetServer() == found.GetServer()
		}
		if !slices.ContainsFunc(packages, known) {
			packages = append(packages, found)
		}
	}
	return packages, nil
}

// officialSDK matches the SDK modules of Pulumi's own providers.
var officialSDK = regexp.MustCompile(`^github\.com/pulumi/pulumi-([a-z0-9-]+)/sdk(/v\d+)?$`)

// packageOf returns the plugin that a module is the SDK of, or nil. The module
// says so in a pulumi-plugin.json; one that is not downloaded yet is judged by
// its name.
func packageOf(m dependency) (*pulumirpc.PackageDependency, error) {
	for _, pattern := range []string{"pulumi-plugin.json", "go/pulumi-plugin.json", "go/*/pulumi-plugin.json", "*/pulumi-plugin.json"} {
		files, err := filepath.Glob(filepath.Join(m.dir, pattern))
		if err != nil {
			return nil, err
		}
		if len(files) > 0 {
			return packageFromFile(files[0], m)
		}
	}
	if _, err := os.Stat(m.dir); os.IsNotExist(err) {
		if match := officialSDK.FindStringSubmatch(m.path); match != nil {
			return &pulumirpc.PackageDependency{Name: match[1], Kind: "resource", Version: m.version}, nil
		}
	}
	return nil, nil
}

// manifest is a pulumi-plugin.json; see PulumiPluginJSON in the SDK.
type manifest struct {
	Resource                  bool             `json:"resource"`
	Name                      string           `json:"name"`
	Version                   string           `json:"version"`
	Server                    string           `json:"server"`
	Parameterization          *parameterValues `json:"parameterization"`
	ExtensionParameterization *parameterValues `json:"extensionParameterization"`
}

type parameterValues struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Value   []byte `json:"value"`
}

func packageFromFile(file string, m dependency) (*pulumirpc.PackageDependency, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var manifest manifest
	if err := json.Unmarshal(data, &manifest); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if !manifest.Resource {
		return nil, nil
	}
	p := &pulumirpc.PackageDependency{Name: manifest.Name, Kind: "resource", Version: manifest.Version, Server: manifest.Server}
	if p.Name == "" {
		p.Name = nameOf(m.path)
	}
	if p.Version == "" {
		p.Version = m.version
	}
	if !strings.HasPrefix(p.Version, "v") {
		p.Version = "v" + p.Version
	}
	p.Parameterization = parameterization(manifest.Parameterization)
	p.Extension = parameterization(manifest.ExtensionParameterization)
	return p, nil
}

func parameterization(p *parameterValues) *pulumirpc.PackageParameterization {
	if p == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{Name: p.Name, Version: p.Version, Value: p.Value}
}

// nameOf guesses a plugin's name from its module: the repository's last word.
func nameOf(modulePath string) string {
	prefix, _, ok := module.SplitPathVersion(modulePath)
	if !ok {
		prefix = modulePath
	}
	prefix, _, _ = strings.Cut(prefix, "/sdk")
	return strings.TrimPrefix(path.Base(prefix), "pulumi-")
}

// packagesOfBinary asks a program that comes without sources: the SDK prints
// the packages linked into it when told to by its environment.
func (h *Host) packagesOfBinary(ctx context.Context, p program) ([]*pulumirpc.PackageDependency, error) {
	binary, err := findBinary(p.directory, p.options.binary)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	cmd := exec.Command(binary)
	cmd.Dir = p.directory
	cmd.Env = append(os.Environ(), "PULUMI_PLUGINS=true")
	cmd.Stdout = &out
	if _, err := h.processes.run(ctx, cmd); err != nil {
		return nil, fmt.Errorf("asking the program for the plugins it needs: %w", err)
	}
	var answer struct {
		Plugins []struct{ Name, Version, Server string } `json:"plugins"`
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return nil, fmt.Errorf("asking the program %s for the plugins it needs: it answered with %q: %w", binary, out.String(), err)
	}
	packages := make([]*pulumirpc.PackageDependency, 0, len(answer.Plugins))
	for _, found := range answer.Plugins {
		packages = append(packages, &pulumirpc.PackageDependency{Name: found.Name, Kind: "resource", Version: found.Version, Server: found.Server})
	}
	return packages, nil
}
