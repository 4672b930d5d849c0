package recording

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"live-omega/stack"
)

const (
	project      = "live-omega"
	organization = "organization"
)

// Program runs a Pulumi program under mocks and returns what it registered. Others are the outputs
// of the stacks that it may refer to, by their names.
func Program(stackName string, others map[string]resource.PropertyMap, program pulumi.RunFunc) (Recording, error) {
	full := map[string]resource.PropertyMap{}
	for name, outputs := range others {
		full[fmt.Sprintf("%s/%s/%s", organization, project, name)] = outputs
	}
	recorder := newRecorder(full)
	var recording Recording
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		if err := program(ctx); err != nil {
			return err
		}
		gathered, err := gather(ctx)
		recording = gathered
		return err
	}, pulumi.WithMocksWithOrganization(organization, project, stackName, recorder))
	if err != nil {
		return Recording{}, err
	}
	recording.Resources = recorder.resources
	return recording, recorder.err()
}

// gather waits for the outputs that the program exported.
func gather(ctx *pulumi.Context) (Recording, error) {
	recording := Recording{Outputs: map[string]any{}, Raw: resource.PropertyMap{}}
	for name, input := range ctx.GetCurrentExportMap() {
		result, err := internals.UnsafeAwaitOutput(ctx.Context(), pulumi.ToOutput(input))
		if err != nil {
			return Recording{}, fmt.Errorf("output %s: %w", name, err)
		}
		plain, err := viaJSON(result.Value)
		if err != nil {
			return Recording{}, fmt.Errorf("output %s: %w", name, err)
		}
		recording.Outputs[name], recording.Raw[resource.PropertyKey(name)] = plain, resource.NewPropertyValue(plain)
		if result.Secret {
			recording.Outputs[name] = Secret
			recording.Raw[resource.PropertyKey(name)] = resource.MakeSecret(resource.NewPropertyValue(plain))
		}
	}
	return recording, nil
}

// viaJSON turns a value into maps, lists, texts and numbers.
func viaJSON(value any) (any, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var plain any
	err = json.Unmarshal(encoded, &plain)
	return plain, err
}

// Config is the config of a stack: values by key, without "live-omega:", as YAML would decode them.
type Config map[string]any

// Stack runs the program for a stack with a config, in the current folder.
func Stack(t *testing.T, name string, config Config, others map[string]resource.PropertyMap) (Recording, error) {
	t.Helper()
	values := map[string]string{}
	for key, value := range config {
		values[stack.Namespace+":"+key] = Encode(t, value)
	}
	env, err := json.Marshal(values)
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(env))
	return Program(name, others, stack.Deploy)
}

// Encode writes a config value the way Pulumi hands it to programs: text as it is, the rest as JSON.
func Encode(t *testing.T, value any) string {
	t.Helper()
	if text, ok := value.(string); ok {
		return text
	}
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return string(encoded)
}

// Read reads the config in a file Pulumi.<stack>.yaml.
func Read(t *testing.T, file string) Config {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var decoded struct {
		Config map[string]any `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal(content, &decoded), file)
	config := Config{}
	for full, value := range decoded.Config {
		key, ok := strings.CutPrefix(full, stack.Namespace+":")
		require.Truef(t, ok, "%s: key %s", file, full)
		config[key] = value
	}
	return config
}

// Root is the folder of the repository.
func Root(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	require.NoError(t, err)
	if started != "" {
		folder = started
	}
	for folder != filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "Pulumi.yaml")); err == nil {
			return folder
		}
		folder = filepath.Dir(folder)
	}
	t.Fatal("no folder above the test has a Pulumi.yaml")
	return ""
}

// started is the folder of the test before Checkout left it.
var started string

// Checkout moves the test into a folder that looks to the program like the repository, with
// kubeconfigs for all clusters.
func Checkout(t *testing.T) {
	t.Helper()
	root, folder := Root(t), t.TempDir()
	// The program finds the Gateway API's definitions by go.mod and go.sum.
	for _, name := range []string{"go.mod", "go.sum"} {
		require.NoError(t, os.Symlink(filepath.Join(root, name), filepath.Join(folder, name)))
	}
	for _, cluster := range []string{"live", "omega", "edge"} {
		path := filepath.Join(folder, ".local", cluster, "kubeconfig")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("contexts: [{name: "+cluster+"}]\n"), 0o600))
	}
	started = root
	t.Chdir(folder)
}

// Cloud is the config of all stacks of a cloud, by the stacks' names.
type Cloud map[string]Config

// Committed is the cloud that the repository describes.
func Committed(t *testing.T) Cloud {
	t.Helper()
	return readCloud(t, Root(t), "")
}

// CommittedOnGKE is the same cloud on Google Cloud.
func CommittedOnGKE(t *testing.T) Cloud {
	t.Helper()
	return readCloud(t, Root(t), onGKE)
}

// Sample is a cloud that stays as it is when the real one is edited.
func Sample(t *testing.T) Cloud {
	t.Helper()
	return readCloud(t, filepath.Join(Root(t), "tests", "recording", "cloud"), "")
}

// SampleOnGKE is a cloud on Google Cloud that stays as it is when the real one is edited.
func SampleOnGKE(t *testing.T) Cloud {
	t.Helper()
	return readCloud(t, filepath.Join(Root(t), "tests", "recording", "cloud"), onGKE)
}

// onGKE begins the names of the stacks on Google Cloud.
const onGKE = "gke-"

// logical are the stacks of a cloud in the order of their references.
var logical = []string{"shared", "live", "omega", "edge"}

func readCloud(t *testing.T, folder, prefix string) Cloud {
	t.Helper()
	cloud := Cloud{}
	for _, name := range logical {
		cloud[prefix+name] = Read(t, filepath.Join(folder, "Pulumi."+prefix+name+".yaml"))
	}
	return cloud
}

// Stacks are the names of the cloud's stacks in the order of their references.
func (c Cloud) Stacks() []string {
	var names []string
	for _, name := range logical {
		for _, prefix := range []string{"", onGKE} {
			if _, ok := c[prefix+name]; ok {
				names = append(names, prefix+name)
			}
		}
	}
	return names
}

// Record runs the stacks of the cloud in the order of their references, each with the outputs of those
// before it.
func (c Cloud) Record(t *testing.T) map[string]Recording {
	t.Helper()
	outputs, recordings := map[string]resource.PropertyMap{}, map[string]Recording{}
	for _, name := range c.Stacks() {
		recording, err := Stack(t, name, c[name], outputs)
		require.NoErrorf(t, err, "stack %s", name)
		outputs[name], recordings[name] = recording.Raw, recording
	}
	return recordings
}
