package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/remotecommand"
)

// Exec runs a command in a pod of one container and returns what it printed.
func (k Kube) Exec(ctx context.Context, namespace, pod string, command ...string) (string, error) {
	query := url.Values{"command": command, "stdout": {"true"}, "stderr": {"true"}}
	address := fmt.Sprintf("%s/api/v1/namespaces/%s/pods/%s/exec?%s", strings.TrimSuffix(k.config.Host, "/"), namespace, pod, query.Encode())
	executor, err := remotecommand.NewWebSocketExecutor(k.config, "GET", address)
	if err != nil {
		return "", fmt.Errorf("exec in %s/%s of %s: %w", namespace, pod, k.Cluster, err)
	}
	var stdout, stderr bytes.Buffer
	if err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: &stdout, Stderr: &stderr}); err != nil {
		return "", fmt.Errorf("exec of %s in %s/%s of %s: %w: %s", command[0], namespace, pod, k.Cluster, err, stderr.String())
	}
	return stdout.String(), nil
}

// Probed is a line of `demo probe`, which says what it means.
type Probed struct {
	Target string
	OK     bool
	Error  string
	Status int
	Body   string
}

// Probe tries the targets from inside a pod of the demo service.
func (k Kube) Probe(ctx context.Context, namespace, pod string, args ...string) ([]Probed, error) {
	out, err := k.Exec(ctx, namespace, pod, append([]string{"/demo", "probe"}, args...)...)
	if err != nil {
		return nil, err
	}
	var results []Probed
	for lines := json.NewDecoder(strings.NewReader(out)); lines.More(); {
		var result Probed
		if err := lines.Decode(&result); err != nil {
			return nil, fmt.Errorf("reading what the probe in %s/%s says: %w", namespace, pod, err)
		}
		results = append(results, result)
	}
	return results, nil
}

// RunningPods are the names of the pods in a namespace that run and are to go
// on running.
func (k Kube) RunningPods(t testing.TB, namespace string) []string {
	t.Helper()
	list, err := k.Resource(Pods).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var names []string
	for _, pod := range list.Items {
		phase, _, _ := unstructured.NestedString(pod.Object, "status", "phase")
		if phase == "Running" && pod.GetDeletionTimestamp() == nil {
			names = append(names, pod.GetName())
		}
	}
	return names
}

// Received is how many requests the running pods of the demo service in these
// namespaces got since they started, answered or not, Kubernetes' probes not
// counted. It asks from inside each pod, so no network policy is in the way.
func (k Kube) Received(t testing.TB, namespaces ...string) int {
	t.Helper()
	total := 0
	for _, namespace := range namespaces {
		pods := k.RunningPods(t, namespace)
		require.NotEmpty(t, pods, "pods in %s of %s", namespace, k.Cluster)
		for _, pod := range pods {
			results, err := k.Probe(t.Context(), namespace, pod, "-excerpt", "1000000", "http://127.0.0.1:8081/metrics")
			require.NoError(t, err)
			require.Len(t, results, 1)
			require.Equal(t, 200, results[0].Status, "metrics of %s/%s: %s", namespace, pod, results[0].Error)
			total += received(results[0].Body)
		}
	}
	return total
}

var (
	answered   = regexp.MustCompile(`(?m)^http_requests_total\{[^}]*route="([^"]*)"[^}]*\} (\S+)$`)
	unanswered = regexp.MustCompile(`(?m)^http_requests_in_flight() (\S+)$`)
)

// received adds up the requests in the text of the metrics.
func received(metrics string) int {
	total := 0.0
	for _, match := range append(answered.FindAllStringSubmatch(metrics, -1), unanswered.FindAllStringSubmatch(metrics, -1)...) {
		if match[1] == "/livez" || match[1] == "/readyz" {
			continue
		}
		n, err := strconv.ParseFloat(match[2], 64)
		if err == nil {
			total += n
		}
	}
	return int(total)
}
