package toolchain

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"

	"live-omega/local/layout"
)

// BuildPulumi is the environment variable that, when it is not empty, has
// Pulumi and its plugins built even where official ones are installed.
const BuildPulumi = "LIVE_OMEGA_BUILD_PULUMI"

// Finder finds official builds of Pulumi and its plugins on the machine.
type Finder struct {
	// Disabled finds nothing.
	Disabled bool
	// Path are the folders to look for commands, in order.
	Path []string
	// Plugins is the folder of the user's installed plugins.
	Plugins string
	// Version asks a command for its version, "v3.258.0".
	Version func(command string) (string, error)
}

// systemFinder looks on PATH, but not in .local/bin, where the links to what
// it found lie, and in the user's Pulumi home.
func systemFinder(root layout.Root) Finder {
	f := Finder{Disabled: os.Getenv(BuildPulumi) != "", Version: remembered(root.Bin(".versions"), commandVersion)}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) && !within(dir, root.Local()) {
			f.Path = append(f.Path, dir)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		f.Plugins = filepath.Join(home, ".pulumi", "plugins")
	}
	return f
}

func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// remembered keeps the answers of ask in a file, one line per command, for as
// long as the command is the same file: starting an official CLI only to hear
// its version would take longer than everything else an up-to-date Ensure does.
func remembered(file string, ask func(string) (string, error)) func(string) (string, error) {
	return func(command string) (string, error) {
		info, err := os.Stat(command)
		if err != nil {
			return "", err
		}
		key := fmt.Sprintf("%s %d %d ", command, info.Size(), info.ModTime().UnixNano())
		known, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			return "", err
		}
		for line := range strings.Lines(string(known)) {
			if version, ok := strings.CutPrefix(line, key); ok {
				return strings.TrimSpace(version), nil
			}
		}
		version, err := ask(command)
		if err != nil {
			return "", err
		}
		return version, layout.WriteFile(file, []byte(key+version+"\n"), 0o644)
	}
}

func commandVersion(command string) (string, error) {
	cmd := exec.Command(command, "version")
	cmd.Env = append(os.Environ(), "PULUMI_SKIP_UPDATE_CHECK=true")
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func (f Finder) look(name string) (string, bool) {
	for _, dir := range f.Path {
		path := filepath.Join(dir, name)
		if isCommand(path) {
			return path, true
		}
	}
	return "", false
}

func isCommand(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// atLeast tells whether a version is valid and not older than the wanted one.
// A pre-release of the wanted version is older.
func atLeast(version, want string) bool {
	return semver.IsValid(version) && semver.Compare(version, want) >= 0
}

// pulumi finds an official CLI that is new enough and has its language host
// for Go beside it, as every official distribution has.
func (f Finder) pulumi(t Tool) (string, string, bool) {
	path, ok := f.look("pulumi")
	if !ok {
		return "", "", false
	}
	version, err := f.Version(path)
	if err != nil || !atLeast(version, t.Version) {
		return "", "", false
	}
	if _, ok := languageHostOf(path); !ok {
		return "", "", false
	}
	return path, version, true
}

func languageHostOf(pulumi string) (string, bool) {
	// The CLI looks beside the file that a link leads to.
	real, err := filepath.EvalSymlinks(pulumi)
	if err != nil {
		return "", false
	}
	host := filepath.Join(filepath.Dir(real), "pulumi-language-go")
	return host, isCommand(host)
}

// languageHost finds the one that belongs to the official CLI: the two are
// used together or not at all.
func (f Finder) languageHost(t Tool) (string, string, bool) {
	cli, version, ok := f.pulumi(Tool{Version: t.Version})
	if !ok {
		return "", "", false
	}
	host, ok := languageHostOf(cli)
	return host, version, ok
}

// resourcePlugin finds the best installed plugin of at least the wanted
// version and of the same major version: one from the user's plugins or, where
// none fits, one on PATH that tells a fitting version.
func (f Finder) resourcePlugin(t Tool) (string, string, bool) {
	name := strings.TrimPrefix(t.Name, "pulumi-resource-")
	bestPath, best := "", ""
	entries, err := os.ReadDir(f.Plugins)
	if err != nil {
		entries = nil // no plugins are installed
	}
	for _, e := range entries {
		version, ok := strings.CutPrefix(e.Name(), "resource-"+name+"-")
		path := filepath.Join(f.Plugins, e.Name(), t.Name)
		if ok && fits(version, t.Version) && isCommand(path) && (best == "" || semver.Compare(version, best) > 0) {
			bestPath, best = path, version
		}
	}
	if best != "" {
		return bestPath, best, true
	}
	if path, ok := f.look(t.Name); ok {
		if version, ok := pluginVersion(path); ok && fits(version, t.Version) {
			return path, version, true
		}
	}
	return "", "", false
}

func fits(version, want string) bool {
	return atLeast(version, want) && semver.Major(version) == semver.Major(want)
}

// pluginVersion is the version of a plugin on PATH, which can only be told by
// asking: bridged and native official plugins answer -version.
func pluginVersion(path string) (string, bool) {
	out, err := exec.Command(path, "-version").CombinedOutput()
	if err != nil {
		return "", false
	}
	version := strings.TrimSpace(string(out))
	if !strings.HasPrefix(version, "v") {
		version = "v" + version
	}
	return version, semver.IsValid(version)
}

// linkOfficial puts a link to an official build in the tool's place, and
// tells whether there was one. The first time it says which is used.
func (r *Run) linkOfficial(t Tool) (bool, error) {
	path := t.Path(r.root)
	if t.official == nil || r.finder.Disabled {
		return false, unlinkOfficial(path)
	}
	found, version, ok := t.official(r.finder, t)
	if !ok {
		return false, unlinkOfficial(path)
	}
	if old, err := os.Readlink(path); err == nil && old == found {
		return true, nil
	}
	if err := os.Remove(stampPath(path)); err != nil && !os.IsNotExist(err) {
		return false, fmt.Errorf("linking the installed %s: %w", t.Name, err)
	}
	if err := symlink(found, path); err != nil {
		return false, fmt.Errorf("linking the installed %s: %w", t.Name, err)
	}
	r.log.Printf("using the installed %s %s, %s", t.Name, version, found)
	return true, nil
}

// unlinkOfficial removes a link to an official build that is no longer used,
// so that a build can take its place.
func unlinkOfficial(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("removing the link to an official build: %w", err)
	}
	return nil
}
