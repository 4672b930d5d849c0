package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
)

// retryFor bounds the wait for what an object needs to be accepted: its namespace, its kind's definition, an admission webhook that is
// starting. Programs order most of this by dependencies; the rest comes within seconds.
const retryFor = 30 * time.Second

// applying is one object on its way to the server.
type applying struct {
	cluster *cluster
	kind    schema.GroupVersionKind
	object  map[string]any // inputs, plain
	manager string
	force   bool // take over fields of any manager
	patch   bool // the object is somebody else's
	dryRun  bool
	say     messages
}

func (a applying) name() string      { return lookupString(a.object, "metadata", "name") }
func (a applying) namespace() string { return lookupString(a.object, "metadata", "namespace") }

// once applies the object and gives what the server made of it. Fields of managers that yield are taken over.
func (a applying) once(ctx context.Context) (*unstructured.Unstructured, error) {
	client, err := a.cluster.objects(a.kind, a.namespace())
	if err != nil {
		return nil, err
	}
	mapping, err := a.cluster.mapping(a.kind)
	if err != nil {
		return nil, err
	}
	body := a.object
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace && a.namespace() != "" {
		body = (&unstructured.Unstructured{Object: body}).DeepCopy().Object
		unstructured.RemoveNestedField(body, "metadata", "namespace")
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	patch := func(force bool) (*unstructured.Unstructured, error) {
		options := metav1.PatchOptions{FieldManager: a.manager, Force: &force, FieldValidation: metav1.FieldValidationWarn}
		if a.dryRun {
			options.DryRun = []string{metav1.DryRunAll}
		}
		ctx, cancel := a.cluster.request(ctx)
		defer cancel()
		live, err := client.Patch(ctx, a.name(), types.ApplyPatchType, text, options)
		return live, a.cluster.explain(err)
	}
	live, err := patch(a.force)
	found := conflicts(err)
	if len(found) == 0 {
		return live, err
	}
	if slices.ContainsFunc(found, func(c conflict) bool { return !yields(c.manager) }) {
		return nil, conflictError(found, err)
	}
	return patch(true)
}

// untilAccepted applies, and waits for what is still missing in the cluster.
func (a applying) untilAccepted(ctx context.Context) (*unstructured.Unstructured, error) {
	deadline := time.Now().Add(retryFor)
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 4*time.Second) {
		live, err := a.once(ctx)
		reason := missing(err)
		if reason == "" || time.Now().After(deadline) {
			return live, err
		}
		a.say.status(ctx, "waiting for %s", reason)
		if meta.IsNoMatchError(err) {
			a.cluster.forget()
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// missing says what an object lacks to be accepted, "" if waiting does not help.
func missing(err error) string {
	switch {
	case err == nil:
		return ""
	case meta.IsNoMatchError(err):
		return "the kind's definition"
	case isMissingNamespace(err):
		return "the namespace"
	case apierrors.IsNotFound(err):
		return "the kind to be served"
	case apierrors.IsInternalError(err) && strings.Contains(err.Error(), "failed calling webhook"):
		return "an admission webhook to answer"
	case apierrors.IsTooManyRequests(err), apierrors.IsServerTimeout(err), apierrors.IsServiceUnavailable(err):
		return "the API server to have capacity"
	}
	return ""
}

func isMissingNamespace(err error) bool {
	var status apierrors.APIStatus
	return apierrors.IsNotFound(err) && asStatus(err, &status) && status.Status().Details != nil && status.Status().Details.Kind == "namespaces"
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// get reads an object; nil and no error when there is none.
func (c *cluster) get(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error) {
	client, err := c.objects(kind, namespace)
	if meta.IsNoMatchError(err) {
		served, err := c.serves(kind)
		if err != nil || !served {
			return nil, err // no kind, no object
		}
		c.forget()
		client, err = c.objects(kind, namespace)
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	ctx, cancel := c.request(ctx)
	defer cancel()
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return live, c.explain(err)
}

// adoptClientSide gives the fields that a Pulumi plugin wrote without server-side apply to a field manager of server-side apply. Without
// that the old owner would keep them alive after the program drops them.
func (a applying) adoptClientSide(ctx context.Context, live *unstructured.Unstructured) error {
	if a.patch {
		return nil // they are of whoever made the object
	}
	managers := sets.New[string]()
	for _, entry := range live.GetManagedFields() {
		if entry.Operation == metav1.ManagedFieldsOperationUpdate && entry.Subresource == "" && slices.Contains(clientSideManagers, entry.Manager) {
			managers.Insert(entry.Manager)
		}
	}
	if managers.Len() == 0 {
		return nil
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(live, managers, a.manager)
	if err != nil || patch == nil {
		return err
	}
	client, err := a.cluster.objects(a.kind, live.GetNamespace())
	if err != nil {
		return err
	}
	_, err = client.Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("taking over the fields of %s: %w", strings.Join(sets.List(managers), ", "), a.cluster.explain(err))
	}
	return nil
}

// relinquish gives up all fields of a manager that is not used any more. The object stays as it is.
func (a applying) relinquish(ctx context.Context, manager string) error {
	client, err := a.cluster.objects(a.kind, a.namespace())
	if err != nil {
		return err
	}
	identity, err := json.Marshal(map[string]any{
		"apiVersion": a.object["apiVersion"], "kind": a.object["kind"], "metadata": map[string]any{"name": a.name()},
	})
	if err != nil {
		return err
	}
	_, err = client.Patch(ctx, a.name(), types.ApplyPatchType, identity, metav1.PatchOptions{FieldManager: manager})
	return a.cluster.explain(err)
}

// managedBy tells whether a manager has applied an object.
func managedBy(live *unstructured.Unstructured, manager string) bool {
	return slices.ContainsFunc(live.GetManagedFields(), func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Manager == manager && entry.Operation == metav1.ManagedFieldsOperationApply
	})
}
