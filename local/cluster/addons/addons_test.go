package addons

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

var values = Values{
	CoreDNS:              "10.98.0.1:5000/coredns@sha256:bb",
	LocalPathProvisioner: "10.98.0.1:5000/local-path-provisioner@sha256:cc",
	DNS:                  netip.MustParseAddr("10.211.0.10"),
	Volumes:              "/var/lib/local-path-provisioner",
	KubeletClientUser:    "kube-apiserver-kubelet-client",
	NetworkPolicyUser:    "live-omega:network-policy",
	DNSReplicas:          2,
}

func objects(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	list, err := Objects(values)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return list
}

func find(t *testing.T, kind, name string) *unstructured.Unstructured {
	t.Helper()
	for _, o := range objects(t) {
		if o.GetKind() == kind && o.GetName() == name {
			return o
		}
	}
	t.Fatalf("no %s %q", kind, name)
	return nil
}

func TestEveryObjectCanBeApplied(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range objects(t) {
		resource, ok := resources[o.GroupVersionKind().GroupKind()]
		require.True(t, ok, "%s has no entry in the table", o.GroupVersionKind())
		assert.Equal(t, resource.namespaced, o.GetNamespace() != "", "%s %s", o.GetKind(), o.GetName())
		key := o.GetKind() + "/" + o.GetNamespace() + "/" + o.GetName()
		assert.False(t, seen[key], "%s is there twice", key)
		seen[key] = true
	}
}

func TestDeploymentsRunTheGivenImagesUnprivileged(t *testing.T) {
	images := map[string]string{"coredns": values.CoreDNS, "local-path-provisioner": values.LocalPathProvisioner}
	for _, name := range Deployments() {
		var d appsv1.Deployment
		require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(find(t, "Deployment", name.Name).Object, &d))
		assert.Equal(t, name.Namespace, d.Namespace)
		pod := d.Spec.Template.Spec
		require.Len(t, pod.Containers, 1)
		c := pod.Containers[0]
		assert.Equal(t, images[name.Name], c.Image)
		assert.True(t, *pod.SecurityContext.RunAsNonRoot)
		assert.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
		assert.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
		assert.NotEmpty(t, c.Resources.Requests, name.Name)
		assert.NotEmpty(t, c.Resources.Limits, name.Name)
	}
}

// A pod that tolerates every taint is put back on the node that it was evicted
// from.
func TestDeploymentsLeaveANodeThatIsDrained(t *testing.T) {
	for _, name := range Deployments() {
		var d appsv1.Deployment
		require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(find(t, "Deployment", name.Name).Object, &d))
		unschedulable := &corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
		for _, toleration := range d.Spec.Template.Spec.Tolerations {
			assert.False(t, toleration.ToleratesTaint(unschedulable), name)
		}
	}
}

func TestDNSHasAPodForEachNode(t *testing.T) {
	replicas, _, err := unstructured.NestedFieldNoCopy(find(t, "Deployment", "coredns").Object, "spec", "replicas")
	require.NoError(t, err)
	assert.EqualValues(t, 2, replicas)
}

func TestDNSHasTheClustersAddress(t *testing.T) {
	ip, _, err := unstructured.NestedString(find(t, "Service", "kube-dns").Object, "spec", "clusterIP")
	require.NoError(t, err)
	assert.Equal(t, "10.211.0.10", ip)
}

func TestStorageIsTheDefaultAndBoundLate(t *testing.T) {
	class := find(t, "StorageClass", "local-path")
	assert.Equal(t, "true", class.GetAnnotations()["storageclass.kubernetes.io/is-default-class"])
	mode, _, err := unstructured.NestedString(class.Object, "volumeBindingMode")
	require.NoError(t, err)
	assert.Equal(t, "WaitForFirstConsumer", mode)

	text, _, err := unstructured.NestedString(find(t, "ConfigMap", "local-path-config").Object, "data", "config.json")
	require.NoError(t, err)
	var config struct {
		NodePathMap                   []struct{ Paths []string }
		SetupCommand, TeardownCommand string
	}
	require.NoError(t, json.Unmarshal([]byte(text), &config))
	assert.Equal(t, []string{values.Volumes}, config.NodePathMap[0].Paths)
	assert.Equal(t, "/volume", config.SetupCommand)
	assert.Equal(t, "/volume", config.TeardownCommand)
}

func TestTheAPIServersUserMayUseTheKubelet(t *testing.T) {
	subjects, _, err := unstructured.NestedSlice(find(t, "ClusterRoleBinding", "kube-apiserver-kubelet").Object, "subjects")
	require.NoError(t, err)
	require.Len(t, subjects, 1)
	assert.Equal(t, values.KubeletClientUser, subjects[0].(map[string]any)["name"])
}

func TestNetworkPoliciesAreEnforcedWithTheRightToReadOnly(t *testing.T) {
	subjects, _, err := unstructured.NestedSlice(find(t, "ClusterRoleBinding", "live-omega:network-policy").Object, "subjects")
	require.NoError(t, err)
	require.Len(t, subjects, 1)
	assert.Equal(t, values.NetworkPolicyUser, subjects[0].(map[string]any)["name"])
	var role rbacv1.ClusterRole
	require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(find(t, "ClusterRole", "live-omega:network-policy").Object, &role))
	for _, rule := range role.Rules {
		assert.Equal(t, []string{"get", "list", "watch"}, rule.Verbs)
		for _, resource := range rule.Resources {
			assert.Contains(t, []string{"pods", "namespaces", "networkpolicies"}, resource)
		}
	}
}
