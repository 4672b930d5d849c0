//go:build integration

package engine

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// TestDeployedCloud deploys all stacks once and looks at them from many sides;
// the cases leave the cloud as they found it, and the last one removes it.
func TestDeployedCloud(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "live", "omega", "edge")
	c.deploy(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *cloud)
	}{
		{"second up changes nothing", secondUpChangesNothing},
		{"refresh finds nothing", refreshFindsNothing},
		{"hand edit is found by refresh and put right by up", handEditIsPutRight},
		{"traffic edit updates one resource", trafficEditUpdatesOneResource},
		{"release edit updates one resource", releaseEditUpdatesOneResource},
		{"bad config changes nothing and says why", badConfigChangesNothing},
		{"policy pack stops a preview", policyPackStopsAPreview},
		{"passwords are nowhere in plain text", passwordsAreNowhereInPlainText},
		{"destroy leaves nothing", destroyLeavesNothing},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, c) })
	}
}

func secondUpChangesNothing(t *testing.T, c *cloud) {
	for _, stack := range stacks {
		c.up(t, stack, "--expect-no-changes", "--diff")
	}
}

func refreshFindsNothing(t *testing.T, c *cloud) {
	for _, stack := range stacks {
		c.pulumi(t, "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "-s", stack)
	}
}

// handEdits are what a person does to a cluster in a hurry, and how to see it.
var handEdits = []struct {
	name     string
	resource schema.GroupVersionResource
	ns, obj  string
	patch    string // empty: the object is deleted
	path     []string
}{
	{
		"a scaled deployment", schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, "hello-a", "hello",
		`[{"op": "replace", "path": "/spec/replicas", "value": 5}]`, []string{"spec", "replicas"},
	},
	{
		"another selector of a service", schema.GroupVersionResource{Version: "v1", Resource: "services"}, "hello-a", "hello",
		`[{"op": "add", "path": "/spec/selector", "value": {"app": "nothing"}}]`, []string{"spec", "selector"},
	},
	{
		"other weights of a route", schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"}, "guestbook-a", "guestbook",
		`[{"op": "replace", "path": "/spec/rules/0/backendRefs/0/weight", "value": 1}]`, []string{"spec", "rules"},
	},
	{
		"a deleted disruption budget", schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}, "guestbook-a", "guestbook",
		"", []string{"spec", "selector"},
	},
}

func handEditIsPutRight(t *testing.T, c *cloud) {
	field := func(i int) string {
		edit := handEdits[i]
		object, err := c.clusters["live"].dynamic.Resource(edit.resource).Namespace(edit.ns).Get(t.Context(), edit.obj, metav1.GetOptions{})
		if err != nil {
			t.Fatalf("%s: %v", edit.name, err)
		}
		value, found, err := unstructured.NestedFieldNoCopy(object.Object, edit.path...)
		if err != nil || !found {
			t.Fatalf("%s: no %v: %v", edit.name, edit.path, err)
		}
		return fmt.Sprint(value)
	}
	before := map[int]string{}
	for i, edit := range handEdits {
		before[i] = field(i)
		objects := c.clusters["live"].dynamic.Resource(edit.resource).Namespace(edit.ns)
		var err error
		if edit.patch == "" {
			err = objects.Delete(t.Context(), edit.obj, metav1.DeleteOptions{})
		} else {
			_, err = objects.Patch(t.Context(), edit.obj, types.JSONPatchType, []byte(edit.patch), metav1.PatchOptions{FieldManager: "kubectl-edit"})
		}
		if err != nil {
			t.Fatalf("%s: %v", edit.name, err)
		}
	}

	found := c.refused(t, "refresh", "--preview-only", "--expect-no-changes", "--diff", "-s", "live")
	for _, edit := range handEdits {
		if !strings.Contains(found, edit.obj) {
			t.Errorf("a refresh does not find %s:\n%s", edit.name, found)
		}
	}
	c.pulumi(t, "refresh", "--yes", "--skip-preview", "-s", "live")
	c.up(t, "live")
	for i, edit := range handEdits {
		if after := field(i); after != before[i] {
			t.Errorf("%s: %v is %s after up, want %s", edit.name, edit.path, after, before[i])
		}
	}
	c.up(t, "live", "--expect-no-changes")
}

func trafficEditUpdatesOneResource(t *testing.T, c *cloud) {
	editUpdatesOneResource(t, c, "edge", "default: {live: 100, omega: 0}", "default: {live: 30, omega: 70}")
}

func releaseEditUpdatesOneResource(t *testing.T, c *cloud) {
	editUpdatesOneResource(t, c, "live", "weight: 10", "weight: 60")
}

func editUpdatesOneResource(t *testing.T, c *cloud, stack, from, to string) {
	file := "Pulumi." + stack + ".yaml"
	c.edit(t, file, from, to)
	changes := c.changes(t, stack)
	if changes["update"] != 1 {
		t.Errorf("the edit plans %v, want one update", changes)
	}
	for _, operation := range []string{"create", "delete", "replace", "create-replacement", "delete-replaced"} {
		if changes[operation] != 0 {
			t.Errorf("the edit plans %v, want no %s", changes, operation)
		}
	}
	c.up(t, stack)
	c.edit(t, file, to, from)
	c.up(t, stack)
}

func badConfigChangesNothing(t *testing.T, c *cloud) {
	before := c.clusters["edge"].versions(t)
	c.edit(t, "Pulumi.edge.yaml", "{live: 100, omega: 0}", "{live: 80, omega: 10}")
	for _, command := range [][]string{{"preview"}, {"up", "--yes", "--skip-preview"}} {
		out := c.refused(t, append(command, "-s", "edge")...)
		if want := "Pulumi.edge.yaml: live-omega:traffic"; !strings.Contains(out, want) || !strings.Contains(out, "90") {
			t.Errorf("pulumi %s does not say what is wrong and where (%s, found 90):\n%s", command[0], want, out)
		}
	}
	c.edit(t, "Pulumi.edge.yaml", "{live: 80, omega: 10}", "{live: 100, omega: 0}")
	if after := c.clusters["edge"].versions(t); !slices.Equal(before, after) {
		t.Errorf("objects changed:\n%s\nwere\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
	c.up(t, "edge", "--expect-no-changes")
}

func policyPackStopsAPreview(t *testing.T, c *cloud) {
	pack := built.root.Path("tests", "engine", "testdata", "policy")
	out := c.refused(t, "preview", "-s", "edge", "--policy-pack", pack)
	for _, want := range []string{"engine-test", "no-route", "this one is refused"} {
		if !strings.Contains(out, want) {
			t.Errorf("the preview does not name %q:\n%s", want, out)
		}
	}
	if out := c.pulumi(t, "preview", "-s", "shared", "--policy-pack", pack); strings.Contains(out, "this one is refused") {
		t.Errorf("a stack without routes is refused:\n%s", out)
	}
}

func passwordsAreNowhereInPlainText(t *testing.T, c *cloud) {
	secrets := c.pulumi(t, "stack", "output", "secrets", "--show-secrets", "--json", "-s", "shared")
	passwords := regexp.MustCompile(`"[A-Za-z0-9]{32}"`).FindAllString(secrets, -1)
	if len(passwords) == 0 {
		t.Fatalf("no password in the outputs of shared:\n%s", regexp.MustCompile(`[A-Za-z0-9]{20,}`).ReplaceAllString(secrets, "…"))
	}
	texts := map[string]string{}
	for _, stack := range stacks {
		texts["preview of "+stack] = c.pulumi(t, "preview", "--diff", "--show-sames", "-s", stack)
		// From level 9 on the SDK writes every value it decodes, which Pulumi documents as unsafe.
		texts["log of "+stack] = c.pulumi(t, "preview", "--logtostderr", "--logflow", "-v=8", "-s", stack)
		texts["outputs of "+stack] = c.pulumi(t, "stack", "output", "--json", "-s", stack)
		texts["export of "+stack] = c.pulumi(t, "stack", "export", "-s", stack)
	}
	for path, content := range files(t, c.state) {
		texts[path] = content
	}
	for where, text := range texts {
		for i, password := range passwords {
			if strings.Contains(text, strings.Trim(password, `"`)) {
				t.Errorf("password %d of shared is in plain text in: %s", i, where)
			}
		}
	}
	if _, found := texts[filepath.Join(c.state, ".pulumi", "stacks", "live-omega", "shared.json")]; !found {
		t.Error("the state of shared was not looked at")
	}
}

func destroyLeavesNothing(t *testing.T, c *cloud) {
	for _, stack := range slices.Backward(stacks) {
		c.pulumi(t, "destroy", "--yes", "--skip-preview", "-s", stack)
		if left := c.export(t, stack); len(left.Resources) != 0 {
			t.Errorf("%s still holds %v", stack, left.Resources)
		}
	}
	for name, cluster := range c.clusters {
		if left := cluster.deployed(t); len(left) != 0 {
			t.Errorf("left in %s:\n%s", name, strings.Join(left, "\n"))
		}
	}
}
