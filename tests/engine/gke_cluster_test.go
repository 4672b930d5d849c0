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
		ports := map[string]string{}
		for port, group := range asked.ExposedPorts {
			ports[port] = group.Name
			wanted[group.Name] = true
			g.makeGroup(group.Name, zones)
		}
		if service.Annotations[negStatus] != "" || len(zones) == 0 {
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
		if name, _ := group.State["name"].(string); group.State["cluster"] == g.name && !wanted[name] {
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

func (g *gkeCluster) makeGroup(name string, zones []string) {
	clusters, err := g.project.All("Cluster")
	if err != nil {
		return
	}
	for _, cluster := range clusters {
		if cluster.State["name"] != g.name {
			continue
		}
		project := strings.Split(cluster.ID, "/")[1]
		for _, zone := range zones {
			_ = g.project.Put(gcp.Record{
				Kind: "NetworkEndpointGroup", ID: "projects/" + project + "/zones/" + zone + "/networkEndpointGroups/" + name,
				State: map[string]any{"name": name, "zone": zone, "project": project, "cluster": g.name},
			})
		}
	}
}
