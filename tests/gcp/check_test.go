package gcp

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func theKind(t *testing.T, short string) *kind {
	t.Helper()
	kinds, err := loadTable()
	require.NoError(t, err)
	k := byShort(kinds, short)
	require.NotNil(t, k, short)
	return k
}

func weighted(weights ...float64) []any {
	var services []any
	for _, weight := range weights {
		services = append(services, object{"backendService": "b", "weight": weight})
	}
	return services
}

func mapOf(rule object) object {
	rule["matchRules"] = []any{object{"prefixMatch": "/"}}
	return object{"name": "edge", "defaultService": "b", "pathMatchers": []any{object{"name": "hello", "defaultService": "b", "routeRules": []any{rule}}}}
}

func TestWhatGoogleWouldRefuseIsRefusedInPreviews(t *testing.T) {
	tests := []struct {
		name, kind string
		inputs     object
		want       string // property and a part of the reason; "" for none
	}{
		{"a network", "Network", object{"name": "live-omega", "autoCreateSubnetworks": false}, ""},
		{"a name with capitals", "Network", object{"name": "Live"}, "name: is \"Live\", which does not match"},
		{"a property that nobody looked up", "Network", object{"name": "n", "colour": "red"}, "colour: is not in the table"},
		{"a type", "Network", object{"autoCreateSubnetworks": "no"}, "autoCreateSubnetworks: is string, want bool"},
		{"a missing property", "Router", object{"name": "r"}, "network: is required"},
		{"an unknown value", "Router", object{"name": unknown{}, "network": unknown{}}, ""},
		{"a range with bits beyond its length", "Subnetwork", object{"network": "n", "ipCidrRange": "10.0.0.1/20"}, "ipCidrRange: is 10.0.0.1/20, which has bits"},
		{"a public range", "Subnetwork", object{"network": "n", "ipCidrRange": "8.8.8.0/24"}, "ipCidrRange: is 8.8.8.0/24, which is no private"},
		{"a secondary range inside a list", "Subnetwork", object{"network": "n", "ipCidrRange": "10.0.0.0/20", "secondaryIpRanges": []any{object{"rangeName": "pods"}}},
			"secondaryIpRanges[0].ipCidrRange: is required"},
		{"a short account", "Account", object{"accountId": "nodes"}, "accountId: is \"nodes\""},
		{"an account as member", "IAMMember", object{"project": "p", "role": "roles/x", "member": "nodes@p"}, "member: is \"nodes@p\""},
		{"a control plane of another size", "Cluster", object{"privateClusterConfig": object{"masterIpv4CidrBlock": "10.0.0.0/27"}}, "masterIpv4CidrBlock: is 10.0.0.0/27, want a /28"},
		{"a version that is no exact one", "Cluster", object{"minMasterVersion": "1.33"}, "minMasterVersion: is \"1.33\""},
		{"no first pool to remove", "Cluster", object{"removeDefaultNodePool": true}, "initialNodeCount: is needed"},
		{"a count beside autoscaling", "NodePool", object{"cluster": "live", "nodeCount": 1.0, "autoscaling": object{"maxNodeCount": 3.0}}, "nodeCount: should not be used"},
		{"more nodes at least than at most", "NodePool", object{"cluster": "live", "autoscaling": object{"minNodeCount": 4.0, "maxNodeCount": 3.0}}, "minNodeCount: is above"},
		{"an upgrade that moves nothing", "NodePool", object{"cluster": "live", "upgradeSettings": object{"maxSurge": 0.0, "maxUnavailable": 0.0}}, "maxSurge and maxUnavailable are 0"},
		{"a long name of a pool", "NodePool", object{"cluster": "live", "name": "a-name-that-has-more-than-forty-characters"}, "at most 40"},
		{"weights", "URLMap", mapOf(object{"priority": 1.0, "routeAction": object{"weightedBackendServices": weighted(10, 990)}}), ""},
		{"a weight that is not sent", "URLMap", mapOf(object{"priority": 1.0, "routeAction": object{"weightedBackendServices": weighted(0, 1000)}}), "hello: rule 1 has the weight 0, which"},
		{"a heavy weight", "URLMap", mapOf(object{"priority": 1.0, "routeAction": object{"weightedBackendServices": weighted(1001)}}), "hello: rule 1 has the weight 1001"},
		{"a rule to nowhere", "URLMap", mapOf(object{"priority": 1.0}), "has 0 of service"},
		{"a map without a default", "URLMap", object{"name": "edge"}, "defaultService: want one of"},
		{"hosts of nothing", "URLMap", object{"defaultService": "b", "hostRules": []any{object{"hosts": []any{"*"}, "pathMatcher": "hello"}}}, "there is no path matcher \"hello\""},
		{"endpoints by utilization", "BackendService", object{"healthChecks": "h", "backends": []any{object{"group": "neg"}}}, "its balancingMode is RATE"},
		{"a policy without a default", "SecurityPolicy", object{"rules": []any{object{"action": "allow", "priority": 1.0, "match": object{}}}}, "lack the default one"},
		{"a wildcard without a proof", "Certificate", object{"managed": object{"domains": []any{"*.example.org"}}}, "managed.dnsAuthorizations: are needed"},
		{"a timeout longer than its interval", "HealthCheck", object{"httpHealthCheck": object{}, "timeoutSec": 6.0}, "timeoutSec: is longer"},
		{"a certificate map by its ID", "TargetHttpsProxy", object{"urlMap": "m", "certificateMap": "projects/p/locations/global/certificateMaps/m"}, "want //certificatemanager"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var found string
			for _, failure := range theKind(t, test.kind).check(test.inputs) {
				found += failure.property + ": " + failure.reason + "\n"
			}
			if test.want == "" {
				assert.Empty(t, found)
			}
			assert.Contains(t, found, test.want)
		})
	}
}
