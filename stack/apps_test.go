package stack_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"live-omega/stack"
	"live-omega/tests/recording"
)

func TestAppsGetTheDefaultsOfTheirStrategies(t *testing.T) {
	on, off, cpu := true, false, 70
	tests := []struct {
		yaml string
		want stack.Release
	}{
		{"{strategy: recreate}", stack.Release{Strategy: "recreate", Pin: &off}},
		{"{strategy: blueGreen, active: b}", stack.Release{Strategy: "blueGreen", Active: "b", Preview: &on, Pin: &off}},
		{"{strategy: blueGreen, active: b, preview: false}", stack.Release{Strategy: "blueGreen", Active: "b", Preview: &off, Pin: &off}},
		{"{strategy: abTest, match: [{query: {a: b}}]}", stack.Release{Strategy: "abTest", Match: []stack.Match{{Query: map[string]string{"a": "b"}}}, Sticky: &on, Pin: &off}},
		{"{strategy: dark, pin: true}", stack.Release{Strategy: "dark", Preview: &on, Pin: &on}},
	}
	for _, test := range tests {
		loaded, err := stack.Load(raw(t, "live", release(test.yaml)))
		require.NoError(t, err, test.yaml)
		assert.Equal(t, test.want, loaded.Apps["hello"].Release, test.yaml)
	}

	loaded, err := stack.Load(raw(t, "live", release("{strategy: canary, weight: 5}")))
	require.NoError(t, err)
	assert.Equal(t, &off, loaded.Apps["hello"].Release.Sticky)
	loaded, err = stack.Load(raw(t, "live", helloB("autoscale: {min: 1, max: 2}")))
	require.NoError(t, err)
	b := loaded.Apps["hello"].Variants["b"]
	assert.Equal(t, &stack.Autoscale{Min: 1, Max: 2, CPU: &cpu}, b.Autoscale)
	assert.Nil(t, b.Replicas, "the autoscaler decides")
}

func TestOutputsSayHowAnAppIsReached(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	for app, text := range map[string]string{
		"guestbook": "{strategy: blueGreen, active: b, pin: true}",
		"hello":     "{strategy: ramped}",
	} {
		var release map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(text), &release))
		cloud["live"]["apps"].(map[string]any)[app].(map[string]any)["release"] = release
	}
	b := cloud["live"]["apps"].(map[string]any)["guestbook"].(map[string]any)["variants"].(map[string]any)["b"].(map[string]any)
	delete(b, "replicas")
	b["autoscale"], b["pool"] = map[string]any{"min": 2, "max": 4}, "b"
	apps := cloud.Record(t)["live"].Outputs["apps"].(map[string]any)

	guestbook := apps["guestbook"].(map[string]any)
	assert.Equal(t, []any{"guestbook.live-omega.test", "guestbook-preview.live-omega.test"}, guestbook["hosts"])
	assert.Equal(t, "guestbook-preview.live-omega.test", guestbook["preview"])
	assert.Equal(t, true, guestbook["pin"])
	assert.Equal(t, false, guestbook["sticky"])
	variants := guestbook["variants"].(map[string]any)
	assert.Equal(t, 0.0, variants["a"].(map[string]any)["weight"])
	for field, want := range map[string]any{"weight": 100.0, "replicas": 2.0, "maxReplicas": 4.0, "pool": "b"} {
		assert.Equal(t, want, variants["b"].(map[string]any)[field], field)
	}

	hello := apps["hello"].(map[string]any)
	assert.Equal(t, []any{"hello.live-omega.test"}, hello["hosts"])
	assert.NotContains(t, hello, "preview")
	assert.Equal(t, false, hello["pin"])
}
