//go:build integration

package kubernetes

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/emptypb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pods waits until a controller has made pods for an app and gives them.
func (s *stack) pods(app string, count int) []object {
	s.t.Helper()
	client, err := s.provider.cluster.objects(podKind, s.namespace)
	require.NoError(s.t, err)
	var found []object
	require.Eventually(s.t, func() bool {
		list, err := client.List(s.t.Context(), metav1.ListOptions{LabelSelector: "app=" + app})
		if err != nil {
			return false
		}
		found = nil
		for _, item := range list.Items {
			if item.GetDeletionTimestamp() == nil {
				found = append(found, s.raw("v1", "Pod", s.namespace, item.GetName()))
			}
		}
		return len(found) == count
	}, time.Minute, 20*time.Millisecond, "the controller has not made %d pods of %s", count, app)
	return found
}

// report writes a pod's status as its kubelet would.
func (o object) report(status map[string]any) {
	o.s.t.Helper()
	text, err := json.Marshal(map[string]any{"status": status})
	require.NoError(o.s.t, err)
	o.patch("kubelet", "status", string(text))
}

func ready() map[string]any {
	now := metav1.Now().UTC().Format(time.RFC3339)
	return map[string]any{
		"phase": "Running", "conditions": []any{map[string]any{"type": "Ready", "status": "True", "lastTransitionTime": now}},
		"containerStatuses": []any{map[string]any{"name": "app", "image": "web:1", "imageID": "", "ready": true, "restartCount": 0, "state": map[string]any{"running": map[string]any{"startedAt": now}}}},
	}
}

func waiting(reason, message string, last map[string]any) map[string]any {
	container := map[string]any{
		"name": "app", "image": "web:1", "imageID": "", "ready": false, "restartCount": 3,
		"state": map[string]any{"waiting": map[string]any{"reason": reason, "message": message}},
	}
	if last != nil {
		container["lastState"] = map[string]any{"terminated": last}
	}
	return map[string]any{"phase": "Pending", "containerStatuses": []any{container}}
}

func TestUpWaitsForADeploymentsPods(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	finished := make(chan error)
	go func() { _, err := r.up(s.deployment("web", "web:1", 2, nil)); finished <- err }()
	pods := s.pods("web", 2)
	pods[0].report(ready())
	select {
	case err := <-finished:
		t.Fatalf("it did not wait for the second pod: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	pods[1].report(ready())
	require.NoError(t, <-finished)
	assert.Equal(t, int64(2), lookup(r.outputs(), "status", "readyReplicas"))
	assert.Contains(t, s.messages.String(), "Available: 1/2")
}

func TestAFailedWaitSaysWhichPodAndWhyAndTheNextUpRepairs(t *testing.T) {
	s := newStack(t, nil)
	for name, test := range map[string]struct {
		status map[string]any
		want   []string
	}{
		"image": {waiting("ImagePullBackOff", `Back-off pulling image "web:1"`, nil), []string{"container app", "ImagePullBackOff", `Back-off pulling image "web:1"`}},
		"crash": {
			waiting("CrashLoopBackOff", "back-off 40s", map[string]any{"exitCode": 3, "reason": "Error", "message": "no database"}),
			[]string{"CrashLoopBackOff", "terminated with exit code 3 (Error): no database"},
		},
		"unscheduled": {
			map[string]any{"conditions": []any{map[string]any{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient cpu."}}},
			[]string{"is not scheduled", "Unschedulable", "1 Insufficient cpu"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.resource(deployment, name)
			inputs := s.deployment(name, "web:1", 1, map[string]any{annotationTimeout: "3"})
			finished := make(chan error)
			go func() { _, err := r.up(inputs); finished <- err }()
			pod := s.pods(name, 1)[0]
			pod.report(test.status)
			err := <-finished
			require.Error(t, err)
			for _, want := range append(test.want, "pod "+pod.name, "timed out after 3s", "was created but is not ready") {
				assert.ErrorContains(t, err, want)
			}
			require.Contains(t, s.resources, name, "the object must be in state")
			assert.NotEmpty(t, s.resources[name].initErrors)

			go func() {
				did, err := r.up(inputs)
				if err == nil && did != "update" {
					err = fmt.Errorf("it did %s", did)
				}
				finished <- err
			}()
			pod.report(map[string]any{"conditions": []any{map[string]any{"type": "PodScheduled", "status": "True"}}})
			pod.report(ready())
			require.NoError(t, <-finished)
			assert.Empty(t, s.resources[name].initErrors)
		})
	}
}

func TestPodsThatAdmissionRefusesAreExplained(t *testing.T) {
	s := newStack(t, nil)
	s.raw("v1", "Namespace", "", s.namespace).patch("someone", "", `{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`)
	r := s.resource(deployment, "web")
	r.timeout = 3
	_, err := r.up(s.deployment("web", "web:1", 1, nil))
	assert.ErrorContains(t, err, "violates PodSecurity")
	assert.ErrorContains(t, err, "FailedCreate")
}

func TestSkipAwaitAndNoReplicasDoNotWait(t *testing.T) {
	s := newStack(t, nil)
	begin := time.Now()
	_, err := s.resource(deployment, "skipped").up(s.deployment("skipped", "web:1", 3, map[string]any{annotationSkipAwait: "true"}))
	require.NoError(t, err)
	_, err = s.resource(deployment, "none").up(s.deployment("none", "web:1", 0, nil))
	require.NoError(t, err)
	_, err = s.resource(service, "service").up(map[string]any{"metadata": map[string]any{"name": "service", "namespace": s.namespace}, "spec": map[string]any{
		"selector": map[string]any{"app": "nothing"}, "ports": []any{map[string]any{"port": 80}},
	}})
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), time.Minute)
}

func TestAJobIsReadyWhenItIsComplete(t *testing.T) {
	s := newStack(t, nil)
	job := func(name string) map[string]any {
		return map[string]any{"metadata": map[string]any{"name": name, "namespace": s.namespace}, "spec": map[string]any{"backoffLimit": 0, "template": map[string]any{
			"metadata": map[string]any{"labels": map[string]any{"app": name}},
			"spec":     map[string]any{"restartPolicy": "Never", "containers": []any{map[string]any{"name": "app", "image": "web:1"}}},
		}}}
	}
	for name, test := range map[string]struct{ phase, want string }{"good": {"Succeeded", ""}, "bad": {"Failed", "the job failed: BackoffLimitExceeded"}} {
		finished := make(chan error)
		go func() { _, err := s.resource("kubernetes:batch/v1:Job", name).up(job(name)); finished <- err }()
		s.pods(name, 1)[0].report(map[string]any{"phase": test.phase})
		err := <-finished
		if test.want == "" {
			require.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, test.want)
		}
	}
}

func TestCancelEndsAWaitAtOnceAndKeepsTheObject(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	finished := make(chan error)
	go func() { _, err := r.up(s.deployment("web", "web:1", 1, nil)); finished <- err }()
	s.pods("web", 1)
	begin := time.Now()
	_, err := s.provider.Cancel(t.Context(), &emptypb.Empty{})
	require.NoError(t, err)
	err = <-finished
	assert.ErrorContains(t, err, "canceled")
	assert.Less(t, time.Since(begin), 5*time.Second, "it does not use up the time for the question why")
	require.Contains(t, s.resources, "web")
	assert.NotEmpty(t, s.resources["web"].initErrors)
}

func TestDeleteWaitsUntilTheObjectIsGoneAndSaysWhatHoldsIt(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(configMap, "held")
	inputs := s.configMap("held", map[string]any{"a": "1"})
	inputs["metadata"].(map[string]any)["finalizers"] = []any{"example.com/hold"}
	_, err := r.up(inputs)
	require.NoError(t, err)
	r.timeout = 1
	err = r.delete()
	assert.ErrorContains(t, err, "timed out")
	assert.ErrorContains(t, err, "finalizers example.com/hold")
	require.Contains(t, s.resources, "held", "an object that is not gone stays in state")

	r.timeout = 0
	finished := make(chan error)
	go func() { finished <- r.delete() }()
	s.raw("v1", "ConfigMap", s.namespace, "held").patch("someone", "", `{"metadata":{"finalizers":null}}`)
	require.NoError(t, <-finished)
}

func TestADeletedNamespaceIsGoneWithItsObjects(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(namespaces, "doomed")
	name := s.namespace + "-doomed"
	_, err := r.up(map[string]any{"metadata": map[string]any{"name": name}})
	require.NoError(t, err)
	s.raw("v1", "ConfigMap", name, "inside").create(map[string]any{})
	require.NoError(t, r.delete())
	assert.Nil(t, s.raw("v1", "Namespace", "", name).get())
	// And the name is free again at once.
	_, err = r.up(map[string]any{"metadata": map[string]any{"name": name}})
	require.NoError(t, err)
	require.NoError(t, r.delete())
}
