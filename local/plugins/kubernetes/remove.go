package kubernetes

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Delete deletes an object with what it owns and waits until it is gone. One that is gone already, or whose kind is, is a success. Of a patch
// it gives up the fields and leaves the object.
func (p *Provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	old, err := readState(urn.Name(), req.GetProperties(), req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	say := p.messages(urn)
	err = p.remove(ctx, urn, old, req, say)
	if isUnreachable(err) && p.settings.deleteUnreachable {
		say.warn(ctx, "the cluster is unreachable, and deleteUnreachable is set: dropped from the state")
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("deleting %s: %w", req.GetId(), err)
	}
	return &emptypb.Empty{}, nil
}

func (p *Provider) remove(ctx context.Context, urn resource.URN, old saved, req *pulumirpc.DeleteRequest, say messages) error {
	token, err := kindOf(urn)
	if err != nil {
		return err
	}
	namespace, name, err := parseID(req.GetId())
	if err != nil {
		return err
	}
	cluster, err := p.connection()
	if err != nil {
		return err
	}
	kind := objectKind(old.live, token)
	if kind, err = cluster.servedKind(kind); err != nil || kind.Empty() {
		return err
	}
	if patches(urn, old.live) {
		return cluster.release(ctx, kind, namespace, name, fieldManager(urn, old.tree, old.inputs))
	}
	client, err := cluster.objects(kind, namespace)
	if err != nil {
		return err
	}
	request, cancel := cluster.request(ctx)
	defer cancel()
	policy := propagation(old.inputs)
	err = client.Delete(request, name, metav1.DeleteOptions{PropagationPolicy: &policy})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return cluster.explain(err)
	}
	if annotation(old.inputs, annotationSkipAwait) == "true" && deletesWithoutWait(kind) {
		return nil
	}
	live := &unstructured.Unstructured{}
	live.SetName(name)
	live.SetNamespace(namespace)
	err = awaitGone(ctx, applying{cluster: cluster, kind: kind, say: say}, live, timeout(req.GetTimeout(), old.inputs))
	if err == nil && kind.Kind == "CustomResourceDefinition" {
		cluster.forget()
	}
	return err
}

// servedKind gives the kind in a version that the cluster serves, which need not be the one an old object was made with; empty if it serves none.
func (c *cluster) servedKind(kind schema.GroupVersionKind) (schema.GroupVersionKind, error) {
	mapping, err := c.mapping(kind)
	if meta.IsNoMatchError(err) {
		mapping, err = c.find(kind.GroupKind())
	}
	if meta.IsNoMatchError(err) {
		served, err := c.serves(kind)
		if err != nil || !served {
			return schema.GroupVersionKind{}, err
		}
		c.forget()
		return kind, nil
	}
	if err != nil {
		return schema.GroupVersionKind{}, err
	}
	return mapping.GroupVersionKind, nil
}

// propagation is what becomes of the objects that an object owns: with it by default, and first.
func propagation(inputs map[string]any) metav1.DeletionPropagation {
	switch strings.ToLower(annotation(inputs, annotationPropagation)) {
	case "orphan":
		return metav1.DeletePropagationOrphan
	case "background":
		return metav1.DeletePropagationBackground
	}
	return metav1.DeletePropagationForeground
}

// deletesWithoutWait holds the kinds for which skipAwait means deletion too; for all others it means creation and update only.
func deletesWithoutWait(kind schema.GroupVersionKind) bool {
	switch kind.GroupKind() {
	case schema.GroupKind{Kind: "Namespace"}, schema.GroupKind{Kind: "Pod"}, schema.GroupKind{Kind: "ReplicationController"},
		schema.GroupKind{Group: "apps", Kind: "DaemonSet"}, schema.GroupKind{Group: "apps", Kind: "Deployment"},
		schema.GroupKind{Group: "apps", Kind: "StatefulSet"}, schema.GroupKind{Group: "batch", Kind: "Job"}:
		return true
	}
	return false
}

// awaitGone waits until an object is no longer there, or is another one of the same name, and says what holds it.
func awaitGone(ctx context.Context, a applying, object *unstructured.Unstructured, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errTimeout)
	defer cancel()
	uid := object.GetUID()
	var last *unstructured.Unstructured
	err := a.cluster.follow(ctx, a.kind, object.GetNamespace(), object.GetName(), func(live *unstructured.Unstructured) (bool, error) {
		if live == nil || (uid != "" && live.GetUID() != uid) {
			return true, nil
		}
		uid, last = live.GetUID(), live
		a.say.status(ctx, "waiting until it is gone%s", holding(live))
		return false, nil
	}, func(problem error) { a.say.status(ctx, "%v", problem) })
	if err == nil {
		a.say.status(ctx, "")
		return nil
	}
	if last == nil {
		return err
	}
	return &notReadyError{summary: fmt.Sprintf("%v while waiting until it is gone%s", err, holding(last))}
}

// holding says what keeps an object that is being deleted.
func holding(live *unstructured.Unstructured) string {
	var reasons []string
	if finalizers := live.GetFinalizers(); len(finalizers) > 0 {
		reasons = append(reasons, "finalizers "+strings.Join(finalizers, ", "))
	}
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, c := range conditions {
		condition, ok := c.(map[string]any)
		if ok && live.GetKind() == "Namespace" && condition["status"] == "True" {
			reasons = append(reasons, fmt.Sprint(condition["message"]))
		}
	}
	if len(reasons) == 0 {
		return ""
	}
	return ": " + strings.Join(reasons, "; ")
}
