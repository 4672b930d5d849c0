//go:build integration

package engine

import (
	"maps"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"live-omega/tests/gcp"
)

// TestDeployedCloudOnGKE deploys the stacks of Google Cloud once and looks at them from many sides. The cases
// build on each other, and the last ones remove the cloud.
func TestDeployedCloudOnGKE(t *testing.T) {
	t.Parallel()
	c := newGKECloud(t)
	c.deploy(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *gkeCloud)
	}{
		{"second up changes nothing", gkeSecondUpChangesNothing},
		{"refresh finds nothing", gkeRefreshFindsNothing},
		{"no token is in state", noTokenIsInState},
		{"hand edits are found by refresh and put right by up", gkeHandEditsArePutRight},
		{"everyday edits change what they are about", everydayEdits},
		{"moving the operating system", operatingSystemMoves},
		{"a pool that is made anew comes before the old one goes", poolMadeAnewComesFirst},
		{"a cluster is made anew behind the edge", clusterIsMadeAnew},
		{"what is protected stays", protectedStays},
		{"destroy leaves nothing", gkeDestroyLeavesNothing},
	} {
		if !t.Run(test.name, func(t *testing.T) { test.run(t, c) }) {
			return
		}
	}
}

func gkeSecondUpChangesNothing(t *testing.T, c *gkeCloud) {
	c.everywhere(t, func(stack string) []string {
		return []string{"up", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "-s", stack}
	})
}

func gkeRefreshFindsNothing(t *testing.T, c *gkeCloud) {
	c.everywhere(t, func(stack string) []string {
		return []string{"refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff", "-s", stack}
	})
}

// noTokenIsInState: the kubeconfigs in state say whom to ask for a token, and hold none.
func noTokenIsInState(t *testing.T, c *gkeCloud) {
	texts := files(t, c.state)
	for _, stack := range []string{"gke-live", "gke-omega"} {
		texts["export of "+stack] = c.pulumi(t, "stack", "export", "--show-secrets", "-s", stack)
	}
	if !strings.Contains(texts["export of gke-live"], "gke-gcloud-auth-plugin") {
		t.Fatal("the kubeconfig is not where this test looks")
	}
	for where, text := range texts {
		for _, token := range c.tokens {
			if strings.Contains(text, token) {
				t.Errorf("a token is in %s", where)
			}
		}
		for _, key := range []string{"client-key-data", "client-certificate-data", "PRIVATE KEY"} {
			if strings.Contains(text, key) {
				t.Errorf("%s is in %s", key, where)
			}
		}
	}
}

// gkeHandEdits are what a person does in Google's console in a hurry.
var gkeHandEdits = []struct {
	name, stack, kind, suffix string
	edit                      func(state map[string]any) // nil: the resource is deleted
	path                      []any
}{
	{"traffic", "gke-edge", "URLMap", "/live-omega-edge", func(state map[string]any) {
		weights := at(state, "pathMatchers", 0, "routeRules", 0, "routeAction", "weightedBackendServices").([]any)
		weights[0].(map[string]any)["weight"] = 1.0
	}, []any{"pathMatchers", 0, "routeRules", 0, "routeAction", "weightedBackendServices", 0, "weight"}},
	{"old TLS", "gke-edge", "SSLPolicy", "/live-omega-edge", func(state map[string]any) { state["minTlsVersion"] = "TLS_1_0" }, []any{"minTlsVersion"}},
	{"a cluster without a release channel", "gke-live", "Cluster", "/live", func(state map[string]any) {
		state["releaseChannel"] = map[string]any{"channel": "UNSPECIFIED"}
	}, []any{"releaseChannel", "channel"}},
	{"a firewall rule for all", "gke-shared", "Firewall", "", func(state map[string]any) { state["sourceRanges"] = []any{"0.0.0.0/0"} }, []any{"sourceRanges"}},
	{"a deleted role", "gke-shared", "IAMMember", "", nil, []any{"role"}},
}

func gkeHandEditsArePutRight(t *testing.T, c *gkeCloud) {
	before := map[string]any{}
	edited := map[string]bool{}
	ids := map[string]string{}
	for _, edit := range gkeHandEdits {
		r := c.record(t, edit.kind, edit.suffix)
		ids[edit.name], before[edit.name] = r.ID, at(r.State, edit.path...)
		if before[edit.name] == nil {
			t.Fatalf("%s: %s has no %v", edit.name, r.ID, edit.path)
		}
		edited[edit.stack] = true
		err := error(nil)
		if edit.edit == nil {
			err = c.project.Remove(r.Kind, r.ID)
		} else {
			edit.edit(r.State)
			err = c.project.Put(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, stack := range slices.Sorted(maps.Keys(edited)) {
		found := c.refused(t, "refresh", "--preview-only", "--expect-no-changes", "--diff", "-s", stack)
		for _, edit := range gkeHandEdits {
			if edit.stack == stack && !strings.Contains(found, ":"+edit.kind) {
				t.Errorf("a refresh does not find %s:\n%s", edit.name, found)
			}
		}
		c.up(t, stack, "--refresh")
	}
	for _, edit := range gkeHandEdits {
		if after := at(c.record(t, edit.kind, ids[edit.name]).State, edit.path...); !equal(after, before[edit.name]) {
			t.Errorf("%s: %v is %v after up, want %v", edit.name, edit.path, after, before[edit.name])
		}
	}
}

// protectedStays asks for the end of everything. It is the preview that refuses before anything is deleted:
// without one, Pulumi deletes what is not protected on its way to what is.
func protectedStays(t *testing.T, c *gkeCloud) {
	before := c.records(t)
	for _, stack := range slices.Backward(gkeStacks) {
		if out := c.refused(t, "destroy", "--yes", "-s", stack); !strings.Contains(out, "protected") {
			t.Errorf("destroy of %s does not say what protects it:\n%s", stack, out)
		}
	}
	if after := c.records(t); !slices.Equal(before, after) {
		t.Errorf("the project has\n%s\nafter it, and had\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}

func gkeDestroyLeavesNothing(t *testing.T, c *gkeCloud) {
	for _, stack := range slices.Backward(gkeStacks) {
		c.editConfig(t, stack, set(false, "live-omega:gcp", "protect"))
	}
	c.everywhere(t, func(stack string) []string { return []string{"up", "--yes", "--skip-preview", "-s", stack} })
	destroy := func(stack string) []string { return []string{"destroy", "--yes", "--skip-preview", "-s", stack} }
	c.together(t, destroy, "gke-edge")
	c.together(t, destroy, "gke-live", "gke-omega")
	for name, cluster := range c.clusters {
		if left := cluster.deployed(t); len(left) != 0 {
			t.Errorf("left in %s:\n%s", name, strings.Join(left, "\n"))
		}
		nodes, err := cluster.clients.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: gcp.PoolLabel})
		if err != nil || len(nodes.Items) != 0 {
			t.Errorf("%s has %d nodes (%v), want none", name, len(nodes.Items), err)
		}
	}
	eventually(t, "GKE has removed its groups of endpoints", func() bool {
		groups, err := c.project.All("NetworkEndpointGroup")
		return err == nil && len(groups) == 0
	})
	c.together(t, destroy, "gke-shared")
	for _, stack := range gkeStacks {
		if left := c.export(t, stack); len(left.Resources) != 0 {
			t.Errorf("%s still holds %v", stack, left.Resources)
		}
	}
	if left := c.records(t); len(left) != 0 {
		t.Errorf("left in the project:\n%s", strings.Join(left, "\n"))
	}
}
