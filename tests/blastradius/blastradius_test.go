// Package blastradius proves that an edit of config changes what it is about and nothing else. It runs
// the program twice, before and after the edit, and compares every resource.
package blastradius

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/recording"
)

const (
	httpRoute  = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::"
	grant      = "kubernetes:gateway.networking.k8s.io/v1beta1:ReferenceGrant::"
	deployment = "kubernetes:apps/v1:Deployment::"
)

// object is a part of config, as YAML decodes it.
type object = map[string]any

func TestEditsReachOnlyWhatTheyAreAbout(t *testing.T) {
	tests := []struct {
		name  string
		stack string
		edit  func(cloud recording.Cloud)
		// want are the resources that change, in all stacks.
		want []string
	}{
		{
			name: "moving all traffic changes one route of the edge", stack: "edge",
			edit: func(cloud recording.Cloud) {
				at(cloud, "edge", "traffic")["default"] = object{"live": 0, "omega": 100}
			},
			want: []string{"edge " + httpRoute + "default"},
		},
		{
			name: "dividing traffic changes one route of the edge", stack: "edge",
			edit: func(cloud recording.Cloud) {
				at(cloud, "edge", "traffic")["default"] = object{"live": 50, "omega": 50}
			},
			want: []string{"edge " + httpRoute + "default"},
		},
		{
			name: "an app that differs gets one route of its own", stack: "edge",
			edit: func(cloud recording.Cloud) {
				at(cloud, "edge", "traffic", "apps")["hello"] = object{"live": 90, "omega": 10}
			},
			want: []string{"edge " + httpRoute + "app-hello"},
		},
		{
			name: "a canary's weight changes the app's route", stack: "live",
			edit: func(cloud recording.Cloud) { at(cloud, "live", "apps", "guestbook", "release")["weight"] = 50 },
			want: []string{"live " + httpRoute + "guestbook"},
		},
		{
			name: "a canary that gets everything keeps both backends", stack: "live",
			edit: func(cloud recording.Cloud) { at(cloud, "live", "apps", "guestbook", "release")["weight"] = 100 },
			want: []string{"live " + httpRoute + "guestbook"},
		},
		{
			name: "another strategy changes the app's route", stack: "omega",
			edit: func(cloud recording.Cloud) {
				at(cloud, "omega", "apps", "guestbook")["release"] = object{"strategy": "ramped"}
			},
			want: []string{"omega " + httpRoute + "guestbook"},
		},
		{
			name: "a version changes its variant's Deployment", stack: "live",
			edit: func(cloud recording.Cloud) {
				at(cloud, "live", "apps", "guestbook", "variants", "b")["version"] = "v3.0.0"
			},
			want: []string{"live " + deployment + "guestbook-b"},
		},
		{
			name: "replicas change their variant's Deployment and its disruption budget", stack: "live",
			edit: func(cloud recording.Cloud) {
				at(cloud, "live", "apps", "guestbook", "variants", "b")["replicas"] = 2
			},
			want: []string{"live " + deployment + "guestbook-b", "live kubernetes:policy/v1:PodDisruptionBudget::guestbook-b"},
		},
		{
			name: "a second variant comes with what it needs, and the app's route", stack: "live",
			edit: func(cloud recording.Cloud) {
				hello := at(cloud, "live", "apps", "hello")
				hello["variants"].(object)["b"] = hello["variants"].(object)["a"]
				hello["release"] = object{"strategy": "canary", "weight": 0}
			},
			want: []string{
				"live " + deployment + "hello-b",
				"live " + limits + "hello-b",
				"live " + namespace + "hello-b",
				"live " + quota + "hello-b",
				"live " + quota + "hello-b-no-priority",
				"live kubernetes:core/v1:Service::hello-b",
				"live kubernetes:core/v1:ServiceAccount::hello-b",
				"live " + httpRoute + "hello",
				"live " + grant + "hello-b",
				"live " + policy + "hello-b-default-deny",
				"live " + policy + "hello-b-dns",
				"live " + policy + "hello-b-from-gateway",
				"live " + policy + "hello-b-internet",
				"live " + policy + "hello-b-to-gateway",
				"live " + policy + "hello-b-within-community",
				"live kubernetes:rbac.authorization.k8s.io/v1:Role::hello-b",
				"live kubernetes:traefik.io/v1alpha1:Middleware::hello-cohorts",
				"live kubernetes:traefik.io/v1alpha1:ServersTransport::hello-copies",
				"live kubernetes:traefik.io/v1alpha1:TraefikService::hello-cohorts",
				"live kubernetes:traefik.io/v1alpha1:TraefikService::hello-copies",
			},
		},
		{
			name: "another primary changes no object of any cluster", stack: "shared",
			edit: func(cloud recording.Cloud) { cloud["shared"]["primary"] = "omega" },
		},
		{
			name: "a moved cluster changes the edge's routing and rolls it", stack: "live",
			edit: func(cloud recording.Cloud) { at(cloud, "live", "ingress")["address"] = "10.98.0.99" },
			want: []string{
				"edge " + deployment + "edge",
				"edge kubernetes:core/v1:ConfigMap::edge",
				"live " + deployment + "ingress",
				"live kubernetes:core/v1:Service::ingress",
			},
		},
	}
	recording.Checkout(t)
	before := recording.Sample(t).Record(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cloud := recording.Sample(t)
			test.edit(cloud)
			after := cloud.Record(t)
			assert.Equal(t, test.want, changedStacks(before, after))
		})
	}
}

func TestChangingTheWeightsOfAnAppLeavesTheOthersWhereTheyAre(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	at(cloud, "edge", "traffic", "apps")["hello"] = object{"live": 100}
	before := cloud.Record(t)["edge"]
	at(cloud, "edge", "traffic", "apps")["guestbook"] = object{"live": 20, "omega": 80}
	after := cloud.Record(t)["edge"]
	assert.Equal(t, []string{httpRoute + "app-guestbook"}, recording.Changed(before, after))
}

func TestTheProgramSaysTheSameTwice(t *testing.T) {
	recording.Checkout(t)
	cloud := recording.Sample(t)
	first, second := cloud.Record(t), cloud.Record(t)
	for stack := range first {
		assert.Empty(t, recording.Changed(first[stack], second[stack]))
		assert.Equal(t, first[stack].Golden(), second[stack].Golden())
	}
}

func TestTheEdgeReachesNoClusterButItsOwn(t *testing.T) {
	recording.Checkout(t)
	edge := recording.Sample(t).Record(t)["edge"]
	provider := edge.Resources["pulumi:providers:kubernetes::cluster"]
	assert.Equal(t, ".local/edge/kubeconfig", provider.Inputs["kubeconfig"])
	assert.Len(t, edge.Keys("pulumi:providers:kubernetes"), 1)
}

// at is the object at a path of a stack's config.
func at(cloud recording.Cloud, stack string, path ...string) object {
	found := object(cloud[stack])
	for _, key := range path {
		found = found[key].(object)
	}
	return found
}
