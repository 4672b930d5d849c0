package kubernetes

import (
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// builtinGroups holds, for every API group that each cluster serves, its kinds without a namespace. It answers without a request
// whether a kind has one.
var builtinGroups = map[string][]string{
	"":                             {"Namespace", "Node", "PersistentVolume", "ComponentStatus"},
	"apps":                         nil,
	"autoscaling":                  nil,
	"batch":                        nil,
	"extensions":                   nil,
	"policy":                       {"PodSecurityPolicy"},
	"admissionregistration.k8s.io": {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"},
	"apiextensions.k8s.io":         {"CustomResourceDefinition"},
	"apiregistration.k8s.io":       {"APIService"},
	"authentication.k8s.io":        {"SelfSubjectReview", "TokenReview"},
	"authorization.k8s.io":         {"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"},
	"coordination.k8s.io":          nil,
	"discovery.k8s.io":             nil,
	"events.k8s.io":                nil,
	"flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
	"networking.k8s.io":            {"IngressClass", "IPAddress", "ServiceCIDR"},
	"node.k8s.io":                  {"RuntimeClass"},
	"rbac.authorization.k8s.io":    {"ClusterRole", "ClusterRoleBinding"},
	"scheduling.k8s.io":            {"PriorityClass"},
	"storage.k8s.io":               {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
}

// scopes knows whether kinds have a namespace, as far as that can be known without asking the cluster: the built-in kinds, and the custom
// ones whose definition passed through Check, because those of a first deployment are not served yet.
type scopes struct {
	mu     sync.Mutex
	custom map[schema.GroupKind]bool
}

// namespaced answers for a kind; known is false when only the cluster can tell.
func (s *scopes) namespaced(kind schema.GroupKind) (namespaced, known bool) {
	if global, builtin := builtinGroups[kind.Group]; builtin {
		return !slices.Contains(global, kind.Kind), true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	namespaced, known = s.custom[kind]
	return namespaced, known
}

// learn remembers the scope that a CustomResourceDefinition gives its kind. Definitions that still hold unknown values teach nothing.
func (s *scopes) learn(definition map[string]any) {
	group, _ := lookup(definition, "spec", "group").(string)
	kind, _ := lookup(definition, "spec", "names", "kind").(string)
	scope, _ := lookup(definition, "spec", "scope").(string)
	if group == "" || kind == "" || scope == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	custom := maps.Clone(s.custom)
	if custom == nil {
		custom = map[schema.GroupKind]bool{}
	}
	custom[schema.GroupKind{Group: group, Kind: kind}] = scope == "Namespaced"
	s.custom = custom
}

// scopeOf reads what learn needs from an object on the wire; nothing from one that is no definition.
func scopeOf(object *structpb.Struct) map[string]any {
	fields := object.GetFields()
	if fields["kind"].GetStringValue() != "CustomResourceDefinition" {
		return nil
	}
	spec := fields["spec"].GetStructValue().GetFields()
	return map[string]any{"spec": map[string]any{
		"group": spec["group"].GetStringValue(), "scope": spec["scope"].GetStringValue(),
		"names": map[string]any{"kind": spec["names"].GetStructValue().GetFields()["kind"].GetStringValue()},
	}}
}
