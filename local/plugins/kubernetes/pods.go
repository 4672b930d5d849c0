package kubernetes

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "k8s.io/api/core/v1"
)

// maxReasons bounds how many pods an explanation names; the rest fail alike.
const maxReasons = 5

var (
	podKind   = schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	eventKind = schema.GroupVersionKind{Version: "v1", Kind: "Event"}
)

// hasPods tells whether an object runs pods that can say why it is not ready.
func hasPods(object *unstructured.Unstructured) bool {
	switch object.GetKind() {
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Pod":
		return true
	}
	return false
}

// explainPods says why a workload is not ready: which pod, which container, what the kubelet, the scheduler or admission said. It is empty when
// nothing stands out or the cluster cannot be asked.
func (c *cluster) explainPods(ctx context.Context, object *unstructured.Unstructured) []string {
	if !hasPods(object) {
		return nil
	}
	reasons := explainConditions(object)
	pods := c.podsOf(ctx, object)
	// The newest pods are those of the change that is waited for.
	slices.SortFunc(pods, func(a, b corev1.Pod) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	for _, pod := range pods {
		if len(reasons) == maxReasons {
			break
		}
		if reason := explainPod(pod); reason != "" {
			if event := c.lastWarning(ctx, pod); event != "" && !strings.Contains(reason, event) {
				reason += "; " + event
			}
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// explainConditions gives the conditions in which a controller says that it is stuck, such as pods that admission refuses.
func explainConditions(object *unstructured.Unstructured) []string {
	var reasons []string
	for conditionType, bad := range map[string]string{"ReplicaFailure": "True", "Progressing": "False"} {
		if c := conditionOf(object, conditionType); c["status"] == bad {
			reasons = append(reasons, fmt.Sprintf("%v: %v", c["reason"], c["message"]))
		}
	}
	slices.Sort(reasons)
	return reasons
}

// podsOf lists the pods of a workload, none if they cannot be listed.
func (c *cluster) podsOf(ctx context.Context, object *unstructured.Unstructured) []corev1.Pod {
	client, err := c.objects(podKind, object.GetNamespace())
	if err != nil {
		return nil
	}
	options := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", object.GetName()).String()}
	if object.GetKind() != "Pod" {
		selector, err := podSelector(object)
		if err != nil || selector == "" {
			return nil
		}
		options = metav1.ListOptions{LabelSelector: selector, Limit: 100}
	}
	list, err := client.List(ctx, options)
	if err != nil {
		return nil
	}
	pods := make([]corev1.Pod, 0, len(list.Items))
	for _, item := range list.Items {
		var pod corev1.Pod
		if runtime.DefaultUnstructuredConverter.FromUnstructured(item.Object, &pod) == nil {
			pods = append(pods, pod)
		}
	}
	return pods
}

// podSelector writes a workload's selector as the API takes it.
func podSelector(object *unstructured.Unstructured) (string, error) {
	raw, _, err := unstructured.NestedMap(object.Object, "spec", "selector")
	if err != nil {
		return "", err
	}
	if object.GetKind() == "ReplicationController" {
		raw = map[string]any{"matchLabels": raw}
	}
	var selector metav1.LabelSelector
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &selector); err != nil {
		return "", err
	}
	parsed, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil || parsed.Empty() {
		return "", err
	}
	return parsed.String(), nil
}

// explainPod says what is wrong with a pod, "" if nothing is or it is on its way out.
func explainPod(pod corev1.Pod) string {
	if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded {
		return ""
	}
	name := "pod " + pod.Name
	if pod.Status.Phase == corev1.PodFailed && pod.Status.Reason != "" {
		return fmt.Sprintf("%s: %s: %s", name, pod.Status.Reason, pod.Status.Message)
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			return fmt.Sprintf("%s is not scheduled: %s: %s", name, condition.Reason, condition.Message)
		}
	}
	var starting string
	for _, container := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		problem, certain := explainContainer(container)
		if certain {
			return fmt.Sprintf("%s, container %s: %s", name, container.Name, problem)
		}
		if problem != "" && starting == "" {
			starting = fmt.Sprintf("%s, container %s: %s", name, container.Name, problem)
		}
	}
	return starting
}

// explainContainer says what a container is waiting for or died of. It is certain when that is a failure and not a stage of starting.
func explainContainer(status corev1.ContainerStatus) (problem string, certain bool) {
	switch {
	case status.State.Waiting != nil:
		waiting := status.State.Waiting
		problem = joinReason(waiting.Reason, waiting.Message)
		if last := status.LastTerminationState.Terminated; last != nil {
			problem += "; last " + explainTermination(last)
		}
		return problem, waiting.Reason != "ContainerCreating" && waiting.Reason != "PodInitializing"
	case status.State.Terminated != nil && status.State.Terminated.ExitCode != 0:
		return explainTermination(status.State.Terminated), true
	case status.State.Running != nil && !status.Ready:
		problem = "is running but not ready"
		if status.RestartCount > 0 {
			problem += fmt.Sprintf(" (restarted %d times)", status.RestartCount)
		}
		return problem, false
	}
	return "", false
}

func explainTermination(terminated *corev1.ContainerStateTerminated) string {
	return joinReason(fmt.Sprintf("terminated with exit code %d (%s)", terminated.ExitCode, terminated.Reason), strings.TrimSpace(terminated.Message))
}

func joinReason(reason, message string) string {
	if message == "" {
		return reason
	}
	return reason + ": " + message
}

// lastWarning gives the newest warning about a pod.
func (c *cluster) lastWarning(ctx context.Context, pod corev1.Pod) string {
	client, err := c.objects(eventKind, pod.Namespace)
	if err != nil {
		return ""
	}
	selector := fields.Set{"involvedObject.uid": string(pod.UID), "type": "Warning"}.String()
	list, err := client.List(ctx, metav1.ListOptions{FieldSelector: selector, Limit: 100})
	if err != nil {
		return ""
	}
	var newest, text string
	for _, event := range list.Items {
		at := lookupString(event.Object, "lastTimestamp")
		if at == "" {
			at = lookupString(event.Object, "eventTime")
		}
		if at >= newest {
			newest, text = at, joinReason(lookupString(event.Object, "reason"), lookupString(event.Object, "message"))
		}
	}
	return text
}
