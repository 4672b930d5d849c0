package edge_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/edge"
	"live-omega/tests/recording"
)

const (
	urlMap         = "gcp:compute/uRLMap:URLMap::edge"
	liveService    = "gcp:compute/backendService:BackendService::edge-live"
	groupsOfSample = "https://www.googleapis.com/compute/v1/projects/my-cloud/zones/"
)

func balancerArgs() edge.LoadBalancerArgs {
	group := func(name string, zones ...string) edge.Group {
		return edge.Group{Name: pulumi.String(name), Zones: pulumi.ToStringArray(zones)}
	}
	return edge.LoadBalancerArgs{
		Project:  "my-cloud",
		Clusters: map[string]edge.Group{"live": group("live-ingress", "europe-west3-a", "europe-west3-b"), "omega": group("omega-ingress", "europe-west3-a")},
		Domain:   "cloud.example.org",
		Zone:     pulumi.String("live-omega"),
		Traffic: edge.Traffic{
			Default: edge.Split{Weights: edge.Weights{"live": 100, "omega": 0}},
			Apps:    map[string]edge.Split{"wiki": {Weights: edge.Weights{"live": 30, "omega": 70}, Sticky: true, Pin: true}},
		},
		Hosts:        map[string]pulumi.StringArrayInput{"wiki": pulumi.ToStringArray([]string{"wiki.cloud.example.org", "wiki.club.net"})},
		Certificates: []string{"wiki.club.net", "deep.wiki.cloud.example.org"},
		Protect:      true,
	}
}

func runBalancer(args edge.LoadBalancerArgs) (recording.Recording, error) {
	return recording.OnGCP(func(ctx *pulumi.Context, onGCP pulumi.ResourceOption) error {
		made, err := edge.NewLoadBalancer(ctx, "edge", args, onGCP)
		if err != nil {
			return err
		}
		ctx.Export("address", made.Address)
		ctx.Export("records", made.Records)
		return nil
	})
}

func recordBalancer(t *testing.T, args edge.LoadBalancerArgs) recording.Recording {
	t.Helper()
	recorded, err := runBalancer(args)
	require.NoError(t, err)
	return recorded
}

func inputs(t *testing.T, recorded recording.Recording, key string) object {
	t.Helper()
	found, ok := recorded.Resources[key]
	require.Truef(t, ok, "%s is none of %v", key, recorded.Keys(""))
	return found.Inputs
}

func TestTheAddressAloneIsProtected(t *testing.T) {
	for _, protect := range []bool{true, false} {
		args := balancerArgs()
		args.Protect = protect
		recorded := recordBalancer(t, args)
		for _, key := range recorded.Keys("") {
			assert.Equal(t, protect && key == "gcp:compute/globalAddress:GlobalAddress::edge", recorded.Resources[key].Protected, key)
		}
		assert.Equal(t, recording.PublicAddress, recorded.Outputs["address"])
	}
}

func TestHTTPSaysWhereHTTPSIsAndNothingElse(t *testing.T) {
	recorded := recordBalancer(t, balancerArgs())
	assert.Equal(t, object{
		"name":               "live-omega-edge-redirect",
		"defaultUrlRedirect": object{"httpsRedirect": true, "redirectResponseCode": "PERMANENT_REDIRECT", "stripQuery": false},
	}, inputs(t, recorded, "gcp:compute/uRLMap:URLMap::edge-redirect"))
	assert.Equal(t, "edge-redirect-id", inputs(t, recorded, "gcp:compute/targetHttpProxy:TargetHttpProxy::edge")["urlMap"])

	const rule = "gcp:compute/globalForwardingRule:GlobalForwardingRule::edge-"
	assert.Equal(t, []string{rule + "http", rule + "https"}, recorded.Keys("gcp:compute/globalForwardingRule:GlobalForwardingRule"))
	for key, want := range map[string][]string{
		rule + "http":  {"80", "gcp:compute/targetHttpProxy:TargetHttpProxy::edge"},
		rule + "https": {"443", "gcp:compute/targetHttpsProxy:TargetHttpsProxy::edge"},
	} {
		found := inputs(t, recorded, key)
		assert.Equal(t, []any{recording.PublicAddress, "EXTERNAL_MANAGED", want[0]}, []any{found["ipAddress"], found["loadBalancingScheme"], found["portRange"]}, key)
		assert.Contains(t, recorded.Resources[key].After, want[1])
	}
}

func TestTLSIsRecentAndItsCertificatesAreFoundByName(t *testing.T) {
	recorded := recordBalancer(t, balancerArgs())
	policy := inputs(t, recorded, "gcp:compute/sSLPolicy:SSLPolicy::edge")
	assert.Equal(t, []any{"TLS_1_2", "MODERN"}, []any{policy["minTlsVersion"], policy["profile"]})
	proxy := inputs(t, recorded, "gcp:compute/targetHttpsProxy:TargetHttpsProxy::edge")
	assert.Equal(t, "edge-id", proxy["sslPolicy"])
	assert.Equal(t, "//certificatemanager.googleapis.com/edge-id", proxy["certificateMap"])
	assert.Contains(t, recorded.Resources["gcp:compute/targetHttpsProxy:TargetHttpsProxy::edge"].After, urlMap)

	entries := map[any]any{}
	for _, key := range recorded.Keys("gcp:certificatemanager/certificateMapEntry:CertificateMapEntry") {
		entry := inputs(t, recorded, key)
		entries[entry["hostname"]] = entry["certificates"].([]any)[0]
	}
	assert.Equal(t, map[any]any{
		"cloud.example.org": "edge-cloud.example.org-id", "*.cloud.example.org": "edge-cloud.example.org-id",
		"wiki.club.net": "edge-wiki.club.net-id", "deep.wiki.cloud.example.org": "edge-deep.wiki.cloud.example.org-id",
	}, entries)
	managed := inputs(t, recorded, "gcp:certificatemanager/certificate:Certificate::edge-cloud.example.org")["managed"].(object)
	assert.Equal(t, object{
		"domains": []any{"cloud.example.org", "*.cloud.example.org"}, "dnsAuthorizations": []any{"edge-cloud.example.org-id"},
	}, managed)
}

func TestOneMoreHostTouchesNoOtherCertificate(t *testing.T) {
	args := balancerArgs()
	args.Certificates = append(slices.Clone(args.Certificates), "new.club.net")
	for _, key := range recording.Changed(recordBalancer(t, balancerArgs()), recordBalancer(t, args)) {
		assert.Contains(t, key, "new.club.net")
	}
}

func TestNamesPointToTheAddressAndProveWhoseTheyAre(t *testing.T) {
	recorded := recordBalancer(t, balancerArgs())
	found := map[any]any{}
	for _, key := range recorded.Keys("gcp:dns/recordSet:RecordSet") {
		record := inputs(t, recorded, key)
		assert.Equal(t, "live-omega", record["managedZone"])
		found[record["name"]] = record["type"].(string) + " " + record["rrdatas"].([]any)[0].(string)
	}
	proofs := map[any]any{}
	for name, data := range found {
		if strings.HasPrefix(name.(string), "_acme-challenge.") {
			proofs[name] = data
			delete(found, name)
		}
	}
	assert.Equal(t, map[any]any{"cloud.example.org.": "A " + recording.PublicAddress, "*.cloud.example.org.": "A " + recording.PublicAddress}, found)
	require.Len(t, proofs, 2, "those of names below the domain")
	for _, name := range []string{"cloud.example.org", "deep.wiki.cloud.example.org"} {
		assert.Regexp(t, `^CNAME live-omega-edge-.*`+recording.ProofDomain+"$", proofs["_acme-challenge."+name+"."])
		certificate := recorded.Resources["gcp:certificatemanager/certificate:Certificate::edge-"+name]
		assert.Contains(t, certificate.After, "gcp:dns/recordSet:RecordSet::edge-proof-"+name)
	}
	others := recorded.Outputs["records"].(object)
	require.Len(t, others, 2, "those of somebody else's name")
	assert.Equal(t, "A "+recording.PublicAddress, others["wiki.club.net."])
	assert.Regexp(t, "^CNAME ", others["_acme-challenge.wiki.club.net."])
}

func TestAGatewayWithoutRoutesGetsNoRequests(t *testing.T) {
	recorded := recordBalancer(t, balancerArgs())
	check := inputs(t, recorded, "gcp:compute/healthCheck:HealthCheck::edge")
	assert.Equal(t, object{"host": "gateway.internal", "requestPath": "/ready", "portSpecification": "USE_SERVING_PORT"}, check["httpHealthCheck"])
	assert.LessOrEqual(t, check["timeoutSec"], check["checkIntervalSec"])
	services := recorded.Keys("gcp:compute/backendService:BackendService")
	assert.Equal(t, []string{liveService, "gcp:compute/backendService:BackendService::edge-omega"}, services)
	for _, key := range services {
		service := inputs(t, recorded, key)
		assert.Equal(t, "edge-id", service["healthChecks"], key)
		assert.Equal(t, "EXTERNAL_MANAGED", service["loadBalancingScheme"], key)
		assert.Greater(t, service["timeoutSec"], 30.0, "an app may take 30 s to answer")
	}
}

func TestAClustersRequestsGoToItsPodsInAllZones(t *testing.T) {
	recorded := recordBalancer(t, balancerArgs())
	backend := func(path string) object {
		return object{"group": groupsOfSample + path, "balancingMode": "RATE", "maxRatePerEndpoint": 1000.0}
	}
	assert.Equal(t, []any{
		backend("europe-west3-a/networkEndpointGroups/live-ingress"), backend("europe-west3-b/networkEndpointGroups/live-ingress"),
	}, inputs(t, recorded, liveService)["backends"])
	assert.Equal(t, []any{backend("europe-west3-a/networkEndpointGroups/omega-ingress")},
		inputs(t, recorded, "gcp:compute/backendService:BackendService::edge-omega")["backends"])
}

func TestNothingElseIsPublic(t *testing.T) {
	kinds := map[string]int{}
	recorded := recordBalancer(t, balancerArgs())
	for _, key := range recorded.Keys("") {
		if kind := recorded.Resources[key].Type; strings.HasPrefix(kind, "gcp:compute/") {
			kinds[kind]++
		}
	}
	assert.Equal(t, map[string]int{
		"gcp:compute/globalAddress:GlobalAddress": 1, "gcp:compute/globalForwardingRule:GlobalForwardingRule": 2,
		"gcp:compute/targetHttpProxy:TargetHttpProxy": 1, "gcp:compute/targetHttpsProxy:TargetHttpsProxy": 1, "gcp:compute/sSLPolicy:SSLPolicy": 1,
		"gcp:compute/uRLMap:URLMap": 2, "gcp:compute/backendService:BackendService": 2, "gcp:compute/healthCheck:HealthCheck": 1,
	}, kinds)
}

func TestTheURLMapSaysWhoGetsWhat(t *testing.T) {
	found := inputs(t, recordBalancer(t, balancerArgs()), urlMap)
	assert.Equal(t, []any{
		object{"hosts": []any{"*"}, "pathMatcher": "default"},
		object{"hosts": []any{"wiki-preview.cloud.example.org", "wiki.cloud.example.org", "wiki.club.net"}, "pathMatcher": "app-wiki"},
		object{"hosts": []any{"live.gateway.internal"}, "pathMatcher": "cluster-live"},
		object{"hosts": []any{"omega.gateway.internal"}, "pathMatcher": "cluster-omega"},
	}, found["hostRules"])
	everyone := found["pathMatchers"].([]any)[0].(object)
	assert.Equal(t, "default", everyone["name"])
	safe := object{"numRetries": 3.0, "retryConditions": []any{"connect-failure", "refused-stream"}}
	assert.Equal(t, []any{object{
		"priority":   1000.0,
		"matchRules": []any{object{"prefixMatch": "/"}},
		"routeAction": object{"retryPolicy": safe, "weightedBackendServices": []any{
			object{"backendService": "edge-live-id", "weight": 1000.0},
		}},
	}}, everyone["routeRules"])

	rules := found["pathMatchers"].([]any)[1].(object)["routeRules"].([]any)
	require.Len(t, rules, 2+2+1, "pins, visitors, and the rest")
	for _, rule := range rules {
		assert.Equal(t, safe, rule.(object)["routeAction"].(object)["retryPolicy"])
	}
	assert.Equal(t, []any{object{"prefixMatch": "/", "headerMatches": []any{object{"headerName": "X-Cluster", "exactMatch": "omega"}}}}, rules[1].(object)["matchRules"])
	assert.Equal(t, []any{
		object{"prefixMatch": "/", "headerMatches": []any{object{"headerName": "Cookie", "exactMatch": "live-omega-cluster=live"}}},
		object{"prefixMatch": "/", "headerMatches": []any{object{"headerName": "Cookie", "prefixMatch": "live-omega-cluster=live;"}}},
		object{"prefixMatch": "/", "headerMatches": []any{object{"headerName": "Cookie", "suffixMatch": "; live-omega-cluster=live"}}},
	}, rules[2].(object)["matchRules"])
	omega := rules[4].(object)["routeAction"].(object)["weightedBackendServices"].([]any)[1].(object)
	assert.Equal(t, []any{"edge-omega-id", 700.0}, []any{omega["backendService"], omega["weight"]})
	assert.Equal(t, []any{object{
		"headerName": "Set-Cookie", "replace": false, "headerValue": "live-omega-cluster=omega; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax",
	}}, omega["headerAction"].(object)["responseHeadersToAdds"])
}

// Google checks the health of what a map refers to, and of nothing else.
func TestAClusterThatGetsNothingStaysInTheMap(t *testing.T) {
	args := balancerArgs()
	args.Traffic.Apps = nil
	for _, live := range []int{0, 100} {
		args.Traffic.Default = split(live)
		paths := inputs(t, recordBalancer(t, args), urlMap)["pathMatchers"].([]any)
		assert.Equal(t, []any{
			object{"name": "cluster-live", "defaultService": "edge-live-id"}, object{"name": "cluster-omega", "defaultService": "edge-omega-id"},
		}, paths[1:])
	}
}

func TestAClusterThatIsAwayKeepsItsServiceAndHoldsOnToNothing(t *testing.T) {
	args := balancerArgs()
	args.Clusters["omega"] = edge.Group{}
	_, err := runBalancer(args)
	assert.ErrorContains(t, err, "cluster omega is away, but traffic [apps.wiki] is for it")

	args.Traffic.Apps["wiki"] = edge.Split{Weights: edge.Weights{"live": 100, "omega": 0}, Sticky: true, Pin: true}
	recorded := recordBalancer(t, args)
	assert.NotContains(t, inputs(t, recorded, "gcp:compute/backendService:BackendService::edge-omega"), "backends")
	for _, found := range inputs(t, recorded, urlMap)["pathMatchers"].([]any) {
		if name := found.(object)["name"]; name != "cluster-omega" {
			for _, text := range []string{"edge-omega", "cluster=omega", `"omega"`} {
				assert.NotContains(t, recording.Canonical(found), text, name)
			}
		}
	}
}

func TestCopiesGoToTheOtherClustersService(t *testing.T) {
	args := balancerArgs()
	args.Traffic.Default.Mirror = &edge.Mirror{To: "omega", Percent: 100}
	everyone := inputs(t, recordBalancer(t, args), urlMap)["pathMatchers"].([]any)[0].(object)
	action := everyone["routeRules"].([]any)[0].(object)["routeAction"].(object)
	assert.Equal(t, object{"backendService": "edge-omega-id"}, action["requestMirrorPolicy"])
}

func TestMovingTrafficChangesTheURLMapAndNothingElse(t *testing.T) {
	edits := map[string]func(*edge.Traffic){
		"default":       func(t *edge.Traffic) { t.Default.Weights = edge.Weights{"live": 0, "omega": 100} },
		"an app":        func(t *edge.Traffic) { t.Apps["wiki"] = split(99) },
		"one app more":  func(t *edge.Traffic) { t.Apps["board"] = split(1) },
		"one app fewer": func(t *edge.Traffic) { delete(t.Apps, "wiki") },
		"pin":           func(t *edge.Traffic) { t.Default.Pin = true },
		"copies":        func(t *edge.Traffic) { t.Default.Mirror = &edge.Mirror{To: "omega", Percent: 100} },
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			args := balancerArgs()
			edit(&args.Traffic)
			assert.Equal(t, []string{urlMap}, recording.Changed(recordBalancer(t, balancerArgs()), recordBalancer(t, args)))
		})
	}
}

func TestAnAddressThatAsksForTooMuchIsHeldBack(t *testing.T) {
	args := balancerArgs()
	args.RateLimit = &edge.RateLimit{Requests: 600, Seconds: 60}
	recorded := recordBalancer(t, args)
	everyone := object{"versionedExpr": "SRC_IPS_V1", "config": object{"srcIpRanges": []any{"*"}}}
	assert.Equal(t, []any{
		object{"action": "throttle", "priority": 1000.0, "match": everyone, "rateLimitOptions": object{
			"conformAction": "allow", "exceedAction": "deny(429)", "enforceOnKey": "IP", "rateLimitThreshold": object{"count": 600.0, "intervalSec": 60.0},
		}},
		object{"action": "allow", "priority": 2147483647.0, "match": everyone},
	}, inputs(t, recorded, "gcp:compute/securityPolicy:SecurityPolicy::edge")["rules"])
	for _, key := range recorded.Keys("gcp:compute/backendService:BackendService") {
		assert.Equal(t, "edge-id", inputs(t, recorded, key)["securityPolicy"], key)
	}
	assert.NotContains(t, inputs(t, recordBalancer(t, balancerArgs()), liveService), "securityPolicy")
}

func TestTheShareOfRequestsThatAreLoggedIsConfig(t *testing.T) {
	for percent, want := range map[int]object{0: {"enable": false}, 5: {"enable": true, "sampleRate": 0.05}, 100: {"enable": true, "sampleRate": 1.0}} {
		args := balancerArgs()
		args.LogPercent = percent
		assert.Equal(t, want, inputs(t, recordBalancer(t, args), liveService)["logConfig"])
	}
}

func TestMistakesOfALoadBalancerAreRefused(t *testing.T) {
	tests := []struct {
		name string
		edit func(*edge.LoadBalancerArgs)
		want string
	}{
		{"one cluster", func(a *edge.LoadBalancerArgs) { delete(a.Clusters, "omega") }, "edge edge: clusters [live], want two or more"},
		{"no zone", func(a *edge.LoadBalancerArgs) { a.Zone = nil }, `project "my-cloud", domain "cloud.example.org" or its zone is missing`},
		{"more logs than requests", func(a *edge.LoadBalancerArgs) { a.LogPercent = 101 }, "101 % of the requests are logged, want 0 to 100"},
		{"weights of 90", func(a *edge.LoadBalancerArgs) { a.Traffic.Default.Weights["live"] = 90 }, "weights default sum to 90, want 100"},
		{"a certificate that is there", func(a *edge.LoadBalancerArgs) { a.Certificates = []string{"wiki.cloud.example.org"} }, "certificate of wiki.cloud.example.org is there already"},
		{"a certificate twice", func(a *edge.LoadBalancerArgs) { a.Certificates = []string{"club.net", "club.net"} }, "certificate of club.net is there already"},
		{"some copies", func(a *edge.LoadBalancerArgs) { a.Traffic.Default.Mirror = &edge.Mirror{To: "omega", Percent: 5} },
			"traffic default.mirror.percent: found 5; write 100: on platform gke all requests are copied or none"},
		{"a cluster without zones", func(a *edge.LoadBalancerArgs) {
			a.Clusters["live"] = edge.Group{Name: pulumi.String("live-ingress"), Zones: pulumi.StringArray{}}
		}, `network endpoint group "live-ingress" in zones [], want a name and one zone or more`},
		{"a host of two apps", func(a *edge.LoadBalancerArgs) {
			a.Traffic.Apps["board"], a.Hosts["board"] = split(1), pulumi.ToStringArray([]string{"wiki.club.net"})
		}, "host wiki.club.net is app board's on one cluster and app wiki's on the other"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := balancerArgs()
			test.edit(&args)
			_, err := runBalancer(args)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
