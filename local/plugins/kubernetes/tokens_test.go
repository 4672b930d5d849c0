package kubernetes

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func urn(token string) resource.URN {
	return resource.URN("urn:pulumi:live::live-omega::" + token + "::name")
}

func TestTokensNameKinds(t *testing.T) {
	for token, want := range map[string]schema.GroupVersionKind{
		"kubernetes:core/v1:Service":                        {Version: "v1", Kind: "Service"},
		"kubernetes:apps/v1:Deployment":                     {Group: "apps", Version: "v1", Kind: "Deployment"},
		"kubernetes:gateway.networking.k8s.io/v1:GRPCRoute": {Group: "gateway.networking.k8s.io", Version: "v1", Kind: "GRPCRoute"},
	} {
		kind, err := kindOf(urn(token))
		assert.NoError(t, err)
		assert.Equal(t, want, kind, token)
	}
}

func TestWhatIsNoObjectIsRefusedWithTheOfficialPluginsName(t *testing.T) {
	for _, token := range []string{
		"kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart", "kubernetes:yaml:ConfigFile", "kubernetes:yaml/v2:ConfigGroup", "kubernetes:kustomize/v2:Directory",
	} {
		_, err := kindOf(urn(token))
		assert.ErrorContains(t, err, token+" is served by the official pulumi-kubernetes plugin only")
	}
	_, err := kindOf(urn("random:index/randomPassword:RandomPassword"))
	assert.ErrorContains(t, err, "is not of the form kubernetes:<group>/<version>:<Kind>")
}

func TestListsAreRefused(t *testing.T) {
	for token, want := range map[string]string{
		"kubernetes:core/v1:ConfigMapList":    "create its items instead",
		"kubernetes:apps/v1:Deployment":       "",
		"kubernetes:example.com/v1:AllowList": "",
	} {
		kind, err := kindOf(urn(token))
		assert.NoError(t, err)
		err = refuseList(urn(token), kind)
		if want == "" {
			assert.NoError(t, err, token)
		} else {
			assert.ErrorContains(t, err, want)
		}
	}
}

func TestAPatchIsKnownByTheKindOfItsObject(t *testing.T) {
	for _, test := range []struct {
		token, kind string
		want        bool
	}{
		{"kubernetes:core/v1:NodePatch", "Node", true},
		{"kubernetes:apps/v1:DeploymentPatch", "Deployment", true},
		{"kubernetes:example.com/v1:ThingPatch", "Thing", true},
		{"kubernetes:core/v1:Node", "Node", false},
		{"kubernetes:example.com/v1:HotPatch", "HotPatch", false},
		{"kubernetes:example.com/v1:HotPatchPatch", "HotPatch", true},
		{"kubernetes:example.com/v1:SnapshotPatch", "Shot", false},
		{"kubernetes:core/v1:NodePatch", "", false},
	} {
		assert.Equal(t, test.want, patches(urn(test.token), m{"kind": test.kind}), "%s of a %q", test.token, test.kind)
	}
}

func TestScopesAreKnownForBuiltInKindsAndLearnedFromDefinitions(t *testing.T) {
	var s scopes
	for kind, want := range map[schema.GroupKind]bool{
		{Kind: "Namespace"}: false, {Kind: "Service"}: true, {Group: "apps", Kind: "Deployment"}: true,
		{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}: false, {Group: "rbac.authorization.k8s.io", Kind: "Role"}: true,
		{Group: "storage.k8s.io", Kind: "StorageClass"}: false, {Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: false,
	} {
		namespaced, known := s.namespaced(kind)
		assert.True(t, known, kind)
		assert.Equal(t, want, namespaced, kind)
	}
	class := schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "GatewayClass"}
	_, known := s.namespaced(class)
	assert.False(t, known)
	s.learn(map[string]any{"spec": map[string]any{"group": unknown{}, "scope": "Cluster", "names": map[string]any{"kind": "GatewayClass"}}})
	_, known = s.namespaced(class)
	assert.False(t, known, "what is unknown teaches nothing")
	s.learn(map[string]any{"spec": map[string]any{"group": class.Group, "scope": "Cluster", "names": map[string]any{"kind": class.Kind}}})
	wire, err := structpb.NewStruct(m{"kind": "CustomResourceDefinition", "spec": m{"group": "example.com", "scope": "Cluster", "names": m{"kind": "Thing"}}})
	assert.NoError(t, err)
	s.learn(scopeOf(wire))
	namespaced, known := s.namespaced(schema.GroupKind{Group: "example.com", Kind: "Thing"})
	assert.True(t, known)
	assert.False(t, namespaced)
	namespaced, known = s.namespaced(class)
	assert.True(t, known)
	assert.False(t, namespaced)
}
