package ingress_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/ingress"
	"live-omega/components/traefik"
	"live-omega/tests/recording"
)

type object = map[string]any

const deploymentKey = "kubernetes:apps/v1:Deployment::ingress"

func args() ingress.Args {
	return ingress.Args{
		Image:    "registry/traefik@sha256:0",
		Replicas: 3,
		Exposure: ingress.Exposure{Kind: ingress.ExternalIP, Address: "10.0.0.1"},
	}
}

func run(args ingress.Args) (recording.Recording, error) {
	return recording.OnCluster(func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error {
		made, err := ingress.New(ctx, "ingress", args, onCluster)
		if err != nil {
			return err
		}
		ctx.Export("address", made.Address)
		ctx.Export("group", made.Group)
		return nil
	})
}

func record(t *testing.T, args ingress.Args) recording.Recording {
	t.Helper()
	recorded, err := run(args)
	require.NoError(t, err)
	return recorded
}

func spec(t *testing.T, recorded recording.Recording, key string) object {
	t.Helper()
	found, ok := recorded.Resources[key]
	require.True(t, ok, key)
	return found.Inputs["spec"].(object)
}

func podSpec(t *testing.T, recorded recording.Recording) object {
	t.Helper()
	return spec(t, recorded, deploymentKey)["template"].(object)["spec"].(object)
}

func flags(t *testing.T, recorded recording.Recording) []string {
	t.Helper()
	var flags []string
	for _, flag := range podSpec(t, recorded)["containers"].([]any)[0].(object)["args"].([]any) {
		flags = append(flags, flag.(string))
	}
	return flags
}

func TestThePodsComeAfterTheRouteThatTheirReadinessNeeds(t *testing.T) {
	recorded := record(t, args())
	after := recorded.Resources[deploymentKey].After
	assert.Contains(t, after, "kubernetes:gateway.networking.k8s.io/v1:Gateway::ingress")
	assert.Contains(t, after, "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::ingress")
	assert.Contains(t, after, "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::ingress")
	class := recorded.Resources["kubernetes:gateway.networking.k8s.io/v1:GatewayClass::ingress"]
	definitions := recorded.Keys("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")
	assert.Len(t, definitions, 5+10, "the definitions of the Gateway API, and of Traefik's own API")
	assert.Equal(t, definitions, class.After)
	assert.Subset(t, recorded.Resources["kubernetes:traefik.io/v1alpha1:Middleware::ingress"].After, definitions)
}

func TestNothingWaitsForWhatOnlyThePodsCanBring(t *testing.T) {
	recorded := record(t, args())
	for _, key := range []string{
		"kubernetes:gateway.networking.k8s.io/v1:GatewayClass::ingress",
		"kubernetes:gateway.networking.k8s.io/v1:Gateway::ingress",
		"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::ingress",
		"kubernetes:traefik.io/v1alpha1:Middleware::ingress",
		"kubernetes:core/v1:Service::ingress",
	} {
		annotations := recorded.Resources[key].Inputs["metadata"].(object)["annotations"].(object)
		assert.Equal(t, "true", annotations["pulumi.com/skipAwait"], key)
	}
}

func TestReadyMeansThatRoutesAreLoaded(t *testing.T) {
	container := podSpec(t, record(t, args()))["containers"].([]any)[0].(object)
	for _, probe := range []string{"readinessProbe", "startupProbe"} {
		assert.Equal(t, object{
			"path": "/ready", "port": "web", "scheme": "HTTP",
			"httpHeaders": []any{object{"name": "Host", "value": "gateway.internal"}},
		}, container[probe].(object)["httpGet"], probe)
	}
	assert.Equal(t, "/ping", container["livenessProbe"].(object)["httpGet"].(object)["path"])
	route := spec(t, record(t, args()), "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::ingress")
	assert.Equal(t, []any{"gateway.internal"}, route["hostnames"])
	assert.Equal(t, []any{object{"group": "traefik.io", "kind": "TraefikService", "name": "ping@internal", "weight": 1.0}},
		route["rules"].([]any)[0].(object)["backendRefs"])
	// A pod that has not read Traefik's own API, or has no plugin, has no such route.
	middleware := record(t, args()).Resources["kubernetes:traefik.io/v1alpha1:Middleware::ingress"].Inputs
	assert.Equal(t, "ready", middleware["metadata"].(object)["name"])
	assert.Contains(t, middleware["spec"].(object)["plugin"], "cohorts")
	assert.Contains(t, route["rules"].([]any)[0].(object)["filters"],
		object{"type": "ExtensionRef", "extensionRef": object{"group": "traefik.io", "kind": "Middleware", "name": "ready"}})
}

func TestReplacingPodsTakesNoCapacityAway(t *testing.T) {
	recorded := record(t, args())
	deployment := spec(t, recorded, deploymentKey)
	assert.Equal(t, 3.0, deployment["replicas"])
	assert.Equal(t, object{"maxSurge": 1.0, "maxUnavailable": 0.0}, deployment["strategy"].(object)["rollingUpdate"])
	assert.Equal(t, 1.0, spec(t, recorded, "kubernetes:policy/v1:PodDisruptionBudget::ingress")["maxUnavailable"])
}

func TestAPodHasTimeToDrain(t *testing.T) {
	behindBalancer := args()
	behindBalancer.Exposure = ingress.Exposure{Kind: ingress.NEG, Group: "live-ingress"}
	public := args()
	public.Public = true
	for name, args := range map[string]ingress.Args{"behind the edge": args(), "public": public, "behind a load balancer": behindBalancer} {
		t.Run(name, func(t *testing.T) {
			pod := podSpec(t, record(t, args))
			sleep := pod["containers"].([]any)[0].(object)["lifecycle"].(object)["preStop"].(object)["sleep"].(object)["seconds"].(float64)
			// Accepting and finishing requests, 1 s and 20 s, come after the drain.
			assert.Greater(t, pod["terminationGracePeriodSeconds"].(float64), sleep+1+20)
			assert.Positive(t, sleep)
		})
	}
}

func TestTraefikMayReadRoutesAndWriteTheirStatusOnly(t *testing.T) {
	rules := record(t, args()).Resources["kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::ingress"].Inputs["rules"].([]any)
	for _, rule := range rules {
		rule := rule.(object)
		for _, resource := range rule["resources"].([]any) {
			assert.NotContains(t, resource, "*")
			if strings.HasSuffix(resource.(string), "/status") {
				assert.Equal(t, []any{"update"}, rule["verbs"])
			} else {
				assert.Equal(t, []any{"list", "watch"}, rule["verbs"], resource)
			}
		}
	}
}

func TestPodsAreRestrictedAndHaveNoDashboard(t *testing.T) {
	recorded := record(t, args())
	pod := podSpec(t, recorded)
	security := pod["securityContext"].(object)
	assert.Equal(t, true, security["runAsNonRoot"])
	assert.Equal(t, object{"type": "RuntimeDefault"}, security["seccompProfile"])
	assert.Equal(t, []any{object{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}}, security["sysctls"])
	assert.Equal(t, object{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": object{"drop": []any{"ALL"}}},
		pod["containers"].([]any)[0].(object)["securityContext"])
	for _, flag := range flags(t, recorded) {
		assert.NotContains(t, flag, "--api", "the dashboard and API are off by default")
	}
	namespace := recorded.Resources["kubernetes:core/v1:Namespace::ingress"].Inputs["metadata"].(object)
	assert.Equal(t, "restricted", namespace["labels"].(object)["pod-security.kubernetes.io/enforce"])
}

func TestExposureDecidesTheServiceAndTheAddress(t *testing.T) {
	tests := []struct {
		exposure ingress.Exposure
		service  object
		flag     string
		address  string
	}{
		{ingress.Exposure{Kind: ingress.ExternalIP, Address: "10.0.0.1"}, object{"type": "ClusterIP", "externalIPs": []any{"10.0.0.1"}},
			"--providers.kubernetesgateway.statusaddress.ip=10.0.0.1", "10.0.0.1:80"},
		{ingress.Exposure{Kind: ingress.ExternalIP, Address: "fd00::1"}, object{"type": "ClusterIP", "externalIPs": []any{"fd00::1"}},
			"--providers.kubernetesgateway.statusaddress.ip=fd00::1", "[fd00::1]:80"},
		{ingress.Exposure{Kind: ingress.NodePort, Address: "node.lan"}, object{"type": "NodePort", "externalIPs": nil},
			"--providers.kubernetesgateway.statusaddress.hostname=node.lan", "node.lan:30080"},
		{ingress.Exposure{Kind: ingress.LoadBalancer}, object{"type": "LoadBalancer", "externalIPs": nil},
			"--providers.kubernetesgateway.statusaddress.service.name=traefik", "192.0.2.1:80"},
		{ingress.Exposure{Kind: ingress.NEG, Group: "live-ingress"}, object{"type": "ClusterIP", "externalIPs": nil},
			"--entrypoints.web.address=:80", ""},
	}
	for _, test := range tests {
		t.Run(test.address, func(t *testing.T) {
			args := args()
			args.Exposure = test.exposure
			recorded := record(t, args)
			service := spec(t, recorded, "kubernetes:core/v1:Service::ingress")
			for key, value := range test.service {
				assert.Equal(t, value, service[key], key)
			}
			assert.Contains(t, flags(t, recorded), test.flag)
			assert.Equal(t, test.address, recorded.Outputs["address"])
		})
	}
}

func TestAGroupIsNamedAndWaitedForBeforeThePods(t *testing.T) {
	args := args()
	args.Exposure = ingress.Exposure{Kind: ingress.NEG, Group: "live-ingress"}
	recorded := record(t, args)
	metadata := recorded.Resources["kubernetes:core/v1:Service::ingress"].Inputs["metadata"].(object)
	assert.Equal(t, object{
		"cloud.google.com/neg": `{"exposed_ports":{"80":{"name":"live-ingress"}}}`,
		"pulumi.com/waitFor":   "jsonpath={.metadata.annotations['cloud.google.com/neg-status']}",
	}, metadata["annotations"])
	assert.Equal(t, "live-ingress", recorded.Outputs["group"])
	assert.Contains(t, recorded.Resources[deploymentKey].After, "kubernetes:core/v1:Service::ingress", "pods that come before get no readiness gate")
	for _, flag := range flags(t, recorded) {
		assert.NotContains(t, flag, "statusaddress")
	}
}

// Google's load balancers append "-shadow" to the host of a copy, which is the name of no app.
func TestACopyOfTheLoadBalancerIsRoutedUnderItsOwnName(t *testing.T) {
	plain, args := args(), args()
	args.TrustedProxies = []string{"35.191.0.0/16"}
	args.Exposure = ingress.Exposure{Kind: ingress.NEG, Group: "live-ingress"}
	recorded := record(t, args)
	routing := recorded.Resources["kubernetes:core/v1:ConfigMap::ingress"].Inputs["data"].(object)["routing.yaml"].([]string)
	assert.Contains(t, routing, "      rule: HostRegexp(`^.+-shadow$`)")
	assert.Contains(t, routing, "          - url: http://127.0.0.1:80")
	assert.Regexp(t, `^traefik-hosts-[0-9a-f]{10}$`, mounted(t, recorded, "/plugins-local/src/"+traefik.HostsModule))
	assert.Subset(t, flags(t, recorded), []string{
		"--experimental.localplugins.hosts.modulename=live-omega/components/traefik/hosts",
		"--entrypoints.web.forwardedheaders.trustedips=35.191.0.0/16,127.0.0.1/32",
		"--providers.file.filename=/etc/traefik/routing/routing.yaml",
	})
	assert.NotContains(t, record(t, plain).Keys("kubernetes:core/v1:ConfigMap"), "kubernetes:core/v1:ConfigMap::ingress-hosts")
}

// With the others, the wait for the Service could be one for the pods.
func TestPodsDoNotWaitForAnotherKindOfService(t *testing.T) {
	assert.NotContains(t, record(t, args()).Resources[deploymentKey].After, "kubernetes:core/v1:Service::ingress")
}

func TestOnlyALoadBalancerIsWaitedFor(t *testing.T) {
	args := args()
	args.Exposure = ingress.Exposure{Kind: ingress.LoadBalancer}
	metadata := record(t, args).Resources["kubernetes:core/v1:Service::ingress"].Inputs["metadata"].(object)
	assert.NotContains(t, metadata, "annotations")
}

func TestChangedRoutingComesInAFileOfAnotherName(t *testing.T) {
	names := map[string]bool{}
	for _, content := range []string{"http: {}", "http: {routers: {}}"} {
		args := args()
		args.Routing = pulumi.String(content)
		args.Middlewares = []string{"retry@file"}
		recorded := record(t, args)
		config := recorded.Resources["kubernetes:core/v1:ConfigMap::ingress"].Inputs
		name := config["metadata"].(object)["name"].(string)
		assert.Equal(t, true, config["immutable"])
		assert.Equal(t, object{"routing.yaml": content}, config["data"])
		assert.Equal(t, name, mounted(t, recorded, "/etc/traefik/routing"))
		assert.Contains(t, flags(t, recorded), "--entrypoints.web.http.middlewares=retry@file")
		assert.Contains(t, flags(t, recorded), "--providers.file.filename=/etc/traefik/routing/routing.yaml")
		names[name] = true
	}
	assert.Len(t, names, 2)
	assert.NotContains(t, record(t, args()).Keys("kubernetes:core/v1:ConfigMap"), "kubernetes:core/v1:ConfigMap::ingress")
}

// mounted is the name of the ConfigMap in a folder of the pods.
func mounted(t *testing.T, recorded recording.Recording, folder string) string {
	t.Helper()
	pod := podSpec(t, recorded)
	container := pod["containers"].([]any)[0].(object)
	for _, mount := range container["volumeMounts"].([]any) {
		if mount := mount.(object); mount["mountPath"] == folder {
			for _, volume := range pod["volumes"].([]any) {
				if volume := volume.(object); volume["name"] == mount["name"] {
					return volume["configMap"].(object)["name"].(string)
				}
			}
		}
	}
	t.Fatalf("nothing is mounted at %s", folder)
	return ""
}

func TestThePluginLiesWhereTraefikLooksForIt(t *testing.T) {
	recorded := record(t, args())
	files, err := traefik.PluginFiles()
	require.NoError(t, err)
	require.Contains(t, files, ".traefik.yml")
	config := recorded.Resources["kubernetes:core/v1:ConfigMap::ingress-plugin"].Inputs
	assert.Equal(t, true, config["immutable"])
	assert.Len(t, config["data"], len(files))
	for name, content := range files {
		assert.Equal(t, strings.Split(content, "\n"), config["data"].(object)[name])
	}
	name := config["metadata"].(object)["name"].(string)
	assert.Regexp(t, `^traefik-plugin-[0-9a-f]{10}$`, name, "another plugin has another name")
	assert.Equal(t, name, mounted(t, recorded, "/plugins-local/src/"+traefik.PluginModule))
	assert.Equal(t, "/", podSpec(t, recorded)["containers"].([]any)[0].(object)["workingDir"])
	assert.Contains(t, flags(t, recorded), "--experimental.localplugins.cohorts.modulename="+traefik.PluginModule)
}

func TestTraefiksOwnAPIIsRead(t *testing.T) {
	assert.Subset(t, flags(t, record(t, args())), []string{
		"--providers.kubernetescrd=true",
		"--providers.kubernetescrd.allowcrossnamespace=true",
		"--providers.kubernetescrd.allowemptyservices=true",
		"--providers.kubernetescrd.disableclusterscoperesources=true",
	})
}

func TestMistakesAreRefused(t *testing.T) {
	tests := []struct {
		name string
		edit func(*ingress.Args)
		want string
	}{
		{"no image", func(a *ingress.Args) { a.Image = "" }, "ingress ingress: no image"},
		{"one replica", func(a *ingress.Args) { a.Replicas = 1 }, "1 replicas, want 2 or more"},
		{"middlewares from nowhere", func(a *ingress.Args) { a.Middlewares = []string{"x@file"} }, "middlewares without the routing that defines them"},
		{"a name as an external IP", func(a *ingress.Args) { a.Exposure.Address = "node" }, `exposure externalIP: address "node" is no IP address`},
		{"a node port nowhere", func(a *ingress.Args) { a.Exposure = ingress.Exposure{Kind: ingress.NodePort} }, "exposure nodePort: no address"},
		{"an address for a load balancer", func(a *ingress.Args) { a.Exposure.Kind = ingress.LoadBalancer }, "exposure loadBalancer: the platform decides the address"},
		{"an unknown exposure", func(a *ingress.Args) { a.Exposure.Kind = "tunnel" }, `exposure "tunnel" is none of [externalIP loadBalancer nodePort neg]`},
		{"an address for a group", func(a *ingress.Args) {
			a.Exposure = ingress.Exposure{Kind: ingress.NEG, Group: "g", Address: "10.0.0.1"}
		}, "exposure neg: the load balancer has the address"},
		{"routing behind a load balancer", func(a *ingress.Args) {
			a.Routing, a.Exposure = pulumi.String("http: {}"), ingress.Exposure{Kind: ingress.NEG, Group: "g"}
		}, "the routing behind a load balancer of Google Cloud is its own"},
		{"a group without a name", func(a *ingress.Args) { a.Exposure = ingress.Exposure{Kind: ingress.NEG} }, `exposure neg: group "" is no name of a network endpoint group`},
		{"a group with a name that is too long", func(a *ingress.Args) {
			a.Exposure = ingress.Exposure{Kind: ingress.NEG, Group: strings.Repeat("a", 64)}
		}, "is no name of a network endpoint group"},
		{"a group for a node's address", func(a *ingress.Args) { a.Exposure.Group = "g" }, "exposure externalIP: a network endpoint group belongs to exposure neg"},
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
