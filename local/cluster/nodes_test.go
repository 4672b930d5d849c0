package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
)

func TestTheSecondNodeIsTheFirstWithoutAControlPlane(t *testing.T) {
	one := pathsOf(t, "/clone", "live")
	two := one.second()
	all := one.spec(allAt("v1.34.2"), testTools, nil)
	own := two.spec(nodeAt("v1.34.2"), testTools, nil)
	var names []string
	for _, process := range own.Processes {
		names = append(names, process.Name)
		for _, need := range process.After {
			assert.NotContains(t, controlPlane, need, "%s cannot wait for what another supervisor runs", process.Name)
		}
	}
	assert.Subset(t, names, []string{Containerd, Kubelet, Proxy})
	assert.Len(t, all.Processes, len(names)+len(controlPlane))
	assert.True(t, slices.ContainsFunc(all.Processes, func(p supervisor.Process) bool { return p.Name == Kubelet && slices.Contains(p.After, APIServer) }),
		"the first node's kubelet waits for the API server as before")
}

func TestTheSecondNodesProcessesReadItsOwnFiles(t *testing.T) {
	two := pathsOf(t, "/clone", "live").second()
	for _, process := range two.spec(nodeAt("v1.34.2"), testTools, nil).Processes {
		for _, arg := range process.Args {
			if _, path, ok := strings.Cut(arg, "/clone/"); ok {
				assert.True(t, strings.HasPrefix(path, ".local/live/nodes/live-b/"), "%s %s", process.Name, arg)
			}
		}
	}
	assert.Subset(t, two.kubeletArgs(), []string{
		"--hostname-override=live-b", "--node-ip=10.98.0.21", "--node-labels=live-omega.dev/node-pool=b",
	})
	assert.Contains(t, pathsOf(t, "/clone", "live").kubeletArgs(), "--node-labels=live-omega.dev/node-pool=a")
	assert.Contains(t, pathsOf(t, "/clone", "live").controllerManagerArgs(), "--node-cidr-mask-size=17")

	files, err := two.files(testOptions, testTools)
	require.NoError(t, err)
	assert.NotContains(t, files, authenticationFile)
	kubelet, proxy := decoded(t, files[kubeletFile]), decoded(t, files[proxyFile])
	assert.Equal(t, "/"+string(two.group()), kubelet["cgroupRoot"])
	assert.NotEqual(t, pathsOf(t, "/clone", "live").group(), two.group())
	assert.Equal(t, "live-b", proxy["hostnameOverride"])
	assert.Equal(t, "10.98.0.21", proxy["bindAddress"])
	assert.Equal(t, "10.111.0.0/16", proxy["clusterCIDR"], "pods of both nodes count as the cluster's")
	assert.Contains(t, string(files[cniFile]), "10.111.128.0/17")
}

func TestUpStartsTheSecondNodeOnlyWhereThereIsOne(t *testing.T) {
	p := pathsOf(t, t.TempDir(), "live")
	r := record{Kubernetes: "v1.34.2", Processes: allAt("v1.34.2")}
	assert.Equal(t, []paths{p}, r.nodes(p))
	r.Second = nodeAt("v1.34.2")
	require.NoError(t, p.writeRecord(r))
	read, exists, err := p.readRecord()
	require.NoError(t, err)
	require.True(t, exists)
	assert.Equal(t, r, read)
	assert.Equal(t, []paths{p, p.second()}, read.nodes(p))
	read, _, err = p.second().readRecord()
	require.NoError(t, err)
	assert.Equal(t, r, read, "there is one record of a cluster")
}

func TestTheSecondNodesVersionCountsInAMix(t *testing.T) {
	r := record{Kubernetes: "v1.34.2", Processes: allAt("v1.35.4"), Second: nodeAt("v1.35.4")}
	assert.Empty(t, r.mixed())
	r.Second[Kubelet] = "v1.34.2"
	assert.Contains(t, r.mixed(), "kubelet v1.35.4, kube-proxy of the second node v1.35.4, kubelet of the second node v1.34.2")
}

func TestARangeThatANodeHasWholeIsSaidWithTheRemedy(t *testing.T) {
	live, err := layout.ClusterNamed("live")
	require.NoError(t, err)
	node := &corev1.Node{Spec: corev1.NodeSpec{PodCIDR: "10.111.0.0/17"}}
	node.Name = "live"
	assert.NoError(t, rangeIsFree(node, live))
	node.Spec.PodCIDR = "10.111.0.0/16"
	assert.EqualError(t, rangeIsFree(node, live), `node "live" has the pod addresses 10.111.0.0/16, want 10.111.0.0/17: the cluster was made when one node had them all,`+
		` and Kubernetes takes none back; make it anew with: make destroy up`)
}

func TestANodeIsOnlyDrainedWhereAnotherTakesItsPods(t *testing.T) {
	live, err := layout.ClusterNamed("live")
	require.NoError(t, err)
	node := func(name string, ready corev1.ConditionStatus, cordoned bool) corev1.Node {
		n := corev1.Node{Spec: corev1.NodeSpec{Unschedulable: cordoned}}
		n.Name = name
		n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}
		return n
	}
	one := node("live", corev1.ConditionTrue, false)
	for _, c := range []struct {
		name    string
		nodes   []corev1.Node
		problem string
	}{
		{"both are ready", []corev1.Node{one, node("live-b", corev1.ConditionTrue, false)}, ""},
		{"it is alone", []corev1.Node{one}, "it is the only node, so nothing could take its pods: add another with: cloud local node add live"},
		{"the other is not ready", []corev1.Node{one, node("live-b", corev1.ConditionUnknown, false)}, "no other node is ready and takes pods"},
		{"the other is drained", []corev1.Node{one, node("live-b", corev1.ConditionTrue, true)}, "cloud local node uncordon live NODE"},
		{"it has not registered", []corev1.Node{node("other", corev1.ConditionUnknown, false)}, `does not know node "live"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := othersTakePods(c.nodes, live, "live")
			if c.problem == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, c.problem)
		})
	}
}
