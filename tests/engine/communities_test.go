//go:build integration

package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"live-omega/apps"
)

// ofMakers selects what belongs to the community makers.
const ofMakers = "live-omega.dev/community=makers"

// TestCommunities deploys one cluster with two communities and looks at what the API server makes of
// them; the last case removes one of the two.
func TestCommunities(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "live")
	c.editConfig(t, "live", func(config map[string]any) {
		communities := config["live-omega:communities"].(map[string]any)
		communities["neighbours"].(map[string]any)["members"] = []any{
			map[string]any{"name": "ada", "role": "edit"}, map[string]any{"kind": "Group", "name": "visitors"},
		}
	})
	c.init(t, "shared", "live")
	c.up(t, "shared")
	c.up(t, "live")
	for _, test := range []struct {
		name string
		run  func(*testing.T, *cloud)
	}{
		{"bounds meet what is made by hand", boundsMeetWhatIsMadeByHand},
		{"members may do what their role says, in their namespaces only", membersMayDoWhatTheirRoleSays},
		{"a namespace that was part of its app is kept", namespaceThatWasPartOfItsAppIsKept},
		{"a community leaves without a trace", communityLeavesWithoutATrace},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, c) })
	}
}

// pod is one that restricted namespaces admit, and that says nothing of its needs.
func pod(name string) *corev1.Pod {
	no, yes := false, true
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Name: "main", Image: "none", SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: &no, RunAsNonRoot: &yes, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			}}},
		},
	}
}

func boundsMeetWhatIsMadeByHand(t *testing.T, c *cloud) {
	pods := c.clients(t, "live").CoreV1().Pods("hello-a")
	made, err := pods.Create(t.Context(), pod("modest"), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	resources := made.Spec.Containers[0].Resources
	for what, quantity := range map[string]string{
		"CPU": resources.Requests.Cpu().String(), "memory": resources.Requests.Memory().String(),
		"limit of CPU": resources.Limits.Cpu().String(), "limit of memory": resources.Limits.Memory().String(),
	} {
		want := map[string]string{"CPU": "10m", "memory": "32Mi", "limit of CPU": "1", "limit of memory": "128Mi"}[what]
		if quantity != want {
			t.Errorf("a container that says nothing gets %s %s, want %s", what, quantity, want)
		}
	}

	urgent := pod("urgent")
	urgent.Spec.PriorityClassName = "system-cluster-critical"
	greedy := pod("greedy")
	greedy.Spec.Containers[0].Resources.Requests = corev1.ResourceList{"cpu": *resources.Requests.Cpu(), "memory": *resources.Requests.Memory()}
	greedy.Spec.Containers[0].Resources.Requests["memory"] = resource.MustParse("1Ti")
	greedy.Spec.Containers[0].Resources.Limits = corev1.ResourceList{"memory": resource.MustParse("1Ti"), "cpu": resource.MustParse("1")}
	root := pod("root")
	root.Spec.Containers[0].SecurityContext = nil
	for want, refused := range map[string]*corev1.Pod{"no-priority": urgent, "exceeded quota: community": greedy, "violates PodSecurity": root} {
		if _, err := pods.Create(t.Context(), refused, metav1.CreateOptions{}); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("pod %s: %v, want it to be forbidden for %q", refused.Name, err, want)
		}
	}
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "disk"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{"storage": resource.MustParse("1Mi")}},
		},
	}
	if _, err := c.clients(t, "live").CoreV1().PersistentVolumeClaims("hello-a").Create(t.Context(), claim, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("a volume claim in a community without storage: %v, want it to be forbidden", err)
	}
}

// as are the clients of somebody else.
func (c *cloud) as(t *testing.T, user string, groups ...string) kubernetes.Interface {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(c.dir, ".local", "live", "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

func membersMayDoWhatTheirRoleSays(t *testing.T, c *cloud) {
	editor, viewer := c.as(t, "ada"), c.as(t, "bob", "visitors")
	ctx := t.Context()
	attempts := map[string]func(clients kubernetes.Interface, namespace string) error{
		"list pods": func(clients kubernetes.Interface, namespace string) error {
			_, err := clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
			return err
		},
		"list secrets": func(clients kubernetes.Interface, namespace string) error {
			_, err := clients.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{})
			return err
		},
		"make a pod": func(clients kubernetes.Interface, namespace string) error {
			_, err := clients.CoreV1().Pods(namespace).Create(ctx, pod("by-member"), metav1.CreateOptions{})
			return err
		},
		"remove the isolation": func(clients kubernetes.Interface, namespace string) error {
			return clients.NetworkingV1().NetworkPolicies(namespace).Delete(ctx, "default-deny", metav1.DeleteOptions{})
		},
		"open the isolation": func(clients kubernetes.Interface, namespace string) error {
			open := &networkingv1.NetworkPolicy{
				ObjectMeta: metav1.ObjectMeta{Name: "open"},
				Spec:       networkingv1.NetworkPolicySpec{Ingress: []networkingv1.NetworkPolicyIngressRule{{}}},
			}
			_, err := clients.NetworkingV1().NetworkPolicies(namespace).Create(ctx, open, metav1.CreateOptions{})
			return err
		},
		"take an address": func(clients kubernetes.Interface, namespace string) error {
			service := &corev1.Service{
				ObjectMeta: metav1.ObjectMeta{Name: "thief"},
				Spec:       corev1.ServiceSpec{ExternalIPs: []string{"10.98.0.11"}, Ports: []corev1.ServicePort{{Port: 80}}},
			}
			_, err := clients.CoreV1().Services(namespace).Create(ctx, service, metav1.CreateOptions{})
			return err
		},
		"lift the quota": func(clients kubernetes.Interface, namespace string) error {
			return clients.CoreV1().ResourceQuotas(namespace).Delete(ctx, "community", metav1.DeleteOptions{})
		},
	}
	allowed := map[string][]string{
		"ada in guestbook-a":                     {"list pods", "list secrets", "make a pod"},
		"visitors in guestbook-a":                {"list pods"},
		"the pods' own account in guestbook-a":   nil,
		"ada in hello-a":                         nil,
		"ada in ingress":                         nil,
		"visitors in hello-a":                    nil,
		"the pods' own account in ingress":       nil,
		"the pods' own account in hello-a":       nil,
		"the pods' own account in kube-system":   nil,
		"somebody in guestbook-a":                nil,
		"the default account in guestbook-a":     nil,
		"the default account in the neighbour's": nil,
	}
	who := map[string]kubernetes.Interface{
		"ada": editor, "visitors": viewer, "somebody": c.as(t, "somebody", "system:authenticated"),
		"the pods' own account": c.as(t, "system:serviceaccount:guestbook-a:guestbook", "system:serviceaccounts", "system:serviceaccounts:guestbook-a", "system:authenticated"),
		"the default account":   c.as(t, "system:serviceaccount:guestbook-a:default", "system:serviceaccounts", "system:serviceaccounts:guestbook-a", "system:authenticated"),
	}
	for situation, want := range allowed {
		name, namespace, _ := strings.Cut(situation, " in ")
		if namespace == "the neighbour's" {
			namespace = "hello-a"
		}
		var got []string
		for attempt, try := range attempts {
			switch err := try(who[name], namespace); {
			case err == nil:
				got = append(got, attempt)
			case !apierrors.IsForbidden(err):
				t.Errorf("%s: %s: %v", situation, attempt, err)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s may %v, want %v", situation, got, want)
		}
	}
}

// namespaceThatWasPartOfItsAppIsKept rewrites the state to what an earlier program left: the namespace
// is a child of its app.
func namespaceThatWasPartOfItsAppIsKept(t *testing.T, c *cloud) {
	namespaces := c.clients(t, "live").CoreV1().Namespaces()
	before, err := namespaces.Get(t.Context(), "hello-a", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const (
		prefix = "urn:pulumi:live::live-omega::live-omega:"
		app    = prefix + "abapp:App::hello"
		now    = prefix + "community:Community$kubernetes:core/v1:Namespace::hello-a"
		former = prefix + "abapp:App$kubernetes:core/v1:Namespace::hello-a"
	)
	exported := c.pulumi(t, "stack", "export", "-s", "live")
	if !strings.Contains(exported, now) {
		t.Fatalf("the state does not have %s", now)
	}
	var state map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(exported, now, former)), &state); err != nil {
		t.Fatal(err)
	}
	deployment := state["deployment"].(map[string]any)
	resources := deployment["resources"].([]any)
	// A parent comes before its children: the stack, the app, then all others.
	var first, others []any
	for i, found := range resources {
		one := found.(map[string]any)
		if one["urn"] == former {
			one["parent"] = app
		}
		if i == 0 || one["urn"] == app {
			first = append(first, one)
		} else {
			others = append(others, one)
		}
	}
	deployment["resources"] = append(first, others...)
	edited, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "state.json")
	writeFile(t, file, string(edited))
	c.pulumi(t, "stack", "import", "-s", "live", "--file", file)

	if changes := c.changes(t, "live"); changes["delete"]+changes["replace"]+changes["create"] != 0 {
		t.Errorf("up plans %v, want nothing to be made or removed", changes)
	}
	c.up(t, "live")
	after, err := namespaces.Get(t.Context(), "hello-a", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if after.UID != before.UID {
		t.Error("the namespace was made anew")
	}
	if exported := c.pulumi(t, "stack", "export", "-s", "live"); !strings.Contains(exported, now) || strings.Contains(exported, `"urn": "`+former) {
		t.Error("the namespace is not the community's in the state")
	}
	c.up(t, "live", "--expect-no-changes")
}

func communityLeavesWithoutATrace(t *testing.T, c *cloud) {
	cluster, clients := c.clusters["live"], c.clients(t, "live")
	belongs := clients.CoreV1().Namespaces()
	makers, err := belongs.List(t.Context(), metav1.ListOptions{LabelSelector: ofMakers})
	if err != nil || len(makers.Items) == 0 {
		t.Fatalf("%d namespaces of makers before they leave: %v", len(makers.Items), err)
	}
	for _, namespace := range makers.Items {
		made := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "made-by-hand"}}
		if _, err := clients.CoreV1().ConfigMaps(namespace.Name).Create(t.Context(), made, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	stays, err := belongs.Get(t.Context(), "guestbook-a", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}

	c.editConfig(t, "live", func(config map[string]any) {
		delete(config["live-omega:communities"].(map[string]any), "makers")
		running := config["live-omega:apps"].(map[string]any)
		for name := range running {
			if app, _ := apps.Lookup(name); app.Community == "makers" {
				delete(running, name)
			}
		}
	})
	c.up(t, "live")

	for _, namespace := range makers.Items {
		if _, err := belongs.Get(t.Context(), namespace.Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("namespace %s is still there: %v", namespace.Name, err)
		}
		for _, name := range cluster.deployed(t) {
			if strings.Contains(name, " "+namespace.Name+"/") {
				t.Errorf("left: %s", name)
			}
		}
	}
	if left := cluster.labelled(t, ofMakers); len(left) != 0 {
		t.Errorf("still labelled: %v", left)
	}
	if state := c.pulumi(t, "stack", "export", "-s", "live"); strings.Contains(state, "makers") {
		t.Error("the state still knows the community")
	}
	after, err := belongs.Get(t.Context(), "guestbook-a", metav1.GetOptions{})
	if err != nil || after.UID != stays.UID {
		t.Errorf("the other community's namespace is not what it was: %v", err)
	}
}

// editConfig changes the config in a stack's file.
func (c *cloud) editConfig(t *testing.T, stack string, edit func(config map[string]any)) {
	t.Helper()
	path := filepath.Join(c.dir, fmt.Sprintf("Pulumi.%s.yaml", stack))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	edit(file["config"].(map[string]any))
	edited, err := yaml.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, string(edited))
}
