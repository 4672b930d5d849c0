package stack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"live-omega/stack"
	"live-omega/tests/recording"
)

func TestACommunityIsSmallClosedAndStaysUnlessItSaysOtherwise(t *testing.T) {
	loaded, err := stack.Load(raw(t, "live", maker("members: [{name: ada}]")))
	require.NoError(t, err)
	closed, pods := false, 40
	assert.Equal(t, stack.Community{
		Contact:  "m@example.org",
		Members:  []stack.Member{{Kind: "User", Name: "ada", Role: "view"}},
		Quota:    &stack.Quota{CPU: "2", Memory: "4Gi", Pods: &pods, Storage: "0"},
		Defaults: &stack.Resources{CPU: "10m", Memory: "32Mi", CPULimit: "1", MemoryLimit: "128Mi"},
		Internet: &closed,
	}, loaded.Communities["makers"])
}

func TestGoodCommunitiesAreAccepted(t *testing.T) {
	tests := map[string]map[string]string{
		"one without apps":                    makers(`{contact: m, quota: {cpu: 1m, memory: 1Mi, pods: 1}}`),
		"one whose apps exactly fit":          edit("communities", `{neighbours: {contact: n, quota: {cpu: 80m, memory: 256Mi, pods: 8}}, makers: {contact: m, quota: {cpu: 30m, memory: 96Mi, pods: 3}}}`),
		"a guest whose time is over":          maker(`until: "2001-01-01"`),
		"a host below the cloud's own domain": maker(`hosts: {make.live-omega.test: hello, live-omega.test: hello}`),
		"a user and a group of one name":      maker(`members: [{name: ada}, {kind: Group, name: ada}]`),
		"a limit for those that say none":     maker(`defaults: {memory: 256Mi, memoryLimit: 256Mi}`),
	}
	with(tests["one without apps"], "apps", "{guestbook: {variants: {"+goodA+"}}}")
	for name, edits := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := stack.Load(raw(t, "live", edits))
			assert.NoError(t, err)
		})
	}
}

func TestOutputsSayWhoSharesTheCluster(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	makers := cloud["live"]["communities"].(map[string]any)["makers"].(map[string]any)
	makers["hosts"] = map[string]any{"make.example.org": "hello"}
	outputs := cloud.Record(t)["live"].Outputs
	assert.Equal(t, map[string]any{
		"makers": map[string]any{
			"contact": "workshop@makers.test", "until": "2099-12-31", "members": []any{},
			"hosts": map[string]any{"make.example.org": "hello"}, "namespaces": []any{"hello-a"},
		},
		"neighbours": map[string]any{
			"contact": "board@neighbours.test", "until": "",
			"members": []any{
				map[string]any{"kind": "User", "name": "ada@neighbours.test", "role": "edit"},
				map[string]any{"kind": "Group", "name": "neighbours", "role": "view"},
			},
			"hosts": map[string]any{}, "namespaces": []any{"guestbook-a", "guestbook-b"},
		},
	}, outputs["communities"])
	hosts := func(app string) any { return outputs["apps"].(map[string]any)[app].(map[string]any)["hosts"] }
	assert.Equal(t, []any{"hello.live-omega.test", "make.example.org"}, hosts("hello"))
	assert.Equal(t, []any{"guestbook.live-omega.test"}, hosts("guestbook"))
}

func TestTheHostsOfACommunityReachItsApp(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	before := cloud.Record(t)["live"]
	cloud["live"]["communities"].(map[string]any)["makers"].(map[string]any)["hosts"] = map[string]any{"make.example.org": "hello", "b.example.org": "hello"}
	after := cloud.Record(t)["live"]
	const route = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::hello"
	assert.Equal(t, []string{route}, recording.Changed(before, after))
	assert.Equal(t, []any{"hello.live-omega.test", "b.example.org", "make.example.org"}, after.Resources[route].Inputs["spec"].(map[string]any)["hostnames"])
}

// logged remembers warnings.
type logged struct {
	pulumi.Log
	warnings []string
}

func (l *logged) Warn(text string, _ *pulumi.LogArgs) error {
	l.warnings = append(l.warnings, text)
	return nil
}

func TestAGuestWhoseTimeIsOverIsNamedAndStillDeployed(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	shared := cloud.Record(t)["shared"].Raw
	communities := cloud["live"]["communities"].(map[string]any)
	communities["makers"].(map[string]any)["until"] = "2001-01-31"
	values := map[string]string{}
	for key, value := range cloud["live"] {
		values[stack.Namespace+":"+key] = recording.Encode(t, value)
	}
	env, err := json.Marshal(values)
	require.NoError(t, err)
	t.Setenv(pulumi.EnvConfig, string(env))

	log := &logged{}
	recorded, err := recording.Program("live", map[string]resource.PropertyMap{"shared": shared}, func(ctx *pulumi.Context) error {
		log.Log = ctx.Log
		ctx.Log = log
		return stack.Deploy(ctx)
	})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"community makers was to stay until 2001-01-31; remove it and its apps from Pulumi.live.yaml, or write a later live-omega:communities.makers.until",
	}, log.warnings)
	assert.Contains(t, recorded.Resources, "kubernetes:apps/v1:Deployment::hello-a")
}

func TestTheDocumentedCommunityIsGood(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(recording.Root(t), "docs", "communities.md"))
	require.NoError(t, err)
	_, block, found := strings.Cut(string(page), "```yaml\n")
	require.True(t, found)
	block, _, _ = strings.Cut(block, "```")
	var config map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(block), &config))

	raw := raw(t, "live", edit("apps", "{guestbook: {variants: {"+goodA+"}}}"))
	raw.Values["communities"] = recording.Encode(t, config["live-omega:communities"])
	loaded, err := stack.Load(raw)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"board.neighbours.test": "guestbook"}, loaded.Communities["neighbours"].Hosts)
}
