//go:build integration

package kubernetes

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const definition = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"

// samples are objects of many shapes, all with fields that the server defaults or rewrites.
func (s *stack) samples() map[string]struct {
	token  string
	inputs map[string]any
} {
	here := func(name string) map[string]any { return map[string]any{"name": name, "namespace": s.namespace} }
	type sample = struct {
		token  string
		inputs map[string]any
	}
	return map[string]sample{
		"deployment": {deployment, s.deployment("web", "web:1", 0, nil)},
		"service": {service, map[string]any{"metadata": here("web"), "spec": map[string]any{
			"selector": map[string]any{"app": "web"}, "ports": []any{map[string]any{"name": "http", "port": 80, "targetPort": "http"}},
		}}},
		"secret":    {secret, map[string]any{"metadata": here("web"), "stringData": map[string]any{"password": "hunter2"}}},
		"configmap": {configMap, s.configMap("web", map[string]any{"a": "1"})},
		"budget": {"kubernetes:policy/v1:PodDisruptionBudget", map[string]any{"metadata": here("web"), "spec": map[string]any{
			"minAvailable": 1, "selector": map[string]any{"matchLabels": map[string]any{"app": "web"}},
		}}},
		"role": {"kubernetes:rbac.authorization.k8s.io/v1:Role", map[string]any{"metadata": here("web"), "rules": []any{
			map[string]any{"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"get", "list"}},
		}}},
		"binding": {"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", map[string]any{
			"metadata": here("web"), "roleRef": map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "web"},
			"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": "web", "namespace": s.namespace}},
		}},
		"quota": {"kubernetes:core/v1:ResourceQuota", map[string]any{"metadata": here("web"), "spec": map[string]any{"hard": map[string]any{"requests.cpu": "2000m", "pods": 10}}}},
		"policy": {"kubernetes:networking.k8s.io/v1:NetworkPolicy", map[string]any{"metadata": here("web"), "spec": map[string]any{
			"podSelector": map[string]any{}, "policyTypes": []any{"Ingress"}, "ingress": []any{map[string]any{"ports": []any{map[string]any{"port": 8080}}}},
		}}},
		"definition": {definition, crd(s.namespace+".example.com", "Thing"+s.namespace)},
	}
}

// crd defines a namespaced kind whose spec takes anything, with a default and with a list that is owned as a whole.
func crd(group, kind string) map[string]any {
	return map[string]any{
		"metadata": map[string]any{"name": "things." + group, "creationTimestamp": nil},
		"spec": map[string]any{
			"group": group, "scope": "Namespaced", "names": map[string]any{"kind": kind, "plural": "things"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true, "subresources": map[string]any{"status": map[string]any{}},
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "properties": map[string]any{
					"status": map[string]any{"type": "object", "x_kubernetes_preserve_unknown_fields": true},
					"spec": map[string]any{"type": "object", "x_kubernetes_preserve_unknown_fields": true, "properties": map[string]any{
						"backends": map[string]any{"type": "array", "x_kubernetes_list_type": "atomic", "items": map[string]any{
							"type": "object", "properties": map[string]any{"name": map[string]any{"type": "string"}, "weight": map[string]any{"type": "integer", "default": 1}},
						}},
					}},
				}}},
			}},
		},
	}
}

func TestRefreshAfterUpFindsNothing(t *testing.T) {
	s := newStack(t, nil)
	for name, sample := range s.samples() {
		t.Run(name, func(t *testing.T) {
			r := s.resource(sample.token, name)
			_, err := r.up(sample.inputs)
			require.NoError(t, err)
			for range 2 {
				drift, err := r.refresh()
				require.NoError(t, err)
				assert.Empty(t, drift)
				did, err := r.up(sample.inputs)
				require.NoError(t, err)
				assert.Equal(t, "same", did, "%v", r.diff(r.check(sample.inputs)).GetDiffs())
			}
			require.NoError(t, r.delete())
		})
	}
}

func TestRefreshFindsWhatAPersonChangedAndUpPutsItRight(t *testing.T) {
	s := newStack(t, map[string]string{"enableConfigMapMutable": "true", "enableSecretMutable": "true"})
	samples := s.samples()
	for name, test := range map[string]struct {
		sample, apiVersion, kind string
		edit                     string
		drift                    []string
	}{
		"a number":            {"deployment", "apps/v1", "Deployment", `{"spec":{"replicas":3}}`, []string{"spec.replicas"}},
		"an item's field":     {"deployment", "apps/v1", "Deployment", `{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"evil:1","ports":[{"name":"http","containerPort":8080}],"resources":{"requests":{"cpu":"1","memory":"64Mi"}}}]}}}}`, []string{"spec.template.spec.containers[0].image"}},
		"a quantity":          {"quota", "v1", "ResourceQuota", `{"spec":{"hard":{"requests.cpu":"3"}}}`, []string{`spec.hard["requests.cpu"]`}},
		"a removed key":       {"configmap", "v1", "ConfigMap", `{"data":{"a":null,"z":"1"}}`, []string{"data.a"}},
		"an added key":        {"configmap", "v1", "ConfigMap", `{"data":{"b":"2"}}`, nil},
		"an added label":      {"service", "v1", "Service", `{"metadata":{"labels":{"x":"y"}}}`, nil},
		"a whole map":         {"service", "v1", "Service", `{"spec":{"selector":{"extra":"x"}}}`, []string{"spec.selector.extra"}},
		"a whole list":        {"role", "rbac.authorization.k8s.io/v1", "Role", `{"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]},{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]}`, []string{"rules[1]"}},
		"a list in a list":    {"role", "rbac.authorization.k8s.io/v1", "Role", `{"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list","delete"]}]}`, []string{"rules[0].verbs[2]"}},
		"a shorter list":      {"role", "rbac.authorization.k8s.io/v1", "Role", `{"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}`, []string{"rules[0].verbs[1]"}},
		"a secret":            {"secret", "v1", "Secret", `{"data":{"password":"b3RoZXI="}}`, []string{"data.password"}},
		"a controller's note": {"deployment", "apps/v1", "Deployment", `{"metadata":{"annotations":{"deployment.kubernetes.io/revision":"7"}}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			sample := samples[test.sample]
			r := s.resource(sample.token, test.sample)
			_, err := r.up(sample.inputs)
			require.NoError(t, err)
			s.raw(test.apiVersion, test.kind, s.namespace, "web").patch("kubectl-edit", "", test.edit)

			drift, err := r.refresh()
			require.NoError(t, err)
			assert.Equal(t, test.drift, drift)
			did, err := r.up(sample.inputs)
			require.NoError(t, err)
			want := "update"
			if test.drift == nil {
				want = "same"
			}
			assert.Equal(t, want, did)
			drift, err = r.refresh()
			require.NoError(t, err)
			assert.Empty(t, drift, "up must have put it right")
			did, err = r.up(sample.inputs)
			require.NoError(t, err)
			assert.Equal(t, "same", did)
			require.NoError(t, r.delete())
		})
	}
}

func TestAnObjectThatIsGoneIsMadeAgain(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(configMap, "settings")
	_, err := r.up(s.configMap("settings", map[string]any{"a": "1"}))
	require.NoError(t, err)
	s.raw("v1", "ConfigMap", s.namespace, "settings").delete()
	drift, err := r.refresh()
	require.NoError(t, err)
	assert.Equal(t, []string{"gone"}, drift)
	did, err := r.up(s.configMap("settings", map[string]any{"a": "1"}))
	require.NoError(t, err)
	assert.Equal(t, "create", did)

	t.Run("also by an update that knows nothing of it", func(t *testing.T) {
		s.raw("v1", "ConfigMap", s.namespace, "settings").delete()
		inputs := s.configMap("settings", map[string]any{"a": "1"})
		inputs["metadata"].(map[string]any)["labels"] = map[string]any{"x": "y"}
		did, err := r.up(inputs)
		require.NoError(t, err)
		assert.Equal(t, "update", did)
		assert.NotNil(t, s.raw("v1", "ConfigMap", s.namespace, "settings").get())
	})
	t.Run("deleting it again is a success", func(t *testing.T) {
		s.raw("v1", "ConfigMap", s.namespace, "settings").delete()
		require.NoError(t, r.delete())
	})
}

func TestImportTakesAnObjectWithoutTheServersOwnFields(t *testing.T) {
	s := newStack(t, nil)
	s.raw("v1", "ConfigMap", s.namespace, "old").create(map[string]any{"data": map[string]any{"a": "1"}})
	for _, test := range []struct{ token, id, namespace string }{
		{configMap, s.namespace + "/old", s.namespace},
		{namespaces, s.namespace, ""},
	} {
		response, err := s.provider.Read(t.Context(), &pulumirpc.ReadRequest{Id: test.id, Urn: string(urnOf(test.token, "imported"))})
		require.NoError(t, err)
		assert.Equal(t, test.id, response.GetId())
		inputs := tree(t, response.GetInputs())
		metadata := inputs["metadata"].(map[string]any)
		assert.NotContains(t, metadata, "uid")
		assert.NotContains(t, metadata, "managedFields")
		assert.NotContains(t, inputs, "status")
		assert.Equal(t, test.namespace, lookupString(inputs, "metadata", "namespace"))
	}
	r := s.resource(configMap, "imported")
	response, err := s.provider.Read(t.Context(), &pulumirpc.ReadRequest{Id: s.namespace + "/old", Urn: r.urn()})
	require.NoError(t, err)
	s.resources["imported"] = &record{id: response.GetId(), inputs: response.GetInputs(), outputs: response.GetProperties()}
	did, err := r.up(s.configMap("old", map[string]any{"a": "1"}))
	require.NoError(t, err)
	assert.Equal(t, "same", did)
}
