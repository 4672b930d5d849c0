//go:build cluster

package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"live-omega/local/cluster/network"
	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
	"live-omega/local/progress"
)

// The tests of this file run in order on one cluster: making one takes longer
// than everything that is done to it.

func up(t *testing.T) *api {
	t.Helper()
	require.NoError(t, Up(t.Context(), root, spare, options, progress.New(os.Stderr)))
	a, err := first(root, spare).client()
	require.NoError(t, err)
	return a
}

func status(t *testing.T) ClusterStatus {
	t.Helper()
	s, err := Status(t.Context(), root, spare)
	require.NoError(t, err)
	return s
}

// await fails the test if the condition is not met in time.
func await(t *testing.T, what string, limit time.Duration, condition func(context.Context) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	require.NoError(t, until(ctx, condition), what)
}

// makePod makes a pod with a volume from the default storage class, or finds
// the one that is there, and returns it when it is ready.
func makePod(t *testing.T, a *api, name string) corev1.Pod {
	t.Helper()
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}}
	claim.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")}
	_, err := a.CoreV1().PersistentVolumeClaims("default").Create(t.Context(), claim, metav1.CreateOptions{})
	require.NoError(t, err)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{
		Containers: []corev1.Container{{Name: "main", Image: options.Images.Pause,
			VolumeMounts: []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}}},
		Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name}}}},
	}}
	_, err = a.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
	require.NoError(t, err)
	return awaitPod(t, a, name)
}

func awaitPod(t *testing.T, a *api, name string) corev1.Pod {
	t.Helper()
	var pod *corev1.Pod
	await(t, "pod "+name+" is ready", 2*time.Minute, func(ctx context.Context) (bool, error) {
		var err error
		pod, err = a.CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{})
		return err == nil && ready(*pod), nil
	})
	return *pod
}

// traces is everything on the machine that a cluster could leave behind.
func traces(t *testing.T) []string {
	t.Helper()
	var list []string
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	for line := range strings.Lines(string(mounts)) {
		list = append(list, "mount "+strings.Fields(line)[4])
	}
	links, err := netlink.LinkList()
	require.NoError(t, err)
	for _, l := range links {
		list = append(list, "link "+l.Attrs().Name)
	}
	for _, dir := range []string{"/run/netns", "/run/containerd", "/run/containerd/s", "/var/lib/cni", "/var/lib/kubelet", "/var/log/pods"} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			list = append(list, "file "+dir+"/"+e.Name())
		}
	}
	pids, err := first(root, spare).group().Processes()
	require.NoError(t, err)
	for _, pid := range pids {
		list = append(list, fmt.Sprint("process ", pid))
	}
	processes, err := exec.Command("pgrep", "-af", root.ClusterDir(spare.Name)).Output()
	if err == nil {
		list = append(list, "processes "+string(processes))
	}
	// The local cloud may start and stop while these tests run.
	list = slices.DeleteFunc(list, func(trace string) bool {
		return slices.ContainsFunc(layout.Clusters(), func(c layout.Cluster) bool { return strings.Contains(trace, c.Netns) })
	})
	slices.Sort(list)
	return list
}

func TestClusterFromNothingToNothing(t *testing.T) {
	ctx, log := t.Context(), progress.New(os.Stderr)
	require.NoError(t, Destroy(ctx, root, spare, log))
	before := traces(t)

	t.Run("Up makes a cluster that serves", func(t *testing.T) {
		a := up(t)
		s := status(t)
		assert.Equal(t, Running, s.State)
		assert.Equal(t, "v1.34.2", s.Kubernetes)
		assert.Equal(t, "v1.34.2", s.Nodes[0].Version)
		assert.Empty(t, s.API)
		assert.Len(t, s.Nodes[0].Processes, 8)
		assert.Less(t, s.Memory, uint64(1200<<20), "bytes of an idle cluster")
		makePod(t, a, "keep")
	})
	t.Run("Up on a cluster that runs changes nothing", func(t *testing.T) {
		running := status(t)
		began := time.Now()
		up(t)
		assert.Less(t, time.Since(began), 20*time.Second)
		assert.Equal(t, running.Nodes, status(t).Nodes)
	})
	t.Run("Secrets are not readable in the store", func(t *testing.T) {
		a, err := first(root, spare).client()
		require.NoError(t, err)
		_, err = a.CoreV1().Secrets("default").Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "hidden"}, StringData: map[string]string{"key": "find-me-on-disk"},
		}, metav1.CreateOptions{})
		require.NoError(t, err)
		out, err := exec.Command("grep", "-rc", "find-me-on-disk", root.ClusterDir(spare.Name, "etcd")).CombinedOutput()
		require.Error(t, err, "grep found it: %s", out)
	})
	t.Run("A crashed process is restarted", func(t *testing.T) { crash(t) })
	t.Run("Pods outlive the supervisor", func(t *testing.T) { loseSupervisor(t) })
	t.Run("Down and Up bring back the same objects", func(t *testing.T) { downAndUp(t) })
	t.Run("Kill and Up recover", func(t *testing.T) { killAndUp(t) })
	t.Run("Up recovers a lost network namespace", func(t *testing.T) { loseNetwork(t) })
	t.Run("Namespaces of others do not cover the node's", func(t *testing.T) { namespaceOfAnother(t) })
	t.Run("A second node is added", func(t *testing.T) { addSecond(t) })
	t.Run("Pods of both nodes reach each other, DNS and the API server", func(t *testing.T) { acrossNodes(t) })
	t.Run("Both nodes survive Down and Kill", func(t *testing.T) { bothSurvive(t) })
	t.Run("Upgrade and back", func(t *testing.T) { upgradeAndBack(t) })
	t.Run("A node is drained, and removed", func(t *testing.T) { drainAndRemove(t) })
	t.Run("A lost node is removed", func(t *testing.T) { loseSecond(t) })

	require.NoError(t, Destroy(ctx, root, spare, log))
	assert.Equal(t, before, traces(t), "Destroy leaves nothing")
	assert.NoDirExists(t, root.ClusterDir(spare.Name))
	assert.Equal(t, Absent, status(t).State)
}

func crash(t *testing.T) {
	for _, name := range []string{Scheduler, Containerd, Etcd} {
		before, ok := supervisorState(t).Process(name)
		require.True(t, ok)
		require.NoError(t, unix.Kill(before.PID, unix.SIGKILL))
		await(t, name+" runs again", time.Minute, func(context.Context) (bool, error) {
			now, _ := supervisorState(t).Process(name)
			return now.Phase == supervisor.Running && now.PID != before.PID && now.Restarts == before.Restarts+1, nil
		})
	}
	await(t, "the cluster runs again", 2*time.Minute, func(context.Context) (bool, error) { return status(t).State == Running, nil })
}

func supervisorState(t *testing.T) supervisor.State {
	t.Helper()
	s, _, err := supervisor.ReadState(first(root, spare).run())
	require.NoError(t, err)
	return s
}

func loseSupervisor(t *testing.T) {
	a := up(t)
	before := awaitPod(t, a, "keep")
	require.NoError(t, unix.Kill(status(t).Nodes[0].Supervisor, unix.SIGKILL))
	await(t, "its processes end with it", time.Minute, func(context.Context) (bool, error) {
		s := status(t)
		return s.Nodes[0].Supervisor == 0 && s.State == Degraded && s.API != "", nil
	})
	after := awaitPod(t, up(t), "keep")
	assert.Equal(t, before.Status.ContainerStatuses[0].ContainerID, after.Status.ContainerStatuses[0].ContainerID)
}

func downAndUp(t *testing.T) {
	ctx := t.Context()
	before := awaitPod(t, up(t), "keep")
	kept := root.ClusterDir(spare.Name, "volumes")
	volumes, err := os.ReadDir(kept)
	require.NoError(t, err)
	require.Len(t, volumes, 1)
	data := kept + "/" + volumes[0].Name() + "/data"
	require.NoError(t, os.WriteFile(data, []byte("kept"), 0o600))

	require.NoError(t, Down(ctx, root, spare, progress.New(os.Stderr)))
	assert.Equal(t, Stopped, status(t).State)
	pids, err := first(root, spare).group().Processes()
	require.NoError(t, err)
	assert.Empty(t, pids)
	require.NoError(t, Down(ctx, root, spare, nil), "a second time there is nothing to do")

	after := awaitPod(t, up(t), "keep")
	assert.Equal(t, before.UID, after.UID)
	assert.NotEqual(t, before.Status.ContainerStatuses[0].ContainerID, after.Status.ContainerStatuses[0].ContainerID)
	assert.FileExists(t, data)
}

func killAndUp(t *testing.T) {
	before := awaitPod(t, up(t), "keep")
	others := bystanders(t)
	require.NoError(t, Kill(t.Context(), root, spare, progress.New(os.Stderr)))
	pids, err := first(root, spare).group().Processes()
	require.NoError(t, err)
	assert.Empty(t, pids)
	after := awaitPod(t, up(t), "keep")
	assert.Equal(t, before.UID, after.UID)
	assert.Equal(t, others, bystanders(t), "the other clusters are not affected")
}

// bystanders are the processes of the clusters that the tests do not touch.
func bystanders(t *testing.T) []supervisor.ProcessState {
	t.Helper()
	var list []supervisor.ProcessState
	for _, c := range layout.Clusters() {
		s, alive, err := supervisor.ReadState(first(root, c).run())
		require.NoError(t, err)
		if alive {
			list = append(list, s.Processes...)
		}
	}
	return list
}

// loseNetwork does what a reboot does with /run on a disk: the namespace is
// gone, a file of its name is still there.
func loseNetwork(t *testing.T) {
	up(t)
	require.NoError(t, Kill(t.Context(), root, spare, nil))
	require.NoError(t, unix.Unmount(network.NamespacePath(spare.Netns), unix.MNT_DETACH))
	require.FileExists(t, network.NamespacePath(spare.Netns))
	awaitPod(t, up(t), "keep")
}

// namespaceOfAnother makes a network namespace with a tool that mounts their
// folder on itself if that is no mount yet, over all that are in it.
func namespaceOfAnother(t *testing.T) {
	out, err := exec.Command("ip", "netns", "add", "spare-other").CombinedOutput()
	require.NoError(t, err, "%s", out)
	defer func() {
		out, err := exec.Command("ip", "netns", "delete", "spare-other").CombinedOutput()
		assert.NoError(t, err, "%s", out)
	}()
	table, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	mounts := 0
	for line := range strings.Lines(string(table)) {
		if strings.Fields(line)[4] == network.NamespacePath(spare.Netns) {
			mounts++
		}
	}
	assert.Equal(t, 1, mounts, "the node's namespace is mounted once")
}

func upgradeAndBack(t *testing.T) {
	ctx, log := t.Context(), progress.New(os.Stderr)
	before := awaitPod(t, up(t), "keep")
	for _, version := range []string{"v1.35.4", "v1.34.2"} {
		require.NoError(t, Upgrade(ctx, root, spare, version, options, log))
		s := status(t)
		assert.Equal(t, version, s.Kubernetes)
		for _, n := range s.Nodes {
			assert.Equal(t, version, n.Version, n.Name)
		}
		assert.Equal(t, Running, s.State)
		a := up(t)
		server, err := a.Discovery().ServerVersion()
		require.NoError(t, err)
		assert.Equal(t, version, server.GitVersion, "Up keeps the version")
		after := awaitPod(t, a, "keep")
		assert.Equal(t, before.Status.ContainerStatuses[0].ContainerID, after.Status.ContainerStatuses[0].ContainerID, "pods stay")
	}
	err := Upgrade(ctx, root, spare, "v1.36.0", options, log)
	require.ErrorContains(t, err, "go by v1.35 first")
	assert.Equal(t, Running, status(t).State, "what is refused changes nothing")
}

func TestAnotherClonesNetworkIsNotTaken(t *testing.T) {
	other := layout.Root(t.TempDir())
	err := network.Ensure(other, spare, spare.First())
	require.ErrorContains(t, err, "belongs to the clone "+string(root))
	require.ErrorContains(t, err, "make -C "+string(root)+" destroy")
	gone, err := network.RemoveBridge(other)
	require.NoError(t, err)
	assert.False(t, gone)
}
