//go:build integration

package engine

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// set is an edit of a value in a stack's config; the path ends with its key. A value of nil removes it.
func set(value any, path ...string) func(config map[string]any) {
	return func(config map[string]any) {
		for _, key := range path[:len(path)-1] {
			inner, ok := config[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
				config[key] = inner
			}
			config = inner
		}
		config[path[len(path)-1]] = value
		if value == nil {
			delete(config, path[len(path)-1])
		}
	}
}

// all does several edits.
func all(edits ...func(config map[string]any)) func(config map[string]any) {
	return func(config map[string]any) {
		for _, edit := range edits {
			edit(config)
		}
	}
}

// edits are what people do to a running cloud, each with all that it changes. They are done one after the
// other and stay.
var edits = []struct {
	name, stack string
	edit        func(config map[string]any)
	want        []string
}{
	{"traffic of all apps", "gke-edge", set(map[string]any{"live": 90, "omega": 10}, "live-omega:traffic", "default"), []string{"update URLMap edge"}},
	{"traffic of one app", "gke-edge", set(map[string]any{"live": 0, "omega": 100}, "live-omega:traffic", "apps", "guestbook"), []string{"update URLMap edge"}},
	{"a limit for each address", "gke-edge", set(map[string]any{"requests": 600, "seconds": 60}, "live-omega:loadBalancer", "rateLimit"),
		[]string{"create SecurityPolicy edge", "update BackendService edge-live", "update BackendService edge-omega"}},
	{"another limit", "gke-edge", set(map[string]any{"requests": 900, "seconds": 60}, "live-omega:loadBalancer", "rateLimit"), []string{"update SecurityPolicy edge"}},
	{"a name that needs a certificate", "gke-edge", set([]any{"board.neighbours.org"}, "live-omega:loadBalancer", "certificates"), []string{
		"create Certificate edge-board.neighbours.org", "create CertificateMapEntry edge-board.neighbours.org", "create DnsAuthorization edge-board.neighbours.org",
	}},
	{"no limit and no name", "gke-edge", all(set(nil, "live-omega:loadBalancer", "rateLimit"), set([]any{}, "live-omega:loadBalancer", "certificates")), []string{
		"delete Certificate edge-board.neighbours.org", "delete CertificateMapEntry edge-board.neighbours.org", "delete DnsAuthorization edge-board.neighbours.org",
		"delete SecurityPolicy edge", "update BackendService edge-live", "update BackendService edge-omega",
	}},
	{"a minor version of Kubernetes", "gke-omega", set("1.36.1-gke.1000000", "live-omega:cluster", "gke", "version"),
		[]string{"update Cluster cluster", "update NodePool pool-a", "update NodePool pool-b"}},
	{"bounds, machines and image of the pool that all run on", "gke-live", all(set(4, "live-omega:nodes", "pools", "a", "max"),
		set("e2-standard-4", "live-omega:nodes", "pools", "a", "machineType"), set("ubuntu", "live-omega:nodes", "pools", "a", "image")), []string{"update NodePool pool-a"}},
	{"a release, and who reaches the API", "gke-live", all(set(60, "live-omega:apps", "guestbook", "release", "weight"),
		set([]any{"203.0.113.7/32"}, "live-omega:cluster", "gke", "access")), []string{"update Cluster cluster", "update HTTPRoute guestbook"}},
}

func everydayEdits(t *testing.T, c *gkeCloud) {
	for _, edit := range edits {
		t.Run(edit.name, func(t *testing.T) {
			c.editConfig(t, edit.stack, edit.edit)
			changed := names(c.steps(t, edit.stack))
			slices.Sort(changed)
			if !slices.Equal(changed, edit.want) {
				t.Errorf("the edit did\n%s\nwant\n%s", strings.Join(changed, "\n"), strings.Join(edit.want, "\n"))
			}
		})
	}
	gkeSecondUpChangesNothing(t, c)
}
