package edge_test

import (
	"testing"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/edge"
	"live-omega/components/gatewayapi"
	"live-omega/components/ingress"
	"live-omega/tests/recording"
)

type object = map[string]any

func args() edge.GatewayArgs {
	return edge.GatewayArgs{
		Clusters: map[string]pulumi.StringInput{"live": pulumi.String("10.0.0.1:80"), "omega": pulumi.String("10.0.0.2:80")},
		Domain:   "example.test",
		Traffic:  edge.Traffic{Default: edge.Weights{"live": 100, "omega": 0}, Apps: map[string]edge.Weights{"wiki": {"live": 30, "omega": 70}}},
		Ingress: ingress.Args{
			Image: "registry/traefik@sha256:0", Replicas: 2,
			Exposure: ingress.Exposure{Kind: ingress.ExternalIP, Address: "10.0.0.3"},
		},
	}
}

func run(args edge.GatewayArgs) (recording.Recording, error) {
	return recording.Program("test", nil, func(ctx *pulumi.Context) error {
		provider, err := kubernetes.NewProvider(ctx, "cluster", nil)
		if err != nil {
			return err
		}
		made, err := edge.NewGateway(ctx, "edge", args, pulumi.Providers(provider))
		if err != nil {
			return err
		}
		ctx.Export("address", made.Address)
		return nil
	})
}

func TestEachRouteHasABackendForEveryCluster(t *testing.T) {
	routes := edge.Render([]string{"live", "omega"}, "example.test", args().Traffic)
	require.Len(t, routes, 2)
	assert.Equal(t, "default", routes[0].Name)
	assert.Empty(t, routes[0].Hostnames, "the default is for every host")
	assert.Equal(t, []gatewayapi.Backend{{Traefik: "live@file", Weight: 100}, {Traefik: "omega@file", Weight: 0}}, routes[0].Backends)
	assert.Equal(t, "app-wiki", routes[1].Name)
	assert.Equal(t, []string{"wiki.example.test"}, routes[1].Hostnames)
	assert.Equal(t, []gatewayapi.Backend{{Traefik: "live@file", Weight: 30}, {Traefik: "omega@file", Weight: 70}}, routes[1].Backends)
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

func TestMistakesAreRefused(t *testing.T) {
	tests := []struct {
		name string
		edit func(*edge.GatewayArgs)
		want string
	}{
		{"one cluster", func(a *edge.GatewayArgs) { delete(a.Clusters, "omega") }, "edge edge: clusters [live], want two or more"},
		{"weights of 90", func(a *edge.GatewayArgs) { a.Traffic.Default["live"] = 90 }, "weights default sum to 90, want 100"},
		{"a negative weight", func(a *edge.GatewayArgs) { a.Traffic.Apps["wiki"] = edge.Weights{"live": -1, "omega": 101} }, "weight wiki of cluster live is -1, want 0 or more"},
		{"a cluster left out", func(a *edge.GatewayArgs) { a.Traffic.Default = edge.Weights{"live": 100} }, "weights default are of clusters [live], want [live omega]"},
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
