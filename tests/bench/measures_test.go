//go:build e2e

package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"live-omega/local/layout"
	"live-omega/tests/e2e/rig"
	"live-omega/tests/load"
)

// newDryRun prepares what `kubectl apply --server-side --dry-run=server` does
// with the objects: one PATCH after the other. What kubectl takes to start and
// to discover the API is left out, which makes it the harder mark.
func newDryRun(t *testing.T, cloud *rig.Cloud, cluster string, objects []rig.Object) func(*testing.T) time.Duration {
	t.Helper()
	resource := cloud.Resources(t, cluster)
	kinds := make([]schema.GroupVersionResource, len(objects))
	for i, object := range objects {
		kinds[i] = resource(object)
	}
	return func(t *testing.T) time.Duration {
		t.Helper()
		kube := cloud.Kube(t, cluster)
		began := time.Now()
		for i, object := range objects {
			_, err := kube.Resource(kinds[i]).Namespace(object.Namespace).Apply(t.Context(), object.Name,
				&unstructured.Unstructured{Object: object.Body},
				metav1.ApplyOptions{FieldManager: "kubectl", Force: true, DryRun: []string{metav1.DryRunAll}})
			require.NoError(t, err, "%s", object)
		}
		return time.Since(began)
	}
}

// shift is a move of all traffic from live to omega under load.
type shift struct {
	// command is the time of `pulumi up -s edge`; last is the time from its
	// start until the last request that live answered.
	command, last  time.Duration
	requests, lost int
}

func measureShift(t *testing.T, cloud *rig.Cloud) shift {
	t.Helper()
	at := func(cluster, weight string) rig.Edit {
		return rig.Edit{Path: []string{"config", "live-omega:traffic", "default", cluster}, Value: weight}
	}
	before, err := os.ReadFile(cloud.Config("edge"))
	require.NoError(t, err)
	restore := func() {
		require.NoError(t, os.WriteFile(cloud.Config("edge"), before, 0o644))
		cloud.Up(t, "edge")
	}
	defer restore()
	cloud.Edit(t, "edge", at("live", "100"), at("omega", "0"))
	cloud.Up(t, "edge")

	run, err := load.Start(t.Context(), load.Options{
		Address: rig.Gateway("edge"), Host: "guestbook." + cloud.Domain(t), Streams: load.Mixed(500),
	})
	require.NoError(t, err)
	defer run.Stop()
	cloud.Edit(t, "edge", at("live", "0"), at("omega", "100"))
	began := time.Now()
	up := cloud.Up(t, "edge")
	require.Eventually(t, func() bool {
		now := time.Now()
		window := run.Window(now.Add(-time.Second), now)
		return window.Requests > 0 && window.Clusters["live"] == 0
	}, time.Minute, 100*time.Millisecond)
	report := run.Stop()
	last, _ := report.LastFrom("live")
	return shift{command: up.Took, last: last.Sub(began), requests: report.Requests, lost: report.Failed}
}

// firstStart is what `make up` wrote down of this clone's first start, in
// seconds.
func firstStart(t *testing.T) string {
	t.Helper()
	root, err := layout.Find(".")
	require.NoError(t, err)
	seconds, err := os.ReadFile(root.FirstStart())
	require.NoError(t, err, "the cloud was never started as a whole: make up")
	return strings.TrimSpace(string(seconds))
}

// idleMemory is the memory of every process in the control groups of the
// local clusters, in bytes; what processes share is counted once.
func idleMemory(t *testing.T) int64 {
	t.Helper()
	groups, err := filepath.Glob("/proc/[0-9]*/cgroup")
	require.NoError(t, err)
	var total int64
	for _, path := range groups {
		group, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(group, []byte("/live-omega-")) {
			continue
		}
		// A process may end while it is looked at.
		rollup, err := os.ReadFile(filepath.Join(filepath.Dir(path), "smaps_rollup"))
		if err != nil {
			continue
		}
		total += pss(rollup)
	}
	require.NotZero(t, total, "no process in a control group live-omega-*")
	return total
}

// pss reads the proportional set size from a smaps_rollup file (proc(5)).
func pss(rollup []byte) int64 {
	for lines := bufio.NewScanner(bytes.NewReader(rollup)); lines.Scan(); {
		var kib int64
		if rest, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
			if _, err := fmt.Sscanf(rest, "%d kB", &kib); err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
