package stack_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

func TestBadConfigDeclaresNothing(t *testing.T) {
	recording.Checkout(t)
	config := recording.Sample(t)["edge"]
	config["traffic"] = map[string]any{"default": map[string]any{"live": 90}}
	recorded, err := recording.Stack(t, "edge", config, nil)
	assert.ErrorContains(t, err, "Pulumi.edge.yaml: live-omega:traffic.default: weights sum to 90, want 100")
	assert.Empty(t, recorded.Resources)
}

func TestAMisspeltKeyIsFoundAmongAllThatPulumiHandsOver(t *testing.T) {
	recording.Checkout(t)
	config := recording.Sample(t)["shared"]
	config["primery"] = "live"
	_, err := recording.Stack(t, "shared", config, nil)
	assert.ErrorContains(t, err, "Pulumi.shared.yaml: live-omega:primery: unknown key; did you mean primary?")
}

func TestAStackThatWasNeverDeployedIsNamed(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	running := resource.NewProperty(resource.PropertyMap{})
	_, err := recording.Stack(t, "edge", cloud["edge"], map[string]resource.PropertyMap{
		"live":  {"gateway": resource.NewProperty("10.0.0.1:80"), "apps": running},
		"omega": {"apps": running},
	})
	assert.ErrorContains(t, err, "stack omega has no output \"gateway\"; run `pulumi up -s omega` first")

	_, err = recording.Stack(t, "live", cloud["live"], map[string]resource.PropertyMap{"shared": {}})
	assert.ErrorContains(t, err, "stack shared has no secret guestbook/session-key; run `pulumi up -s shared` first")
}

func TestOutputsSayWhatRunsWhereWhoseItIsAndWhoSeesIt(t *testing.T) {
	recording.Checkout(t)
	recordings := recording.Sample(t).Record(t)
	live := recordings["live"].Outputs
	assert.Equal(t, "live", live["name"])
	assert.Equal(t, "10.98.0.11:80", live["gateway"])
	guestbook := live["apps"].(map[string]any)["guestbook"].(map[string]any)
	assert.Equal(t, "canary", guestbook["strategy"])
	assert.Equal(t, "guestbook.live-omega.test", guestbook["host"])
	assert.Equal(t, "Ada Example", guestbook["owner"])
	b := guestbook["variants"].(map[string]any)["b"].(map[string]any)
	assert.Equal(t, 10.0, b["weight"])
	assert.Equal(t, "v2.0.0", b["version"])
	assert.Equal(t, 1.0, b["replicas"])
	assert.Regexp(t, `^10\.98\.0\.1:5000/demo@sha256:b{64}$`, b["image"])

	edge := recordings["edge"].Outputs
	assert.Equal(t, map[string]any{
		"default": map[string]any{"live": 100.0, "omega": 0.0, "sticky": false, "pin": false},
		"apps":    map[string]any{"guestbook": map[string]any{"live": 90.0, "omega": 10.0, "sticky": false, "pin": false}},
	}, edge["traffic"])
	assert.Equal(t, map[string]any{
		"guestbook": "http://guestbook.live-omega.test/", "hello": "http://hello.live-omega.test/",
	}, edge["urls"])
	assert.Equal(t, "live", recordings["shared"].Outputs["primary"])
}

func TestOutputsSayHowMuchOfAnAppIsCopied(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	cloud["live"]["apps"].(map[string]any)["guestbook"].(map[string]any)["release"] = map[string]any{"strategy": "shadow", "percent": 25}
	outputs := cloud.Record(t)
	percent := func(cluster string) any {
		return outputs[cluster].Outputs["apps"].(map[string]any)["guestbook"].(map[string]any)["percent"]
	}
	assert.Equal(t, []any{25.0, nil}, []any{percent("live"), percent("omega")})
}

func TestStacksMayBeReferredToByOtherNames(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	config := cloud["live"]
	config["stacks"] = map[string]any{"shared": "gke-shared", "live": "gke-live"}
	outputs := recording.Sample(t).Record(t)["shared"].Raw
	recorded, err := recording.Stack(t, "gke-live", config, map[string]resource.PropertyMap{"gke-shared": outputs})
	require.NoError(t, err)
	assert.NotEmpty(t, recorded.Resources)
}
