package stack_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"live-omega/clusters"
	"live-omega/components/abapp"
	"live-omega/components/ingress"
	"live-omega/stack"
	"live-omega/tests/recording"
)

// digest is that of no image.
var digest = strings.Repeat("0", 64)

// raw is the sample config of a stack, edited: values are YAML by key, "-" removes the key, and "$D" stands
// for a digest.
func raw(t *testing.T, name string, edits map[string]string) stack.Raw {
	t.Helper()
	cloud := recording.Sample(t)
	if strings.HasPrefix(name, "gke-") {
		cloud = recording.SampleOnGKE(t)
	}
	config := maps.Clone(cloud[name])
	for key, text := range edits {
		if text == "-" {
			delete(config, key)
			continue
		}
		var value any
		require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(text, "$D", digest)), &value), text)
		config[key] = value
	}
	result := stack.Raw{Stack: name, Values: map[string]string{}}
	for key, value := range config {
		if value == nil {
			value = ""
		}
		result.Values[key] = recording.Encode(t, value)
	}
	return result
}

func TestTheCommittedConfigLoads(t *testing.T) {
	cloud := recording.Committed(t)
	maps.Copy(cloud, recording.CommittedOnGKE(t))
	require.Len(t, cloud, 8)
	for name, config := range cloud {
		values := map[string]string{}
		for key, value := range config {
			values[key] = recording.Encode(t, value)
		}
		loaded, err := stack.Load(stack.Raw{Stack: name, Values: values})
		require.NoError(t, err)
		assert.NotEmpty(t, loaded.Layer, name)
	}
}

func TestWhatIsNotWrittenGetsDefaults(t *testing.T) {
	loaded, err := stack.Load(raw(t, "live", map[string]string{
		"cluster": `{name: live, kubeconfig: k}`,
		"ingress": `{image: "traefik@sha256:$D", address: 10.0.0.1}`,
		"apps":    `{hello: {variants: {a: {image: "demo@sha256:$D", version: v1}}}}`,
	}))
	require.NoError(t, err)
	one, two := 1, 2
	image := "@sha256:" + digest
	assert.Equal(t, &stack.Cluster{Name: "live", Platform: clusters.Kubeconfig, Kubeconfig: "k", Context: "live"}, loaded.Cluster)
	assert.Equal(t, &stack.Ingress{Image: "traefik" + image, Replicas: &two, Exposure: ingress.ExternalIP, Address: "10.0.0.1"}, loaded.Ingress)
	assert.Equal(t, map[string]stack.App{"hello": {
		Variants: map[string]stack.Variant{"a": {Image: "demo" + image, Version: "v1", Replicas: &one}},
		Release:  stack.Release{Strategy: abapp.Ramped, Pin: new(bool)},
	}}, loaded.Apps)
	assert.Equal(t, map[string]string{"shared": "shared", "live": "live", "omega": "omega", "edge": "edge"}, loaded.Stacks)

	loaded, err = stack.Load(raw(t, "edge", map[string]string{"traffic": `{default: {omega: 100}}`}))
	require.NoError(t, err)
	zero, hundred := 0, 100
	assert.Equal(t, &stack.Split{Live: &zero, Omega: &hundred, Sticky: new(bool), Pin: new(bool)}, loaded.Traffic.Default)
}

func TestGoodConfigIsAccepted(t *testing.T) {
	tests := []struct {
		name, stack string
		edits       map[string]string
	}{
		{"a cluster without apps", "live", map[string]string{"apps": "-"}},
		{"an app that is switched off", "live", map[string]string{"apps": `{hello: {variants: {a: {image: "demo@sha256:$D", version: v1, replicas: 0}}}}`}},
		{"a canary with nothing to b, which has no pods", "live", map[string]string{"apps": `{hello: {variants: {a: {image: "demo@sha256:$D", version: v1}, b: {image: "demo@sha256:$D", version: v2, replicas: 0}}, release: {strategy: canary, weight: 0}}}`}},
		{"an image with its registry", "live", map[string]string{"ingress": `{image: "ghcr.io/team/traefik@sha256:$D", address: 10.0.0.1}`}},
		{"a load balancer", "live", map[string]string{"ingress": `{image: "traefik@sha256:$D", exposure: loadBalancer}`}},
		{"a node port on a host name", "live", map[string]string{"ingress": `{image: "traefik@sha256:$D", exposure: nodePort, address: node-1.lan}`}},
		{"an IPv6 address", "live", map[string]string{"ingress": `{image: "traefik@sha256:$D", address: "fd00::1"}`}},
		{"a home folder", "live", map[string]string{"cluster": `{name: live, kubeconfig: ~/.kube/config, context: kind-live}`}},
		{"stacks by other names", "shared", map[string]string{"stacks": `{live: gke-live, omega: gke-omega}`}},
		{"a weight written as a float", "edge", map[string]string{"traffic": `{default: {live: 1.0e2}}`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := stack.Load(raw(t, test.stack, test.edits))
			assert.NoError(t, err)
		})
	}
}

func TestAStackMayBeCalledOtherwise(t *testing.T) {
	config := raw(t, "live", map[string]string{"stacks": `{live: gke-live}`})
	config.Stack = "gke-live"
	loaded, err := stack.Load(config)
	require.NoError(t, err)
	assert.Equal(t, "gke-live", loaded.Stacks["live"])
}

func TestBadConfigSaysWhereWhatAndWhatInstead(t *testing.T) {
	require.GreaterOrEqual(t, len(badConfigs), 300)
	for _, test := range badConfigs {
		t.Run(test.name, func(t *testing.T) {
			config := raw(t, test.stack, test.edits)
			config.Secret = test.secret
			_, err := stack.Load(config)
			require.Error(t, err)
			assert.Equal(t, strings.ReplaceAll(strings.Join(test.want, "\n"), "$D", digest), err.Error())
		})
	}
}

func TestNamesOfBadConfigsAreDistinct(t *testing.T) {
	names := map[string]bool{}
	for _, test := range badConfigs {
		assert.False(t, names[test.name], test.name)
		names[test.name] = true
	}
}

func FuzzConfigIsValidOrAnError(f *testing.F) {
	for _, seed := range [][2]string{
		{"layer", "cluster"}, {"apps", `{"hello":{"variants":{"a":{"image":"x","version":"1","replicas":1e3}}}}`},
		{"traffic", `{"default":{"live":-1,"omega":101},"apps":{"hello":{}}}`}, {"cluster", `{"name":null}`},
		{"ingress", `{"replicas":"010"}`}, {"stacks", `{"live":"omega"}`}, {"domain", "\x00"}, {"", ""},
		{"gcp", `{"project":"my-cloud","region":"europe-west3"}`}, {"gcp", "text"},
		{"cluster", `{"name":"live","platform":"gke","gke":{"location":"europe-west3","zones":[""],"maintenance":{"hold":{}},"access":["/"]}}`},
		{"nodes", `{"active":"both","pools":{"a":{"nodes":["x"],"taints":[":"]},"b":{"upgrade":{"strategy":"blueGreen","maxSurge":1}},"c":{}}}`},
		{"foundation", `{"networks":{"live":{"nodes":"10.0.0.0/33"},"omega":{}},"backups":{"retentionDays":-1}}`},
		{"loadBalancer", `{"certificates":["."],"rateLimit":{"seconds":1},"logPercent":-1}`},
	} {
		for _, layer := range []string{"shared", "cluster", "edge"} {
			f.Add(layer, seed[0], seed[1])
		}
	}
	f.Fuzz(func(t *testing.T, layer, key, value string) {
		config, err := stack.Load(stack.Raw{Stack: "live", Values: map[string]string{
			"layer": layer, "domain": "live-omega.test", "cluster": `{"name":"live","kubeconfig":"k"}`, key: value,
		}})
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				if !strings.HasPrefix(line, "Pulumi.live.yaml: live-omega:") || !strings.Contains(line, "; ") {
					t.Errorf("line %q does not say where, what and what instead", line)
				}
			}
			return
		}
		if _, err := json.Marshal(config); err != nil {
			t.Errorf("accepted config cannot be written: %v", err)
		}
	})
}
