package edge_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/edge"
	"live-omega/components/ingress"
	"live-omega/tests/recording"
)

type object = map[string]any

func args() edge.GatewayArgs {
	return edge.GatewayArgs{
		Clusters: map[string]pulumi.StringInput{"live": pulumi.String("10.0.0.1:80"), "omega": pulumi.String("10.0.0.2:80")},
		Domain:   "example.test",
		Traffic: edge.Traffic{
			Default: edge.Split{Weights: edge.Weights{"live": 100, "omega": 0}},
			Apps:    map[string]edge.Split{"wiki": {Weights: edge.Weights{"live": 30, "omega": 70}}},
		},
		Hosts: map[string]pulumi.StringArrayInput{"wiki": pulumi.ToStringArray([]string{"wiki.example.test", "wiki.club.test"})},
		Ingress: ingress.Args{
			Image: "registry/traefik@sha256:0", Replicas: 2,
			Exposure: ingress.Exposure{Kind: ingress.ExternalIP, Address: "10.0.0.3"},
		},
	}
}

// split is one of percentages, omega getting what live does not.
func split(live int) edge.Split {
	return edge.Split{Weights: edge.Weights{"live": live, "omega": 100 - live}}
}

func run(args edge.GatewayArgs) (recording.Recording, error) {
	return recording.OnCluster(func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error {
		made, err := edge.NewGateway(ctx, "edge", args, onCluster)
		if err != nil {
			return err
		}
		ctx.Export("address", made.Address)
		return nil
	})
}

func TestEveryRequestPassesTheRetries(t *testing.T) {
	recorded, err := run(args())
	require.NoError(t, err)
	deployment := recorded.Resources["kubernetes:apps/v1:Deployment::edge"].Inputs["spec"].(object)
	container := deployment["template"].(object)["spec"].(object)["containers"].([]any)[0].(object)
	assert.Contains(t, container["args"], "--entrypoints.web.http.middlewares=retry@file")
	assert.Equal(t, "10.0.0.3:80", recorded.Outputs["address"])
}

func TestRoutesAreAttachedToTheEdgesOwnGateway(t *testing.T) {
	recorded, err := run(args())
	require.NoError(t, err)
	for _, name := range []string{"default", "app-wiki"} {
		route := recorded.Resources["kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::"+name]
		assert.Contains(t, route.After, "kubernetes:gateway.networking.k8s.io/v1:Gateway::edge")
		parent := route.Inputs["spec"].(object)["parentRefs"].([]any)[0].(object)
		assert.Equal(t, object{"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "ingress", "name": "gateway"}, parent)
	}
}

func TestAnAppsRouteMatchesEveryNameOfTheApp(t *testing.T) {
	recorded, err := run(args())
	require.NoError(t, err)
	spec := recorded.Resources["kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::app-wiki"].Inputs["spec"].(object)
	assert.Equal(t, []any{"wiki.example.test", "wiki-preview.example.test", "wiki.club.test"}, spec["hostnames"])
	spec = recorded.Resources["kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::default"].Inputs["spec"].(object)
	assert.NotContains(t, spec, "hostnames", "the default is for every host")
}

func TestRoutesComeAfterWhatStickyOnesReferTo(t *testing.T) {
	recorded, err := run(args())
	require.NoError(t, err)
	for _, kind := range []string{"Middleware", "TraefikService"} {
		key := "kubernetes:traefik.io/v1alpha1:" + kind + "::clusters"
		require.Contains(t, recorded.Resources, key, "it is there although nothing is sticky")
		metadata := recorded.Resources[key].Inputs["metadata"].(object)
		assert.Equal(t, []any{"ingress", "clusters"}, []any{metadata["namespace"], metadata["name"]})
		for _, name := range []string{"default", "app-wiki"} {
			assert.Contains(t, recorded.Resources["kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::"+name].After, key)
		}
	}
}

func TestTheLoopsAreReachedByThePodAlone(t *testing.T) {
	recorded, err := run(args())
	require.NoError(t, err)
	deployment := recorded.Resources["kubernetes:apps/v1:Deployment::edge"].Inputs["spec"].(object)
	container := deployment["template"].(object)["spec"].(object)["containers"].([]any)[0].(object)
	assert.Subset(t, container["args"], []any{
		"--entrypoints.live-loop.address=127.0.0.1:8090",
		"--entrypoints.live-again.address=127.0.0.1:8091",
		"--entrypoints.omega-loop.address=127.0.0.1:8092",
		"--entrypoints.omega-again.address=127.0.0.1:8093",
		"--entrypoints.live-loop.forwardedheaders.trustedips=127.0.0.1/32",
	})
	assert.NotContains(t, container["args"], "--entrypoints.live-loop.http.middlewares=retry@file", "a copy would inherit the retries")
}

func TestMistakesAreRefused(t *testing.T) {
	tests := []struct {
		name string
		edit func(*edge.GatewayArgs)
		want string
	}{
		{"one cluster", func(a *edge.GatewayArgs) { delete(a.Clusters, "omega") }, "edge edge: clusters [live], want two or more"},
		{"weights of 90", func(a *edge.GatewayArgs) { a.Traffic.Default.Weights["live"] = 90 }, "weights default sum to 90, want 100"},
		{"a negative weight", func(a *edge.GatewayArgs) { a.Traffic.Apps["wiki"] = split(-1) }, "weight wiki of cluster live is -1, want 0 or more"},
		{"a cluster left out", func(a *edge.GatewayArgs) { delete(a.Traffic.Default.Weights, "omega") }, "weights default are of clusters [live], want [live omega]"},
		{"a mirror to nowhere", func(a *edge.GatewayArgs) { a.Traffic.Default.Mirror = &edge.Mirror{To: "mars", Percent: 5} }, `mirror default is to cluster "mars", want one of [live omega]`},
		{"a mirror of nothing", func(a *edge.GatewayArgs) { a.Traffic.Default.Mirror = &edge.Mirror{To: "omega"} }, "mirror default copies 0 %, want 1 to 100"},
		{"a mirror among three", func(a *edge.GatewayArgs) {
			a.Clusters["zeta"], a.Traffic.Apps = pulumi.String("10.0.0.4:80"), nil
			a.Traffic.Default = edge.Split{Weights: edge.Weights{"live": 100, "omega": 0, "zeta": 0}, Mirror: &edge.Mirror{To: "omega", Percent: 5}}
		}, "mirror default is between clusters [live omega zeta], want two"},
		{"more hosts than a route holds", func(a *edge.GatewayArgs) {
			many := make([]string, 15)
			for i := range many {
				many[i] = fmt.Sprintf("h%d.test", i)
			}
			a.Hosts["wiki"] = pulumi.ToStringArray(many)
		}, "HTTPRoute ingress/app-wiki has 17 hostnames, want 16 or fewer"},
		{"loops of one's own", func(a *edge.GatewayArgs) { a.Ingress.Loops = map[string]int{"x": 1} }, "the routing of the ingress is the edge's to set"},
		{"routing of one's own", func(a *edge.GatewayArgs) { a.Ingress.Routing = pulumi.String("x") }, "the routing of the ingress is the edge's to set"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := args()
			test.edit(&args)
			_, err := run(args)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
