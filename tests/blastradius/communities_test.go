package blastradius

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/recording"
)

const (
	namespace   = "kubernetes:core/v1:Namespace::"
	quota       = "kubernetes:core/v1:ResourceQuota::"
	limits      = "kubernetes:core/v1:LimitRange::"
	policy      = "kubernetes:networking.k8s.io/v1:NetworkPolicy::"
	roleBinding = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::"
)

func TestEditsOfACommunityReachOnlyItsOwnNamespaces(t *testing.T) {
	tests := []struct {
		name string
		edit func(neighbours object)
		// want are the resources of live that change.
		want []string
	}{
		{
			name: "a new member is one binding in each namespace",
			edit: func(neighbours object) {
				neighbours["members"] = append(neighbours["members"].([]any), object{"name": "eve@neighbours.test"})
			},
			want: []string{roleBinding + "guestbook-a-view-user-eve-neighbours-test-HASH", roleBinding + "guestbook-b-view-user-eve-neighbours-test-HASH"},
		},
		{
			name: "a member who goes takes one binding of each namespace along",
			edit: func(neighbours object) { neighbours["members"] = neighbours["members"].([]any)[1:] },
			want: []string{roleBinding + "guestbook-a-edit-user-ada-neighbours-test-HASH", roleBinding + "guestbook-b-edit-user-ada-neighbours-test-HASH"},
		},
		{
			name: "another quota changes quotas",
			edit: func(neighbours object) { neighbours["quota"].(object)["memory"] = "8Gi" },
			want: []string{quota + "guestbook-a", quota + "guestbook-b"},
		},
		{
			name: "the same quota in other words changes nothing",
			edit: func(neighbours object) { neighbours["quota"].(object)["memory"] = "4096Mi" },
		},
		{
			name: "other defaults change limits",
			edit: func(neighbours object) { neighbours["defaults"] = object{"cpu": "15m"} },
			want: []string{limits + "guestbook-a", limits + "guestbook-b"},
		},
		{
			name: "the internet is one policy in each namespace",
			edit: func(neighbours object) { neighbours["internet"] = true },
			want: []string{policy + "guestbook-a-internet", policy + "guestbook-b-internet"},
		},
		{
			name: "another contact changes what namespaces say, and no pod",
			edit: func(neighbours object) { neighbours["contact"] = "new@neighbours.test" },
			want: []string{namespace + "guestbook-a", namespace + "guestbook-b"},
		},
		{
			name: "an end date changes what namespaces say, and no pod",
			edit: func(neighbours object) { neighbours["until"] = "2098-12-31" },
			want: []string{namespace + "guestbook-a", namespace + "guestbook-b"},
		},
		{
			name: "a host changes the route of its app",
			edit: func(neighbours object) { neighbours["hosts"] = object{"board.neighbours.test": "guestbook"} },
			want: []string{httpRoute + "guestbook"},
		},
	}
	recording.Checkout(t)
	before := recording.Sample(t).Record(t)["live"]
	hash := regexp.MustCompile(`-[0-9a-f]{10}$`)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cloud := recording.Sample(t)
			test.edit(at(cloud, "live", "communities", "neighbours"))
			var changed []string
			for _, key := range recording.Changed(before, cloud.Record(t)["live"]) {
				changed = append(changed, hash.ReplaceAllString(key, "-HASH"))
			}
			assert.Equal(t, test.want, changed)
		})
	}
}

func TestACommunityThatComesOrGoesTouchesNoOther(t *testing.T) {
	recording.Checkout(t)
	before := recording.Sample(t).Record(t)["live"]
	cloud := recording.Sample(t)
	delete(at(cloud, "live", "communities"), "makers")
	delete(at(cloud, "live", "apps"), "hello")
	after := cloud.Record(t)["live"]
	for _, key := range recording.Changed(before, after) {
		assert.NotContains(t, after.Resources, key, "only what belongs to the community changes")
		assert.Regexp(t, `::(hello|makers)`, key)
	}
	assert.NotContains(t, after.Golden(), `"live-omega.dev/community": "makers"`)
}
