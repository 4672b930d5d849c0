package community_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/community"
	"live-omega/tests/recording"
)

const roleBinding = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"

func TestMembersAreBoundInEveryNamespaceOfTheirCommunity(t *testing.T) {
	recorded := record(t, args())
	bound := map[string][]any{}
	for _, key := range recorded.Keys(roleBinding) {
		inputs := recorded.Resources[key].Inputs
		namespace := inputs["metadata"].(object)["namespace"].(string)
		bound[namespace] = append(bound[namespace], object{"subjects": inputs["subjects"], "roleRef": inputs["roleRef"]})
	}
	subject := func(kind, name string) []any {
		return []any{object{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}}
	}
	want := []any{
		object{"subjects": subject("Group", "oidc:Librarians"), "roleRef": object{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "community-edit"}},
		object{"subjects": subject("User", "ada@example.test"), "roleRef": object{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}},
	}
	assert.Equal(t, map[string][]any{"shelf-a": want, "wiki-a": want, "wiki-b": want}, bound)
}

func TestMembersWithSimilarNamesHaveBindingsOfTheirOwn(t *testing.T) {
	args := args()
	args.Members = nil
	for _, name := range []string{"ada@example.test", "ada.example.test", "ADA@example.test", "ada-example-test"} {
		args.Members = append(args.Members, community.Member{Kind: "User", Name: name, Role: "view"}, community.Member{Kind: "Group", Name: name, Role: "view"})
	}
	assert.Len(t, record(t, args).Keys(roleBinding), 3*8)
}

func TestAnotherRoleIsAnotherBinding(t *testing.T) {
	before := record(t, args())
	promoted := args()
	promoted.Members = slices.Clone(promoted.Members)
	promoted.Members[0].Role = "edit"
	after := record(t, promoted)
	changed := recording.Changed(before, after)
	require.Len(t, changed, 6, "one goes and one comes in each of three namespaces")
	for _, key := range changed {
		assert.Contains(t, key, roleBinding, "a binding's role can never change, so none is updated")
		_, was := before.Resources[key]
		_, is := after.Resources[key]
		assert.NotEqual(t, was, is, key)
	}
}

func TestWhoEditsChangesWhatRunsAndNothingThatBoundsIt(t *testing.T) {
	role := record(t, args()).Resources["kubernetes:rbac.authorization.k8s.io/v1:Role::wiki-a"].Inputs
	assert.Equal(t, "community-edit", role["metadata"].(object)["name"])
	may := func(verb, group, resource string) bool {
		return slices.ContainsFunc(role["rules"].([]any), func(rule any) bool {
			holds := func(field, value string) bool {
				list := rule.(object)[field].([]any)
				return slices.Contains(list, any(value)) || slices.Contains(list, any("*"))
			}
			return holds("verbs", verb) && holds("apiGroups", group) && holds("resources", resource)
		})
	}
	for _, allowed := range [][3]string{
		{"get", "", "secrets"}, {"list", "gateway.networking.k8s.io", "httproutes"}, {"watch", "networking.k8s.io", "networkpolicies"},
		{"create", "", "pods"}, {"create", "", "pods/exec"}, {"update", "", "secrets"}, {"patch", "apps", "deployments"}, {"update", "apps", "deployments/scale"}, {"create", "batch", "jobs"},
	} {
		assert.True(t, may(allowed[0], allowed[1], allowed[2]), allowed)
	}
	for _, group := range []string{"", "networking.k8s.io", "gateway.networking.k8s.io", "traefik.io", "rbac.authorization.k8s.io", "discovery.k8s.io", "policy"} {
		for _, resource := range []string{
			"networkpolicies", "ingresses", "services", "endpoints", "endpointslices", "httproutes", "referencegrants", "gateways", "middlewares", "traefikservices",
			"resourcequotas", "limitranges", "roles", "rolebindings", "serviceaccounts", "serviceaccounts/token", "namespaces",
		} {
			for _, verb := range []string{"create", "update", "patch", "delete", "deletecollection", "impersonate", "bind", "escalate"} {
				assert.False(t, may(verb, group, resource), "%s %s.%s", verb, resource, group)
			}
		}
	}
}
