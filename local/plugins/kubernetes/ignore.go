package kubernetes

import (
	"context"
	"encoding/json"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// leaveIgnored makes what is applied agree with the live object in the fields whose changes are ignored, as in spec.replicas; only paths of keys
// are understood. A field that another manager owns and this one does not is left out: applying it would conflict, or share it. Any other
// field gets its live value: were it left out, the server would take it away, since nobody would own it any more.
func leaveIgnored(object map[string]any, live *unstructured.Unstructured, manager string, ignored []string) map[string]any {
	for _, text := range ignored {
		steps := strings.Split(text, ".")
		mine, theirs := lookup(object, steps...), lookup(live.Object, steps...)
		if mine == nil || theirs == nil {
			continue
		}
		own, others := owners(live.GetManagedFields(), manager, steps)
		switch {
		case others && !own:
			object = (&unstructured.Unstructured{Object: object}).DeepCopy().Object
			unstructured.RemoveNestedField(object, steps...)
		case !same(nil, mine, theirs):
			object = (&unstructured.Unstructured{Object: object}).DeepCopy().Object
			set(object, steps, lookup(live.DeepCopy().Object, steps...))
		}
	}
	return object
}

// set writes a field whose parents are there.
func set(object map[string]any, steps []string, value any) {
	last := len(steps) - 1
	parent, _ := lookup(object, steps[:last]...).(map[string]any)
	parent[steps[last]] = value
}

// owners tells whether a manager owns a field, or a part of it, and whether any other does. An autoscaler owns replicas by way of the
// subresource scale.
func owners(entries []metav1.ManagedFieldsEntry, manager string, steps []string) (own, others bool) {
	keys := make([]string, len(steps))
	for i, step := range steps {
		keys[i] = "f:" + step
	}
	for _, entry := range entries {
		var tree map[string]any
		if entry.FieldsV1 == nil || json.Unmarshal(entry.FieldsV1.Raw, &tree) != nil || lookup(tree, keys...) == nil {
			continue
		}
		if entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply {
			own = true
		} else {
			others = true
		}
	}
	return own, others
}

// onceLeaving applies once and leaves ignored fields to whoever sets them now. The state may be older than what they set.
func (a applying) onceLeaving(ctx context.Context, ignored []string) (*unstructured.Unstructured, error) {
	if len(ignored) > 0 {
		live, err := a.cluster.get(ctx, a.kind, a.namespace(), a.name())
		if err != nil {
			return nil, err
		}
		if live != nil {
			a.object = leaveIgnored(a.object, live, a.manager, ignored)
		}
	}
	return a.once(ctx)
}
