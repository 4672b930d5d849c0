// Package addons brings a fresh cluster to where pods can be found by name
// and get volumes: cluster DNS, a default storage class with its provisioner,
// and the rights that the API server needs at the kubelet. Objects are applied
// server-side under their own field manager, so an edit by hand is put right
// and what others add is left alone.
package addons

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"text/template"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FieldManager owns the fields that are applied.
const FieldManager = "live-omega-local"

// Values is what the manifests leave open.
type Values struct {
	// CoreDNS and LocalPathProvisioner are image references.
	CoreDNS, LocalPathProvisioner string
	// DNS is the address of the cluster's DNS service.
	DNS netip.Addr
	// DNSReplicas is how many pods serve it: one for each node, so that
	// names are found while a node is drained.
	DNSReplicas int
	// Volumes is the folder on the node that volumes are made in.
	Volumes string
	// KubeletClientUser is who the API server is at the kubelet.
	KubeletClientUser string
	// NetworkPolicyUser is who enforces network policies on the nodes.
	NetworkPolicyUser string
}

//go:embed *.yaml
var manifests embed.FS

// order is the manifests in the order in which they are applied.
var order = []string{"kubelet-api.yaml", "network-policy.yaml", "coredns.yaml", "storage.yaml"}

// resources maps the kinds in the manifests to their API resources; a table
// of ten spares a round of discovery.
var resources = map[schema.GroupKind]struct {
	name       string
	namespaced bool
}{
	{Kind: "Namespace"}:                                              {"namespaces", false},
	{Kind: "ServiceAccount"}:                                         {"serviceaccounts", true},
	{Kind: "ConfigMap"}:                                              {"configmaps", true},
	{Kind: "Service"}:                                                {"services", true},
	{Group: "apps", Kind: "Deployment"}:                              {"deployments", true},
	{Group: "policy", Kind: "PodDisruptionBudget"}:                   {"poddisruptionbudgets", true},
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                  {"storageclasses", false},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:        {"clusterroles", false},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {"clusterrolebindings", false},
	{Group: "rbac.authorization.k8s.io", Kind: "Role"}:               {"roles", true},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {"rolebindings", true},
}

// Deployments are those that must be available for the addons to be ready.
func Deployments() []types.NamespacedName {
	return []types.NamespacedName{
		{Namespace: "kube-system", Name: "coredns"},
		{Namespace: "local-path-storage", Name: "local-path-provisioner"},
	}
}

// Objects renders the manifests.
func Objects(v Values) ([]*unstructured.Unstructured, error) {
	var objects []*unstructured.Unstructured
	for _, name := range order {
		text, err := manifests.ReadFile(name)
		if err != nil {
			return nil, err
		}
		parsed, err := template.New(name).Option("missingkey=error").Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("parsing manifest %s: %w", name, err)
		}
		var rendered bytes.Buffer
		if err := parsed.Execute(&rendered, v); err != nil {
			return nil, fmt.Errorf("rendering manifest %s: %w", name, err)
		}
		decoder := yaml.NewYAMLOrJSONDecoder(&rendered, 4096)
		for {
			object := &unstructured.Unstructured{}
			err := decoder.Decode(object)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("decoding manifest %s: %w", name, err)
			}
			if len(object.Object) > 0 {
				objects = append(objects, object)
			}
		}
	}
	return objects, nil
}

// Apply applies all objects.
func Apply(ctx context.Context, client dynamic.Interface, v Values) error {
	objects, err := Objects(v)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if err := apply(ctx, client, o); err != nil {
			return fmt.Errorf("applying %s %q: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

func apply(ctx context.Context, client dynamic.Interface, o *unstructured.Unstructured) error {
	kind := o.GroupVersionKind()
	resource, ok := resources[kind.GroupKind()]
	if !ok {
		return fmt.Errorf("kind %s has no entry in the table of resources", kind.GroupKind())
	}
	var target dynamic.ResourceInterface = client.Resource(kind.GroupVersion().WithResource(resource.name))
	if resource.namespaced {
		target = client.Resource(kind.GroupVersion().WithResource(resource.name)).Namespace(o.GetNamespace())
	}
	_, err := target.Apply(ctx, o.GetName(), o, metav1.ApplyOptions{FieldManager: FieldManager, Force: true})
	return err
}
