//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"live-omega/tests/e2e/rig"
)

func destroying() []Case {
	return []Case{{
		Name:        "destroy leaves nothing behind",
		Description: "`pulumi destroy` of edge, omega, live and shared removes every object of theirs from every cluster, and `pulumi up` brings all back",
		Prove:       proveDestroy,
	}}
}

// inOrder runs a command of Pulumi's for the stacks of each step at the same time, one step after the other.
func inOrder(t *testing.T, c *rig.Cloud, command string, steps [][]string) {
	t.Helper()
	for _, step := range steps {
		var group errgroup.Group
		for _, stack := range step {
			group.Go(func() error {
				update, err := c.Pulumi("", command, "--yes", "--stack", stack)
				t.Logf("pulumi %s -s %s: %.1f s, %d resources", command, stack, update.Took.Seconds(), len(update.Changed))
				return err
			})
		}
		require.NoError(t, group.Wait())
	}
}

func proveDestroy(t *testing.T, c *rig.Cloud) {
	type named struct {
		rig.Object
		resource schema.GroupVersionResource
	}
	objects := map[string][]named{}
	for _, stack := range []string{"edge", "omega", "live"} {
		// The mapping is asked for now: the CRDs go with the rest.
		resource := c.Resources(t, stack)
		for _, object := range c.Objects(t, stack) {
			objects[stack] = append(objects[stack], named{object, resource(object)})
		}
		require.NotEmpty(t, objects[stack], stack)
	}
	t.Cleanup(func() { inOrder(t, c, "up", [][]string{{"shared"}, {"live", "omega"}, {"edge"}}) })
	inOrder(t, c, "destroy", [][]string{{"edge"}, {"live", "omega"}, {"shared"}})
	for stack, list := range objects {
		kube := c.Kube(t, stack)
		for _, object := range list {
			_, err := kube.Resource(object.resource).Namespace(object.Namespace).Get(t.Context(), object.Name, metav1.GetOptions{})
			assert.True(t, apierrors.IsNotFound(err), "%s is still in %s: %v", object, stack, err)
		}
		namespaces, err := kube.Resource(rig.Namespaces).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		for _, namespace := range namespaces.Items {
			name := namespace.GetName()
			assert.True(t, name == "default" || strings.HasPrefix(name, "kube-") || strings.HasPrefix(name, "local-path"),
				"namespace %s is left in %s", name, stack)
		}
	}
	for _, stack := range stacks {
		assert.LessOrEqual(t, len(c.State(t, stack)), 1, "resources in the state of %s", stack)
	}
}
