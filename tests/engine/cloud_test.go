//go:build integration

package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"live-omega/tests/apiserver"
)

// stacks in the order of their deployment.
var stacks = []string{"shared", "live", "omega", "edge"}

// cloud is a copy of the repository's config, with a state backend, a Pulumi home
// and clusters of its own.
type cloud struct {
	dir      string // of Pulumi.yaml
	state    string // of the backend
	home     string // of Pulumi
	env      []string
	clusters map[string]*cluster
}

// newCloud makes a cloud whose clusters are empty.
func newCloud(t *testing.T, clusters ...string) *cloud {
	t.Helper()
	base := t.TempDir()
	c := &cloud{dir: filepath.Join(base, "project"), state: filepath.Join(base, "state"), home: filepath.Join(base, "home"), clusters: map[string]*cluster{}}
	passphrase := filepath.Join(base, "passphrase")
	for _, dir := range []string{c.dir, c.state, c.home} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(built.dir, "plugins"), filepath.Join(c.home, "plugins")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, passphrase, "correct horse")
	c.env = []string{
		"PATH=" + filepath.Join(built.dir, "bin") + ":" + os.Getenv("PATH"),
		"HOME=" + os.Getenv("HOME"),
		"TMPDIR=" + os.TempDir(),
		"CGO_ENABLED=0",
		"PULUMI_HOME=" + c.home,
		"PULUMI_BACKEND_URL=file://" + c.state,
		"PULUMI_CONFIG_PASSPHRASE_FILE=" + passphrase,
		"PULUMI_SKIP_UPDATE_CHECK=true",
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
	}
	c.copyConfig(t)
	for _, name := range clusters {
		c.startCluster(t, name)
	}
	return c
}

// copyConfig takes the committed config as it is; only the program is the one
// that the tests built. go.mod comes along: the program and the language host
// ask it for versions.
func (c *cloud) copyConfig(t *testing.T) {
	t.Helper()
	names := []string{"Pulumi.yaml", "go.mod", "go.sum"}
	for _, stack := range stacks {
		names = append(names, "Pulumi."+stack+".yaml")
	}
	for _, file := range names {
		data, err := os.ReadFile(built.root.Path(file))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(c.dir, file), unlocked(data))
	}
	c.edit(t, "Pulumi.yaml", "buildTarget: .local/bin/program", "binary: "+built.program)
}

// unlocked is a stack's config without what belongs to the passphrase, or the key, of whoever made the stack.
func unlocked(config []byte) string {
	return regexp.MustCompile(`(?m)^(encryptionsalt|secretsprovider|encryptedkey):.*\n?`).ReplaceAllString(string(config), "")
}

func (c *cloud) startCluster(t *testing.T, name string) {
	t.Helper()
	server := apiserver.Start(t)
	kubeconfig, err := os.ReadFile(server.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	renamed := strings.NewReplacer("current-context: test", "current-context: "+name, "- name: test\n  context:", "- name: "+name+"\n  context:").Replace(string(kubeconfig))
	writeFile(t, filepath.Join(c.dir, ".local", name, "kubeconfig"), renamed)
	c.clusters[name] = newCluster(t, server)
}

// edit replaces text in a config file, once.
func (c *cloud) edit(t *testing.T, file, from, to string) {
	t.Helper()
	path := filepath.Join(c.dir, file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), from); n < 1 {
		t.Fatalf("%s does not contain %q, so it cannot be edited:\n%s", file, from, data)
	}
	writeFile(t, path, strings.Replace(string(data), from, to, 1))
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command is a pulumi command that is not started yet. It leads a process group,
// so that a test which fails leaves nothing running.
func (c *cloud) command(args ...string) *exec.Cmd {
	cmd := exec.Command(built.pulumi, append(args, "--non-interactive", "--color=never")...)
	cmd.Dir = c.dir
	cmd.Env = c.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// try runs pulumi and returns what it printed, and whether it ended well.
func (c *cloud) try(t *testing.T, args ...string) (output string, ok bool) {
	t.Helper()
	var out bytes.Buffer
	cmd := c.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	timer := time.AfterFunc(5*time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer timer.Stop()
	start := time.Now()
	err := cmd.Run()
	t.Logf("pulumi %s: %.1f s", strings.Join(args, " "), time.Since(start).Seconds())
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		fmt.Fprintf(&out, "%v\n", err)
	}
	return out.String(), err == nil
}

// pulumi runs pulumi, which must end well, and returns what it printed.
func (c *cloud) pulumi(t *testing.T, args ...string) string {
	t.Helper()
	out, ok := c.try(t, args...)
	if !ok {
		t.Fatalf("pulumi %s failed:\n%s", strings.Join(args, " "), out)
	}
	return out
}

// refused runs pulumi, which must fail, and returns what it printed.
func (c *cloud) refused(t *testing.T, args ...string) string {
	t.Helper()
	out, ok := c.try(t, args...)
	if ok {
		t.Fatalf("pulumi %s ended well, want a failure:\n%s", strings.Join(args, " "), out)
	}
	return out
}

func (c *cloud) init(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		c.pulumi(t, "stack", "init", name)
	}
}

func (c *cloud) up(t *testing.T, stack string, flags ...string) string {
	t.Helper()
	return c.pulumi(t, append([]string{"up", "--yes", "--skip-preview", "-s", stack}, flags...)...)
}

// deploy makes every stack and brings it up.
func (c *cloud) deploy(t *testing.T) {
	t.Helper()
	c.init(t, stacks...)
	for _, name := range stacks {
		c.up(t, name)
	}
}

// deployment is the part of an exported stack that the tests look at.
type deployment struct {
	Resources []struct {
		URN  string `json:"urn"`
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"resources"`
	PendingOperations []any `json:"pending_operations"`
}

func (c *cloud) export(t *testing.T, stack string) deployment {
	t.Helper()
	var exported struct{ Deployment deployment }
	if err := json.Unmarshal([]byte(c.pulumi(t, "stack", "export", "-s", stack)), &exported); err != nil {
		t.Fatal(err)
	}
	return exported.Deployment
}

// changes are the operations, such as update or same, with which a preview of
// the stack would end, with how many resources each.
func (c *cloud) changes(t *testing.T, stack string, flags ...string) map[string]int {
	t.Helper()
	cmd := c.command(append([]string{"preview", "--json", "-s", stack}, flags...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("previewing %s: %v\n%s", stack, err, out)
	}
	var digest struct {
		ChangeSummary map[string]int `json:"changeSummary"`
	}
	if err := json.Unmarshal(out, &digest); err != nil {
		t.Fatalf("previewing %s: %v\n%s", stack, err, out)
	}
	return digest.ChangeSummary
}
