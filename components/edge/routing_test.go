package edge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

// parts are those of a routing file, by kind and name.
func parts(t *testing.T, addresses map[string]string) map[string]map[string]object {
	t.Helper()
	file, err := renderRouting(addresses)
	require.NoError(t, err)
	var decoded struct {
		HTTP map[string]map[string]object `json:"http"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(file), &decoded))
	return decoded.HTTP
}

func services(t *testing.T, addresses map[string]string) map[string]object {
	t.Helper()
	return parts(t, addresses)["services"]
}

var two = map[string]string{"live": "10.0.0.1:80", "omega": "10.0.0.2:80"}

func TestEveryClusterFallsBackToTheOther(t *testing.T) {
	found := services(t, two)
	assert.Equal(t, object{"failover": object{"service": "live-only", "fallback": "live-else-omega"}}, found["live"])
	assert.Equal(t, object{"failover": object{"service": "omega-only", "fallback": "live-anyway"}}, found["live-else-omega"])
	assert.Equal(t, object{"failover": object{"service": "omega-only", "fallback": "omega-else-live"}}, found["omega"])
	balancer := found["live-only"]["loadBalancer"].(object)
	assert.Equal(t, []any{object{"url": "http://10.0.0.1:80"}}, balancer["servers"])
	assert.Equal(t, true, balancer["passHostHeader"])
	check := balancer["healthCheck"].(object)
	assert.Equal(t, "/ready", check["path"])
	assert.Equal(t, "gateway.internal", check["hostname"])
}

func TestWithoutAHealthyClusterRequestsGoWhereTheWeightsSay(t *testing.T) {
	found := services(t, two)
	balancer := found["live-anyway"]["loadBalancer"].(object)
	assert.Equal(t, []any{object{"url": "http://10.0.0.1:80"}}, balancer["servers"])
	assert.NotContains(t, balancer, "healthCheck")
}

func TestThreeClustersFallBackInTurn(t *testing.T) {
	found := services(t, map[string]string{"a": "1:80", "b": "2:80", "c": "3:80"})
	assert.Equal(t, object{"failover": object{"service": "b-only", "fallback": "b-else-c"}}, found["b"])
	assert.Equal(t, object{"failover": object{"service": "c-only", "fallback": "b-else-c-else-a"}}, found["b-else-c"])
	assert.Equal(t, object{"failover": object{"service": "a-only", "fallback": "b-anyway"}}, found["b-else-c-else-a"])
	// Every name that is referred to exists.
	for name, service := range found {
		if failover, ok := service["failover"].(object); ok {
			assert.Contains(t, found, failover["service"], name)
			assert.Contains(t, found, failover["fallback"], name)
		}
	}
}

func TestAClusterWithoutAnAddressIsAnError(t *testing.T) {
	_, err := renderRouting(map[string]string{"live": "10.0.0.1:80", "omega": ""})
	assert.EqualError(t, err, "cluster omega has no address")
}

func TestCopiesGoToTheOtherClusterOrToNobody(t *testing.T) {
	found := services(t, two)
	assert.Equal(t, object{"mirroring": object{
		"service": "live-again", "mirrorBody": true, "maxBodySize": 99999.0,
		"mirrors": []any{object{"name": "omega-copies", "percent": 100.0}},
	}}, found["live-mirror"])
	balancer := found["omega-copies"]["loadBalancer"].(object)
	assert.Equal(t, []any{object{"url": "http://10.0.0.2:80"}}, balancer["servers"])
	assert.Equal(t, "copies", balancer["serversTransport"])
}

func TestWhileAClusterIsDeadItsRequestsAreNotCopied(t *testing.T) {
	found := parts(t, two)
	assert.Equal(t, object{"failover": object{"service": "live-loop", "fallback": "live"}}, found["services"]["live-copied"])
	assert.Contains(t, found["services"]["live-loop"]["loadBalancer"], "healthCheck")
	ready := found["routers"]["live-loop-ready"]
	assert.Equal(t, "Host(`gateway.internal`)", ready["rule"])
	assert.Equal(t, "live-only", ready["service"], "the loop is as healthy as the cluster, whatever the other one is")
}

func TestACopyThatHangsEndsSoonerThanARequest(t *testing.T) {
	timeouts := func(transport string) object {
		return parts(t, two)["serversTransports"][transport]["forwardingTimeouts"].(object)
	}
	assert.Equal(t, object{"dialTimeout": "300ms", "responseHeaderTimeout": "5s", "idleConnTimeout": "3s"}, timeouts("copies"))
	assert.Equal(t, "30s", timeouts("clusters")["responseHeaderTimeout"])
	assert.NotContains(t, timeouts("loops"), "responseHeaderTimeout", "a loop must not end a request that its cluster may still answer")
}

func TestRetriesAreBehindTheCopiesAndNotBeforeThem(t *testing.T) {
	routers := parts(t, two)["routers"]
	assert.Equal(t, object{
		"entryPoints": []any{"live-again"}, "rule": "PathPrefix(`/`)", "service": "live", "middlewares": []any{"retry@file"},
	}, routers["live-again"])
	for _, name := range []string{"live-mirror", "live-loop", "live-loop-ready", "omega-mirror", "omega-loop", "omega-loop-ready"} {
		assert.NotContains(t, routers[name], "middlewares", name)
	}
	assert.Equal(t, "live-mirror", routers["live-mirror"]["service"])
	assert.Equal(t, "live-again", routers["live-loop"]["service"], "what cannot be copied goes the same way without copies")
	mirror, loop := routers["live-mirror"]["rule"].(string), routers["live-loop"]["rule"].(string)
	assert.Greater(t, len(mirror), len(loop), "the longer rule comes first")
	assert.Less(t, len(mirror), firstPriority)
}

func TestThreeClustersHaveNoCopies(t *testing.T) {
	found := parts(t, map[string]string{"a": "1:80", "b": "2:80", "c": "3:80"})
	assert.NotContains(t, found, "routers")
	assert.NotContains(t, found["services"], "a-copied")
	assert.Nil(t, loops([]string{"a", "b", "c"}))
}

func TestEveryNameInTheRoutingExists(t *testing.T) {
	found := parts(t, two)
	for name, router := range found["routers"] {
		assert.Contains(t, found["services"], router["service"], name)
		for _, entryPoint := range router["entryPoints"].([]any) {
			assert.Contains(t, loops([]string{"live", "omega"}), entryPoint, name)
		}
	}
	for name, service := range found["services"] {
		if failover, ok := service["failover"].(object); ok {
			assert.Contains(t, found["services"], failover["service"], name)
			assert.Contains(t, found["services"], failover["fallback"], name)
		}
		if balancer, ok := service["loadBalancer"].(object); ok {
			assert.Contains(t, found["serversTransports"], balancer["serversTransport"], name)
		}
		if mirroring, ok := service["mirroring"].(object); ok {
			assert.Contains(t, found["services"], mirroring["service"], name)
			assert.Contains(t, found["services"], mirroring["mirrors"].([]any)[0].(object)["name"], name)
		}
	}
}
