package clusters_test

import (
	"strconv"
	"strings"
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/clusters"
	"live-omega/components/placement"
	"live-omega/tests/recording"
)

const (
	clusterKey = "gcp:container/cluster:Cluster::cluster"
	poolType   = "gcp:container/nodePool:NodePool"
	appKey     = "kubernetes:core/v1:ConfigMap::app"
	version    = "1.33.5-gke.1080000"
	account    = "live-nodes@my-cloud.iam.gserviceaccount.com"
)

// gkeArgs are those of a zonal cluster whose pods are on pool a.
func gkeArgs() clusters.Args {
	text := func(value string) pulumi.StringInput { return pulumi.String(value) }
	return clusters.Args{
		Name: "live", Platform: clusters.OnGKE,
		GKE: &clusters.GKE{
			Project: "my-cloud", Location: "europe-west3-a", Zones: []string{"europe-west3-a"},
			Version: version, Channel: "regular", Window: "03:00",
			Hold:   &clusters.Hold{From: "2031-01-01", Until: "2031-06-30"},
			Access: []string{"203.0.113.0/24", "198.51.100.7/32"}, Protect: true,
			Network: clusters.GKENetwork{
				Network: text("network-link"), Subnetwork: text("subnetwork-link"), PodsRange: text("pods"), ServicesRange: text("services"),
				ControlPlane: text("10.10.32.0/28"), NodeAccount: text(account),
			},
		},
		Nodes: &clusters.Nodes{Active: "a", Zero: true, Pools: map[string]clusters.Pool{"a": pool("cos"), "b": pool("ubuntu")}},
	}
}

func pool(image string) clusters.Pool {
	return clusters.Pool{GKE: &clusters.GKEPool{
		Image: image, Version: version, MachineType: "e2-standard-2", Spot: true, Min: 2, Max: 5, DiskGB: 50,
		Upgrade: clusters.Upgrade{MaxSurge: 1},
	}}
}

// runGKE makes the cluster and, in the place of the apps, a ConfigMap that waits for Ready and is waited for
// by what stands by.
func runGKE(edit func(*clusters.Args)) (recording.Recording, error) {
	args := gkeArgs()
	edit(&args)
	return recording.OnGCP(func(ctx *pulumi.Context, onGCP pulumi.ResourceOption) error {
		cluster, err := clusters.New(ctx, args, onGCP)
		if err != nil {
			return err
		}
		app, err := corev1.NewConfigMap(ctx, "app", nil, pulumi.Provider(cluster.Provider), pulumi.DependsOn(cluster.Ready))
		if err != nil {
			return err
		}
		return cluster.StandBy(app)
	})
}

func recordGKE(t *testing.T, edit func(*clusters.Args)) recording.Recording {
	t.Helper()
	recorded, err := runGKE(edit)
	require.NoError(t, err)
	return recorded
}

func asItIs(*clusters.Args) {}

// at is the value at a path such as "taints[0].key"; nil where there is none.
func at(value any, path string) any {
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch inside := value.(type) {
		case map[string]any:
			value = inside[step]
		case []any:
			if i, err := strconv.Atoi(step); err == nil && i < len(inside) {
				value = inside[i]
				continue
			}
			return nil
		default:
			return nil
		}
	}
	return value
}

func assertProperties(t *testing.T, inputs map[string]any, wanted map[string]any) {
	t.Helper()
	for path, want := range wanted {
		assert.Equal(t, want, at(inputs, path), path)
	}
}

func TestAClusterOnGKEIsSafeByEveryProperty(t *testing.T) {
	cluster := recordGKE(t, asItIs).Resources[clusterKey]
	assertProperties(t, cluster.Inputs, map[string]any{
		"name": "live", "project": "my-cloud", "location": "europe-west3-a",
		"network": "network-link", "subnetwork": "subnetwork-link", "networkingMode": "VPC_NATIVE",
		"ipAllocationPolicy.clusterSecondaryRangeName":  "pods",
		"ipAllocationPolicy.servicesSecondaryRangeName": "services",
		"datapathProvider":                           "ADVANCED_DATAPATH",
		"privateClusterConfig.enablePrivateNodes":    true,
		"privateClusterConfig.enablePrivateEndpoint": false,
		"privateClusterConfig.masterIpv4CidrBlock":   "10.10.32.0/28",
		"masterAuthorizedNetworksConfig": map[string]any{
			"cidrBlocks":                  []any{map[string]any{"cidrBlock": "203.0.113.0/24"}, map[string]any{"cidrBlock": "198.51.100.7/32"}},
			"gcpPublicCidrsAccessEnabled": false,
		},
		"masterAuth":                          map[string]any{"clientCertificateConfig": map[string]any{"issueClientCertificate": false}},
		"enableLegacyAbac":                    false,
		"enableShieldedNodes":                 true,
		"workloadIdentityConfig.workloadPool": "my-cloud.svc.id.goog",
		"serviceExternalIpsConfig.enabled":    false,
		"databaseEncryption":                  map[string]any{"state": "DECRYPTED"},
		"binaryAuthorization.evaluationMode":  "DISABLED",
		"deletionProtection":                  true,

		"minMasterVersion":       version,
		"nodeVersion":            nil,
		"releaseChannel.channel": "REGULAR",
		"maintenancePolicy.dailyMaintenanceWindow.startTime": "03:00",
		"maintenancePolicy.maintenanceExclusions": []any{map[string]any{
			"exclusionName": "hold", "startTime": "2031-01-01T00:00:00Z", "endTime": "2031-06-30T00:00:00Z",
			"exclusionOptions": map[string]any{"scope": "NO_MINOR_OR_NODE_UPGRADES"},
		}},

		"loggingConfig.enableComponents":             []any{"SYSTEM_COMPONENTS"},
		"monitoringConfig.enableComponents":          []any{"SYSTEM_COMPONENTS"},
		"monitoringConfig.managedPrometheus.enabled": false,

		"addonsConfig.httpLoadBalancing.disabled":               false,
		"addonsConfig.horizontalPodAutoscaling.disabled":        false,
		"addonsConfig.gcePersistentDiskCsiDriverConfig.enabled": true,
		"addonsConfig.dnsCacheConfig.enabled":                   false,
		"gatewayApiConfig.channel":                              "CHANNEL_DISABLED",

		"removeDefaultNodePool":     true,
		"initialNodeCount":          1.0,
		"nodePools":                 nil,
		"nodeLocations":             nil,
		"nodeConfig.serviceAccount": account,
		"nodeConfig.shieldedInstanceConfig.enableSecureBoot":          true,
		"nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring": true,
		"nodeConfig.workloadMetadataConfig.mode":                      "GKE_METADATA",
	})
	assert.True(t, cluster.Protected)
	assert.Equal(t, []string{"initialNodeCount", "nodeConfig"}, cluster.Ignored, "what the API changes by itself, and would replace the cluster")
}

func TestConfigDecidesTheRestOfACluster(t *testing.T) {
	tests := []struct {
		name   string
		edit   func(*clusters.GKE)
		wanted map[string]any
	}{
		{"a key encrypts Secrets", func(g *clusters.GKE) {
			g.EncryptionKey = "projects/my-cloud/locations/europe-west3/keyRings/live/cryptoKeys/secrets"
		},
			map[string]any{"databaseEncryption": map[string]any{
				"state": "ENCRYPTED", "keyName": "projects/my-cloud/locations/europe-west3/keyRings/live/cryptoKeys/secrets",
			}}},
		{"the logs of pods are kept", func(g *clusters.GKE) { g.WorkloadLogs = true },
			map[string]any{"loggingConfig.enableComponents": []any{"SYSTEM_COMPONENTS", "WORKLOADS"}}},
		{"nothing is held", func(g *clusters.GKE) { g.Hold = nil }, map[string]any{"maintenancePolicy.maintenanceExclusions": nil}},
		{"a regional cluster has zones", func(g *clusters.GKE) {
			g.Location, g.Zones = "europe-west3", []string{"europe-west3-a", "europe-west3-b"}
		}, map[string]any{"location": "europe-west3", "nodeLocations": []any{"europe-west3-a", "europe-west3-b"}}},
		{"a zonal cluster has further zones", func(g *clusters.GKE) { g.Zones = []string{"europe-west3-a", "europe-west3-b"} },
			map[string]any{"nodeLocations": []any{"europe-west3-b"}}},
		{"another channel", func(g *clusters.GKE) { g.Channel = "stable" }, map[string]any{"releaseChannel.channel": "STABLE"}},
		{"deletion is not protected", func(g *clusters.GKE) { g.Protect = false }, map[string]any{"deletionProtection": false}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recorded := recordGKE(t, func(args *clusters.Args) { test.edit(args.GKE) })
			assertProperties(t, recorded.Resources[clusterKey].Inputs, test.wanted)
			if len(recorded.Keys(poolType)) == 0 {
				t.Error("the cluster has no pools")
			}
		})
	}
	unprotected := recordGKE(t, func(args *clusters.Args) { args.GKE.Protect = false })
	assert.False(t, unprotected.Resources[clusterKey].Protected)
}

func TestTheProviderAsksAPluginForTokensAndHoldsNone(t *testing.T) {
	recorded := recordGKE(t, asItIs)
	provider := recorded.Resources["pulumi:providers:kubernetes::cluster"]
	assert.Equal(t, "live", provider.Inputs["clusterIdentifier"], "a new address is not another cluster")
	assert.Equal(t, true, provider.Inputs["enablePatchForce"])
	assert.Empty(t, provider.Secrets, "so that a change can be read")
	lines, ok := provider.Inputs["kubeconfig"].([]string)
	require.Truef(t, ok, "the kubeconfig is %v", provider.Inputs["kubeconfig"])
	assert.Equal(t, `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: `+recording.ClusterCA+`
    server: https://`+recording.ClusterEndpoint+`
  name: live
contexts:
- context:
    cluster: live
    user: live
  name: live
current-context: live
kind: Config
users:
- name: live
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --use_application_default_credentials=true
      command: gke-gcloud-auth-plugin
      installHint: install it with `+"`gcloud components install gke-gcloud-auth-plugin`"+`,
        or as the package google-cloud-cli-gke-gcloud-auth-plugin
      provideClusterInfo: true
`, strings.Join(lines, "\n"))
}

func TestAClusterThatIsNotDescribedIsRefused(t *testing.T) {
	tests := []struct {
		name string
		edit func(*clusters.Args)
		want string
	}{
		{"no cluster", func(a *clusters.Args) { a.GKE = nil }, "cluster live: the platform gke needs GKE and Nodes"},
		{"no nodes", func(a *clusters.Args) { a.Nodes = nil }, "cluster live: the platform gke needs GKE and Nodes"},
		{"a pool of names", func(a *clusters.Args) { a.Nodes.Pools["a"] = clusters.Pool{Nodes: []string{"live"}} },
			`cluster live: creating node pool "a": it has no description for GKE`},
		{"an unknown image", func(a *clusters.Args) { a.Nodes.Pools["b"] = pool("debian") },
			`creating node pool "b": image "debian" is none of cos, ubuntu`},
		{"an unknown effect", func(a *clusters.Args) {
			tainted := pool("cos")
			tainted.Taints = []placement.Taint{{Key: "key", Effect: "Never"}}
			a.Nodes.Pools["a"] = tainted
		}, `cluster live: creating node pool "a": taint key has effect "Never", want NoExecute, NoSchedule or PreferNoSchedule`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := runGKE(test.edit)
			require.ErrorContains(t, err, test.want)
		})
	}
}
