//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"live-omega/tests/e2e/rig"
)

// communityLabel is on every namespace of a community.
const communityLabel = "live-omega.dev/community"

func isolation() []Case {
	return []Case{{
		Name: "communities cannot reach each other's pods",
		Description: "from inside every pod: every pod and Service of every other community, the API and the kubelets refuse; " +
			"its own community, DNS and the gateway answer",
		Prove: proveNetworks,
	}, {
		Name: "communities cannot read each other's objects",
		Description: "with a token of each of its ServiceAccounts and as each of its members, everything of every other community " +
			"is forbidden; what is one's own can be read by members, and by no pod",
		Prove: proveAccess,
	}, {
		Name:        "a route to another community is not served",
		Description: "a route in one community's namespace to another's Service leads nowhere and says RefNotPermitted",
		Prove:       proveForeignRoute,
	}}
}

// tenant is what a community has in a cluster.
type tenant struct {
	namespaces []string
	pods       []tenantPod
	services   []tenantService
}

type tenantPod struct{ namespace, name, address, account string }

type tenantService struct {
	namespace, name, address string
	port                     int64
}

// tenants are the communities of live by their names, two or more.
func tenants(t *testing.T, kube rig.Kube) map[string]*tenant {
	t.Helper()
	found := map[string]*tenant{}
	namespaces, err := kube.Resource(rig.Namespaces).List(t.Context(), metav1.ListOptions{LabelSelector: communityLabel})
	require.NoError(t, err)
	for _, object := range namespaces.Items {
		community, namespace := object.GetLabels()[communityLabel], object.GetName()
		if found[community] == nil {
			found[community] = &tenant{}
		}
		one := found[community]
		one.namespaces = append(one.namespaces, namespace)
		for _, pod := range podsOf(t, kube, namespace) {
			address, _, _ := unstructured.NestedString(pod.Object, "status", "podIP")
			account, _, _ := unstructured.NestedString(pod.Object, "spec", "serviceAccountName")
			if address != "" && pod.GetDeletionTimestamp() == nil {
				one.pods = append(one.pods, tenantPod{namespace, pod.GetName(), address, account})
			}
		}
		services, err := kube.Resource(rig.Services).Namespace(namespace).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		for _, service := range services.Items {
			one.services = append(one.services, tenantService{namespace, service.GetName(), clusterIP(&service), firstPort(&service)})
		}
	}
	require.GreaterOrEqual(t, len(found), 2, "communities: %v", slices.Sorted(maps.Keys(found)))
	for name, one := range found {
		require.NotEmpty(t, one.pods, "pods of %s", name)
		require.NotEmpty(t, one.services, "services of %s", name)
	}
	return found
}

func clusterIP(service *unstructured.Unstructured) string {
	address, _, _ := unstructured.NestedString(service.Object, "spec", "clusterIP")
	return address
}

func firstPort(service *unstructured.Unstructured) int64 {
	ports, _, _ := unstructured.NestedSlice(service.Object, "spec", "ports")
	if len(ports) == 0 {
		return 0
	}
	port, _, _ := unstructured.NestedInt64(ports[0].(map[string]any), "port")
	return port
}

// targets are how a pod is tried to be reached, and a Service by its address
// and by its name.
func (o *tenant) targets() []string {
	var list []string
	for _, pod := range o.pods {
		list = append(list, "tcp://"+pod.address+":8080", "tcp://"+pod.address+":8081")
	}
	for _, service := range o.services {
		list = append(list, fmt.Sprintf("tcp://%s:%d", service.address, service.port),
			fmt.Sprintf("http://%s.%s.svc.cluster.local:%d/livez", service.name, service.namespace, service.port))
	}
	return list
}

func proveNetworks(t *testing.T, c *rig.Cloud) {
	kube := c.Kube(t, "live")
	all := tenants(t, kube)
	open, closed := everybodys(t, c, kube)

	var group errgroup.Group
	for name, one := range all {
		reached := append(slices.Clone(open), one.targets()...)
		refused := slices.Clone(closed)
		for other, its := range all {
			if other != name {
				refused = append(refused, its.targets()...)
			}
		}
		t.Logf("%s: %d pods, each reaches %d targets and is refused by %d", name, len(one.pods), len(reached), len(refused))
		for _, pod := range one.pods {
			group.Go(func() error {
				args := append([]string{"-timeout", "3s"}, append(slices.Clone(reached), refused...)...)
				results, err := kube.Probe(t.Context(), pod.namespace, pod.name, args...)
				if err != nil {
					return err
				}
				if wanted := len(reached) + len(refused); len(results) != wanted {
					return fmt.Errorf("%s of %s tried %d targets, want %d", pod.name, name, len(results), wanted)
				}
				for i, result := range results {
					if i < len(reached) {
						assert.True(t, result.OK && result.Status < 400, "%s of %s reaches %s: status %d %s %s", pod.name, name, result.Target, result.Status, result.Error, result.Body)
					} else {
						assert.False(t, result.OK, "%s of %s is refused by %s, but: status %d %s", pod.name, name, result.Target, result.Status, result.Body)
					}
				}
				return nil
			})
		}
	}
	require.NoError(t, group.Wait())
}

// everybodys are the targets outside of the communities: those that all pods
// may reach, and those that none may.
func everybodys(t *testing.T, c *rig.Cloud, kube rig.Kube) (open, closed []string) {
	t.Helper()
	dns, err := kube.Resource(rig.Services).Namespace("kube-system").List(t.Context(), metav1.ListOptions{LabelSelector: "k8s-app=kube-dns"})
	require.NoError(t, err)
	require.Len(t, dns.Items, 1)
	open = []string{
		"dns://kubernetes.default.svc.cluster.local",
		"udp://" + clusterIP(&dns.Items[0]) + ":53/nobody.default.svc.cluster.local",
	}
	gateways, err := kube.Resource(rig.Services).Namespace("ingress").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, gateway := range gateways.Items {
		if firstPort(&gateway) == 80 {
			open = append(open, fmt.Sprintf("http://%s.ingress.svc.cluster.local/api/whoami?host=%s.%s", gateway.GetName(), app, c.Domain(t)))
		}
	}
	require.Len(t, open, 3, "the gateway's Service is found")

	api, err := kube.Resource(rig.Services).Namespace("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	require.NoError(t, err)
	closed = []string{"tcp://" + clusterIP(api) + ":443"}
	nodes, err := kube.Resource(rig.Nodes).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, node := range nodes.Items {
		addresses, _, _ := unstructured.NestedSlice(node.Object, "status", "addresses")
		for _, entry := range addresses {
			if address := entry.(map[string]any); address["type"] == "InternalIP" {
				closed = append(closed, fmt.Sprintf("tcp://%s:10250", address["address"]))
			}
		}
	}
	return open, closed
}

// foreign is a route from one community's namespace to another's Service.
func foreign(namespace, host string, to tenantService) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
		"metadata": map[string]any{"namespace": namespace, "name": "foreign"},
		"spec": map[string]any{
			"parentRefs": []any{map[string]any{"namespace": "ingress", "name": "gateway"}},
			"hostnames":  []any{host},
			"rules": []any{map[string]any{"backendRefs": []any{
				map[string]any{"namespace": to.namespace, "name": to.name, "port": to.port},
			}}},
		},
	}}
}

func proveForeignRoute(t *testing.T, c *rig.Cloud) {
	kube := c.Kube(t, "live")
	all := tenants(t, kube)
	names := slices.Sorted(maps.Keys(all))
	for i, name := range names {
		other := names[(i+1)%len(names)]
		namespace, service := all[name].namespaces[0], all[other].services[0]
		host := "foreign-" + name + "." + c.Domain(t)
		routes := kube.Resource(rig.Routes).Namespace(namespace)
		_, err := routes.Create(t.Context(), foreign(namespace, host, service), metav1.CreateOptions{})
		require.NoError(t, err)
		t.Cleanup(func() { kube.Remove(t, rig.Routes, namespace, "foreign") })

		var reasons string
		assert.Eventually(t, func() bool {
			route, err := routes.Get(t.Context(), "foreign", metav1.GetOptions{})
			if err != nil {
				reasons = err.Error()
				return false
			}
			reasons = reasonsOf(route)
			return strings.Contains(reasons, "ResolvedRefs=False RefNotPermitted")
		}, 20*time.Second, 250*time.Millisecond, "the route from %s to %s says that it is not permitted", name, other)
		t.Logf("%s to %s: %s", name, other, reasons)
		status, _, body := get(t, "live", host, "/api/whoami", nil)
		assert.Contains(t, []int{http.StatusInternalServerError, http.StatusNotFound, http.StatusServiceUnavailable}, status, "%s to %s: %s", name, other, body)
		assert.NotContains(t, body, `"app"`, "%s to %s", name, other)
	}
}

// reasonsOf are the conditions of a route, "ResolvedRefs=False RefNotPermitted".
func reasonsOf(route *unstructured.Unstructured) string {
	parents, _, _ := unstructured.NestedSlice(route.Object, "status", "parents")
	var reasons []string
	for _, parent := range parents {
		conditions, _ := parent.(map[string]any)["conditions"].([]any)
		for _, condition := range conditions {
			c := condition.(map[string]any)
			reasons = append(reasons, fmt.Sprintf("%s=%s %s", c["type"], c["status"], c["reason"]))
		}
	}
	return strings.Join(reasons, ", ")
}
