package edge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

// services decodes the services of a routing file.
func services(t *testing.T, addresses map[string]string) map[string]object {
	t.Helper()
	file, err := renderRouting(addresses)
	require.NoError(t, err)
	var decoded struct {
		HTTP struct {
			Services map[string]object `json:"services"`
		} `json:"http"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(file), &decoded))
	return decoded.HTTP.Services
}

func TestEveryClusterFallsBackToTheOther(t *testing.T) {
	found := services(t, map[string]string{"live": "10.0.0.1:80", "omega": "10.0.0.2:80"})
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
	found := services(t, map[string]string{"live": "10.0.0.1:80", "omega": "10.0.0.2:80"})
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
