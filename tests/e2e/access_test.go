//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"live-omega/tests/e2e/rig"
)

// attempt is one thing that somebody tries in a namespace of others.
type attempt struct {
	name string
	try  func(ctx context.Context, kube rig.Kube, namespace string) error
}

// attempts are what must be forbidden: reading what there is, one by one and
// all, and changing what runs.
func attempts() []attempt {
	dry := []string{metav1.DryRunAll}
	var list []attempt
	for _, resource := range rig.TenantKinds {
		list = append(list, attempt{"list " + resource.Resource, func(ctx context.Context, kube rig.Kube, namespace string) error {
			_, err := kube.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{})
			return err
		}}, attempt{"delete " + resource.Resource, func(ctx context.Context, kube rig.Kube, namespace string) error {
			return kube.Resource(resource).Namespace(namespace).Delete(ctx, "anything", metav1.DeleteOptions{DryRun: dry})
		}})
	}
	return append(list, attempt{"get the app's secret", func(ctx context.Context, kube rig.Kube, namespace string) error {
		_, err := kube.Resource(rig.Secrets).Namespace(namespace).Get(ctx, app, metav1.GetOptions{})
		return err
	}}, attempt{"create a secret", func(ctx context.Context, kube rig.Kube, namespace string) error {
		secret := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "planted", "namespace": namespace},
		}}
		_, err := kube.Resource(rig.Secrets).Namespace(namespace).Create(ctx, secret, metav1.CreateOptions{DryRun: dry})
		return err
	}}, attempt{"read a pod's log", func(ctx context.Context, kube rig.Kube, namespace string) error {
		_, err := kube.Resource(rig.Pods).Namespace(namespace).Get(ctx, "anything", metav1.GetOptions{}, "log")
		return err
	}})
}

// somebody is who tries.
type somebody struct {
	name string
	kube rig.Kube
	// reads says that it may read its own community's pods.
	reads bool
}

func proveAccess(t *testing.T, c *rig.Cloud) {
	kube := c.Kube(t, "live")
	all := tenants(t, kube)
	tried := 0
	for name, one := range all {
		who := append(holders(t, kube, one), members(t, kube, one)...)
		require.NotEmpty(t, who)
		for _, somebody := range who {
			for other, its := range all {
				if other == name {
					continue
				}
				for _, namespace := range its.namespaces {
					for _, attempt := range attempts() {
						err := attempt.try(t.Context(), somebody.kube, namespace)
						assert.True(t, apierrors.IsForbidden(err), "%s of %s: %s in %s is forbidden, but: %v", somebody.name, name, attempt.name, namespace, err)
						tried++
					}
				}
			}
			_, err := somebody.kube.Resource(rig.Secrets).List(t.Context(), metav1.ListOptions{})
			assert.True(t, apierrors.IsForbidden(err), "%s of %s: secrets of all namespaces are forbidden, but: %v", somebody.name, name, err)
			_, err = somebody.kube.Resource(rig.Pods).Namespace(one.namespaces[0]).List(t.Context(), metav1.ListOptions{})
			assert.Equal(t, somebody.reads, err == nil, "%s of %s reads the pods of its own: %v", somebody.name, name, err)
		}
	}
	t.Logf("%d attempts", tried)
}

// holders are those who got hold of a token of a pod's ServiceAccount.
func holders(t *testing.T, kube rig.Kube, one *tenant) []somebody {
	t.Helper()
	seen := map[string]bool{}
	var list []somebody
	for _, pod := range one.pods {
		name := fmt.Sprintf("ServiceAccount %s/%s", pod.namespace, pod.account)
		if !seen[name] {
			seen[name] = true
			list = append(list, somebody{name: name, kube: kube.AsPod(t, pod.namespace, pod.account)})
		}
	}
	return list
}

// members are the subjects of the RoleBindings in the community's namespaces.
func members(t *testing.T, kube rig.Kube, one *tenant) []somebody {
	t.Helper()
	seen := map[string]bool{}
	var list []somebody
	for _, namespace := range one.namespaces {
		bindings, err := kube.Resource(rig.RoleBindings).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		for _, binding := range bindings.Items {
			subjects, _, _ := unstructured.NestedSlice(binding.Object, "subjects")
			for _, entry := range subjects {
				subject := entry.(map[string]any)
				kind, name := fmt.Sprint(subject["kind"]), fmt.Sprint(subject["name"])
				if seen[kind+name] || kind == "ServiceAccount" {
					continue
				}
				seen[kind+name] = true
				as := kube.As(t, name)
				if kind == "Group" {
					as = kube.As(t, "somebody", name)
				}
				list = append(list, somebody{name: kind + " " + name, kube: as, reads: true})
			}
		}
	}
	require.NotEmpty(t, list, "members who may look at %v", one.namespaces)
	return list
}
