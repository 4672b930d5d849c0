package kubernetes

import (
	"context"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// readiness tells of a live object whether it is ready, and if not what it waits for. An error means that it never will be.
type readiness func(live *unstructured.Unstructured) (ready bool, message string, err error)

// readiness gives what to wait for after an object was applied, nil for nothing: the program's annotations, or what its kind needs. Kinds without
// a rule here, custom ones among them, are ready when they exist.
func (c *cluster) readiness(ctx context.Context, inputs map[string]any, live *unstructured.Unstructured) (readiness, error) {
	if annotation(inputs, annotationSkipAwait) == "true" {
		return nil, nil
	}
	if text := annotation(inputs, annotationWaitFor); text != "" {
		return parseWaitFor(text)
	}
	kind := live.GroupVersionKind()
	switch kind.GroupKind() {
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}, schema.GroupKind{Group: "apps", Kind: "StatefulSet"},
		schema.GroupKind{Group: "apps", Kind: "DaemonSet"}, schema.GroupKind{Group: "apps", Kind: "ReplicaSet"},
		schema.GroupKind{Kind: "ReplicationController"}, schema.GroupKind{Kind: "Pod"}, schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}:
		return current, nil
	case schema.GroupKind{Group: "batch", Kind: "Job"}:
		return jobDone, nil
	case schema.GroupKind{Kind: "Service"}:
		return serviceReady, nil
	case schema.GroupKind{Kind: "PersistentVolumeClaim"}:
		if c.bindsLater(ctx, live) {
			return nil, nil
		}
		return current, nil
	}
	if os.Getenv("PULUMI_K8S_AWAIT_ALL") == "true" {
		return current, nil
	}
	return nil, nil
}

// current is the general rule, kstatus: the controllers have seen the object and done what it says.
func current(live *unstructured.Unstructured) (bool, string, error) {
	result, err := status.Compute(live)
	if err != nil {
		return false, "", fmt.Errorf("reading its status: %w", err)
	}
	switch result.Status {
	case status.CurrentStatus:
		return true, result.Message, nil
	case status.FailedStatus:
		return false, result.Message, fmt.Errorf("it failed: %s", result.Message)
	}
	return false, result.Message, nil
}

// jobDone waits for a Job to complete; a suspended one is left alone.
func jobDone(live *unstructured.Unstructured) (bool, string, error) {
	if suspended, _, _ := unstructured.NestedBool(live.Object, "spec", "suspend"); suspended {
		return true, "suspended", nil
	}
	if c := conditionOf(live, "Failed"); c["status"] == "True" {
		return false, "", fmt.Errorf("the job failed: %v: %v", c["reason"], c["message"])
	}
	if conditionOf(live, "Complete")["status"] == "True" {
		return true, "complete", nil
	}
	active, _, _ := unstructured.NestedInt64(live.Object, "status", "active")
	succeeded, _, _ := unstructured.NestedInt64(live.Object, "status", "succeeded")
	failed, _, _ := unstructured.NestedInt64(live.Object, "status", "failed")
	return false, fmt.Sprintf("pods: %d active, %d succeeded, %d failed", active, succeeded, failed), nil
}

// serviceReady waits for the address of a load balancer only; see the package's documentation.
func serviceReady(live *unstructured.Unstructured) (bool, string, error) {
	if lookupString(live.Object, "spec", "type") != "LoadBalancer" {
		return true, "", nil
	}
	addresses, _, _ := unstructured.NestedSlice(live.Object, "status", "loadBalancer", "ingress")
	return len(addresses) > 0, "waiting for the load balancer's address", nil
}

// bindsLater tells of a claim that is bound only when a pod uses it. Waiting for it would wait for ever.
func (c *cluster) bindsLater(ctx context.Context, claim *unstructured.Unstructured) bool {
	class := lookupString(claim.Object, "spec", "storageClassName")
	if class == "" {
		return false
	}
	storage, err := c.get(ctx, schema.GroupVersionKind{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"}, "", class)
	return err == nil && storage != nil && lookupString(storage.Object, "volumeBindingMode") == "WaitForFirstConsumer"
}

// conditionOf gives the status condition of a type, empty if there is none.
func conditionOf(live *unstructured.Unstructured, conditionType string) map[string]any {
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, c := range conditions {
		if condition, ok := c.(map[string]any); ok && condition["type"] == conditionType {
			return condition
		}
	}
	return nil
}
