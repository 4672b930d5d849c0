//go:build integration

package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
)

func (c *cloud) clients(t *testing.T, name string) kubernetes.Interface {
	t.Helper()
	cluster, ok := c.clusters[name]
	if !ok {
		t.Fatalf("the test has no cluster %s", name)
	}
	return cluster.clients
}

// versions are the versions of the objects that a config edit could reach.
func (c *cluster) versions(t *testing.T) []string {
	t.Helper()
	var versions []string
	for _, resource := range []schema.GroupVersionResource{
		{Version: "v1", Resource: "services"},
		{Group: "apps", Version: "v1", Resource: "deployments"},
		{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "httproutes"},
		{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "gateways"},
	} {
		list, err := c.dynamic.Resource(resource).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range list.Items {
			versions = append(versions, fmt.Sprintf("%s %s/%s generation %d", resource.Resource, object.GetNamespace(), object.GetName(), object.GetGeneration()))
		}
	}
	slices.Sort(versions)
	return versions
}

// files reads every file below a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		contents[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}
