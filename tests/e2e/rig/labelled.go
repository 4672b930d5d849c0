package rig

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Labelled are all objects of a cluster, of every kind that the API knows,
// with these labels: "Kind namespace/name", sorted.
func (c *Cloud) Labelled(t testing.TB, cluster, selector string) []string {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(c.RESTConfig(t, cluster))
	require.NoError(t, err)
	lists, err := client.ServerPreferredResources()
	require.NoError(t, err)
	kube := c.Kube(t, cluster)
	var found []string
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		require.NoError(t, err)
		for _, resource := range list.APIResources {
			if !slices.Contains(resource.Verbs, "list") {
				continue
			}
			objects, err := kube.Resource(version.WithResource(resource.Name)).List(t.Context(), metav1.ListOptions{LabelSelector: selector})
			require.NoError(t, err, "listing %s", resource.Name)
			for _, object := range objects.Items {
				found = append(found, fmt.Sprintf("%s %s/%s", object.GetKind(), object.GetNamespace(), object.GetName()))
			}
		}
	}
	slices.Sort(found)
	return found
}
