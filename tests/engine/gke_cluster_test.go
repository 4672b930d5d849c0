//go:build integration

package engine

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"live-omega/tests/gcp"
)

const (
	negAnnotation = "cloud.google.com/neg"
	negStatus     = "cloud.google.com/neg-status"
)

// gkeCluster plays what GKE adds to an API server: pods run where a node takes them, the autoscaler adds a
// node for those that none takes, and Services that ask for it have groups of endpoints.
type gkeCluster struct {
	name    string
	project *gcp.Project
	clients kubernetes.Interface
}

// play is an option of newCluster. Errors are left to the next round, as in actAsNode.
func (g *gkeCluster) play(t *testing.T) func(*cluster) {
	return func(c *cluster) {
		g.clients = c.clients
		c.takes = g.takes
		ctx, cancel := context.WithCancel(context.Background())
		var controller sync.WaitGroup
		controller.Go(func() {
			for ctx.Err() == nil {
				g.groups(ctx)
				select {
				case <-ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
		t.Cleanup(func() { cancel(); controller.Wait() })
	}
}

// takes is whether a node takes the pod. When none does, there may be one in the next round.
func (g *gkeCluster) takes(ctx context.Context, pod *corev1.Pod) bool {
	nodes, err := g.clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return false
	}
	for i := range nodes.Items {
		if fits(&nodes.Items[i], pod) {
			return true
		}
	}
	_, _ = g.project.Autoscale(ctx, g.name, func(node *corev1.Node) bool { return fits(node, pod) })
	return false
}

// fits is what the scheduler asks about labels and taints.
func fits(node *corev1.Node, pod *corev1.Pod) bool {
	for key, value := range pod.Spec.NodeSelector {
		if node.Labels[key] != value {
			return false
		}
	}
	for _, taint := range node.Spec.Taints {
		tolerated := taint.Effect == corev1.TaintEffectPreferNoSchedule
		for _, toleration := range pod.Spec.Tolerations {
			tolerated = tolerated || toleration.ToleratesTaint(&taint)
		}
		if !tolerated {
			return false
		}
	}
	return true
}

// groups makes the groups of endpoints that Services ask for in the zones of the nodes, says so on the
// Services, and removes those of Services that are gone.
func (g *gkeCluster) groups(ctx context.Context) {
	nodes, err := g.clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	services, err := g.clients.CoreV1().Services("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	zones, wanted := zonesOf(nodes.Items), map[string]bool{}
	for _, service := range services.Items {
		var asked struct {
			ExposedPorts map[string]struct{ Name string } `json:"exposed_ports"`
		}
		if json.Unmarshal([]byte(service.Annotations[negAnnotation]), &asked) != nil {
			continue
		}
		ports, made := map[string]string{}, true
		for port, group := range asked.ExposedPorts {
			ports[port] = group.Name
			wanted[group.Name] = true
			made = g.makeGroup(group.Name, string(service.UID), zones) && made
		}
		if service.Annotations[negStatus] != "" || len(zones) == 0 || !made {
			continue
		}
		status, err := json.Marshal(map[string]any{"network_endpoint_groups": ports, "zones": zones})
		if err != nil {
			continue
		}
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{negStatus: string(status)}}})
		if err == nil {
			_, _ = g.clients.CoreV1().Services(service.Namespace).Patch(ctx, service.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "glbc"})
		}
	}
	groups, err := g.project.All("NetworkEndpointGroup")
	if err != nil {
		return
	}
	for _, group := range groups {
		if name, _ := group.State["name"].(string); group.State["cluster"] == g.name && !wanted[name] && !g.balanced(group.ID) {
			_ = g.project.Remove(group.Kind, group.ID)
		}
	}
}

func zonesOf(nodes []corev1.Node) []string {
	seen := map[string]bool{}
	var zones []string
	for _, node := range nodes {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" && !seen[zone] {
			seen[zone] = true
			zones = append(zones, zone)
		}
	}
	return zones
}

// balanced is whether a load balancer has the group. Then Google does not let it be removed.
func (g *gkeCluster) balanced(group string) bool {
	services, err := g.project.All("BackendService")
	if err != nil {
		return true
	}
	for _, service := range services {
		backends, _ := service.State["backends"].([]any)
		for _, backend := range backends {
			if link, _ := at(backend, "group").(string); strings.HasSuffix(link, "/"+group) {
				return true
			}
		}
	}
	return false
}

// makeGroup makes a Service's group in every zone, unless there is one of another Service by that name: what
// GKE finds written on a group is whose it is, and it leaves those of others alone.
func (g *gkeCluster) makeGroup(name, owner string, zones []string) bool {
	clusters, err := g.project.All("Cluster")
	if err != nil {
		return false
	}
	for _, cluster := range clusters {
		if cluster.State["name"] != g.name {
			continue
		}
		project := strings.Split(cluster.ID, "/")[1]
		for _, zone := range zones {
			id := "projects/" + project + "/zones/" + zone + "/networkEndpointGroups/" + name
			if old, err := g.project.Get("NetworkEndpointGroup", id); err != nil || old != nil && old.State["owner"] != owner {
				return false
			}
			err := g.project.Put(gcp.Record{
				Kind: "NetworkEndpointGroup", ID: id,
				State: map[string]any{"name": name, "zone": zone, "project": project, "cluster": g.name, "owner": owner},
			})
			if err != nil {
				return false
			}
		}
		return true
	}
	return false
}
