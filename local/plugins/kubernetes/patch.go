package kubernetes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// patches tells whether a resource is a patch: some fields of an object that somebody else made, applied under a field manager of its
// own. The SDK sends it with the kind of that object, and with "Patch" behind the kind in the token; a custom kind that ends so itself
// is sent with its whole name.
func patches(urn resource.URN, object map[string]any) bool {
	kind := lookupString(object, "kind")
	return kind != "" && strings.HasSuffix(string(urn.Type()), ":"+kind+"Patch")
}

// changesTarget tells of a patch that moves to another object; all else of a patch changes in place.
func changesTarget(c change) bool {
	at := c.path.String()
	return at == "metadata" || at == "metadata.name" || at == "metadata.namespace"
}

// awaitTarget waits for the object that is patched: a controller may be about to make it. Applying to nothing would make an object of
// nothing but the patch.
func (a applying) awaitTarget(ctx context.Context, seconds float64) error {
	deadline := time.Now().Add(min(retryFor, timeout(seconds, a.object)))
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 4*time.Second) {
		live, err := a.cluster.get(ctx, a.kind, a.namespace(), a.name())
		switch {
		case err != nil:
			return err
		case live != nil && live.GetDeletionTimestamp() == nil:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("there is no such object to patch: correct metadata.name, or let the resource depend on the one that makes it")
		}
		a.say.status(ctx, "waiting for the %s to patch", a.kind.Kind)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// release gives up the fields that a patch set. Those that nobody else set go from the object; the object stays. Where another manager
// has changed a field since, it is that one's and stays too.
func (c *cluster) release(ctx context.Context, kind schema.GroupVersionKind, namespace, name, manager string) error {
	live, err := c.get(ctx, kind, namespace, name)
	if err != nil || live == nil || !managedBy(live, manager) {
		return err
	}
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	err = applying{cluster: c, kind: kind, object: object.Object, manager: manager}.relinquish(ctx, manager)
	if cause, required := apierrors.StatusCause(err, metav1.CauseTypeFieldValueRequired); required {
		return fmt.Errorf("the object needs %s, which nobody but this patch sets: have it set by its maker first, or keep it with the option retainOnDelete: %w", cause.Field, err)
	}
	return err
}
