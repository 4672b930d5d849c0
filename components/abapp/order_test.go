package abapp_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/components/abapp"
	"live-omega/tests/recording"
)

const (
	deploymentOf = "kubernetes:apps/v1:Deployment::wiki-"
	mainRoute    = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::wiki"
	previewRoute = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::wiki-preview"
	serviceOf    = "kubernetes:core/v1:Service::wiki-"
	grantOfB     = "kubernetes:gateway.networking.k8s.io/v1beta1:ReferenceGrant::wiki-b"
	copies       = "kubernetes:traefik.io/v1alpha1:TraefikService::wiki-copies"
)

func TestCapacityComesBeforeTrafficAndGoesAfterIt(t *testing.T) {
	tests := []struct {
		name     string
		variants map[string]abapp.Variant
		release  abapp.Release
		// before are the variants whose pods the routes wait for; the pods of the others wait for the routes.
		before []string
	}{
		{"ramped", replicas(1, 1), abapp.Release{Strategy: abapp.Ramped}, []string{"a"}},
		{"ramped with pins", replicas(1, 1), abapp.Release{Strategy: abapp.Ramped, Pin: true}, []string{"a", "b"}},
		{"recreate", replicas(1, 1), abapp.Release{Strategy: abapp.Recreate}, []string{"a"}},
		{"an app that is switched off", replicas(0, 0), abapp.Release{Strategy: abapp.Ramped}, nil},
		{"blueGreen on b, with a preview of a", replicas(1, 1), abapp.Release{Strategy: abapp.BlueGreen, Active: "b", Preview: yes()}, []string{"a", "b"}},
		{"blueGreen on b, without a preview", replicas(1, 1), abapp.Release{Strategy: abapp.BlueGreen, Active: "b"}, []string{"b"}},
		{"blueGreen on b, with a preview of nothing", replicas(0, 1), abapp.Release{Strategy: abapp.BlueGreen, Active: "b", Preview: yes()}, []string{"b"}},
		{"canary at 0", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: number(0)}, []string{"a"}},
		{"canary at 1", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: number(1)}, []string{"a", "b"}},
		{"canary at 100", replicas(1, 1), abapp.Release{Strategy: abapp.Canary, Weight: number(100)}, []string{"b"}},
		{"abTest", replicas(1, 1), abapp.Release{Strategy: abapp.ABTest, Match: []abapp.Match{{Query: map[string]string{"a": "b"}}}}, []string{"a", "b"}},
		{"shadow", replicas(1, 1), abapp.Release{Strategy: abapp.Shadow, Percent: number(1)}, []string{"a", "b"}},
		{"dark with a preview", replicas(1, 1), abapp.Release{Strategy: abapp.Dark, Preview: yes()}, []string{"a", "b"}},
		{"dark with a pin to nothing", replicas(1, 0), abapp.Release{Strategy: abapp.Dark, Pin: true}, []string{"a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := args()
			args.Variants, args.Release = test.variants, test.release
			recorded := record(t, args)
			routes := []string{mainRoute}
			if abapp.Previewed(test.release) != "" {
				routes = append(routes, previewRoute)
			}
			for _, variant := range []string{"a", "b"} {
				pods := deploymentOf + variant
				for _, route := range routes {
					waits := slices.Contains(test.before, variant)
					assert.Equal(t, waits, slices.Contains(recorded.Resources[route].After, pods), "%s after %s", route, pods)
					assert.Equal(t, !waits, slices.Contains(recorded.Resources[pods].After, route), "%s after %s", pods, route)
				}
			}
		})
	}
}

func TestRoutesComeAfterAllThatTheyReferTo(t *testing.T) {
	for _, test := range releases {
		t.Run(test.name, func(t *testing.T) {
			args := args()
			args.Release = test.release
			recorded := record(t, args)
			for _, route := range recorded.Keys("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute") {
				assert.Subset(t, recorded.Resources[route].After, []string{serviceOf + "a", serviceOf + "b", grantOfB, copies}, route)
			}
		})
	}
}

func TestServicesInsideTraefikOutliveThePodsOfB(t *testing.T) {
	recorded := record(t, args())
	services := slices.Concat(recorded.Keys("kubernetes:traefik.io/v1alpha1:TraefikService"), recorded.Keys("kubernetes:traefik.io/v1alpha1:Middleware"))
	assert.Contains(t, services, copies)
	assert.Subset(t, recorded.Resources[deploymentOf+"b"].After, services)
	for _, service := range services {
		assert.Subset(t, recorded.Resources[service].After, []string{serviceOf + "a", serviceOf + "b"}, service)
	}
}

func TestServicesInsideTraefikDoNotDependOnTheRelease(t *testing.T) {
	before := record(t, args())
	for _, test := range releases {
		args := args()
		args.Release = test.release
		after := record(t, args)
		for _, kind := range []string{"TraefikService", "Middleware"} {
			token := "kubernetes:traefik.io/v1alpha1:" + kind
			assert.Equal(t, before.Keys(token), after.Keys(token), test.name)
			for _, key := range before.Keys(token) {
				assert.Equal(t, recording.Canonical(before.Resources[key].Inputs), recording.Canonical(after.Resources[key].Inputs), "%s: %s", test.name, key)
			}
		}
	}
}
