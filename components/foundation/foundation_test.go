package foundation_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/foundation"
	"live-omega/tests/recording"
)

type object = map[string]any

func args() foundation.Args {
	return foundation.Args{
		Project: "my-cloud", Region: "europe-west3", Domain: "cloud.example.org",
		Networks: map[string]foundation.Network{
			"live":  {Nodes: "10.10.0.0/20", Pods: "10.16.0.0/14", Services: "10.10.16.0/20", ControlPlane: "10.10.32.0/28"},
			"omega": {Nodes: "10.11.0.0/20", Pods: "10.20.0.0/14", Services: "10.11.16.0/20", ControlPlane: "10.11.32.0/28"},
		},
		Ports:   []int{80},
		Backups: foundation.Backups{Location: "eu", RetentionDays: 7},
		Protect: true,
	}
}

func record(t *testing.T, args foundation.Args) recording.Recording {
	t.Helper()
	recorded, err := run(args)
	require.NoError(t, err)
	return recorded
}

func run(args foundation.Args) (recording.Recording, error) {
	return recording.OnGCP(func(ctx *pulumi.Context, onGCP pulumi.ResourceOption) error {
		made, err := foundation.New(ctx, "foundation", args, onGCP)
		if err != nil {
			return err
		}
		for name, cluster := range made.Clusters {
			ctx.Export(name, pulumi.Map{
				"network": cluster.Network, "subnetwork": cluster.Subnetwork, "nodeAccount": cluster.NodeAccount,
				"podsRange": pulumi.String(cluster.PodsRange), "servicesRange": pulumi.String(cluster.ServicesRange),
				"controlPlane": pulumi.String(cluster.ControlPlane),
			})
		}
		ctx.Export("registry", made.Registry)
		ctx.Export("zone", made.Zone)
		ctx.Export("nameServers", made.NameServers)
		ctx.Export("backups", made.Backups)
		return nil
	})
}

func TestClustersAndEdgeLearnWhatTheyAreMadeIn(t *testing.T) {
	assert.Equal(t, object{
		"live": object{
			"network":    recording.ComputeLink + "global/networks/live-omega",
			"subnetwork": recording.ComputeLink + "regions/europe-west3/subnetworks/live-omega-live",
			"podsRange":  "pods", "servicesRange": "services", "controlPlane": "10.10.32.0/28",
			"nodeAccount": "live-nodes" + recording.AccountDomain,
		},
		"omega": object{
			"network":    recording.ComputeLink + "global/networks/live-omega",
			"subnetwork": recording.ComputeLink + "regions/europe-west3/subnetworks/live-omega-omega",
			"podsRange":  "pods", "servicesRange": "services", "controlPlane": "10.11.32.0/28",
			"nodeAccount": "omega-nodes" + recording.AccountDomain,
		},
		"registry":    "europe-west3-docker.pkg.dev/my-cloud/live-omega",
		"zone":        "live-omega",
		"nameServers": []any{recording.NameServer},
		"backups":     "my-cloud-backups",
	}, record(t, args()).Outputs)
}

func TestWhatCannotBeMadeAgainAsItWasIsProtectedAndNothingElse(t *testing.T) {
	protected := func(on bool) []string {
		args := args()
		args.Protect = on
		recorded := record(t, args)
		var keys []string
		for _, key := range recorded.Keys("") {
			if recorded.Resources[key].Protected {
				keys = append(keys, key)
			}
		}
		return keys
	}
	assert.Equal(t, []string{
		"gcp:artifactregistry/repository:Repository::foundation",
		"gcp:compute/network:Network::foundation",
		"gcp:compute/subnetwork:Subnetwork::foundation-live",
		"gcp:compute/subnetwork:Subnetwork::foundation-omega",
		"gcp:dns/managedZone:ManagedZone::foundation",
		"gcp:serviceaccount/account:Account::foundation-live",
		"gcp:serviceaccount/account:Account::foundation-omega",
		"gcp:storage/bucket:Bucket::foundation",
	}, protected(true))
	assert.Empty(t, protected(false), "a teardown must be possible")
}

func TestEverythingWaitsForTheAPIs(t *testing.T) {
	recorded := record(t, args())
	apis := recorded.Keys("gcp:projects/service:Service")
	require.NotEmpty(t, apis)
	for _, key := range recorded.Keys("") {
		if found := recorded.Resources[key]; strings.HasPrefix(found.Type, "gcp:") && found.Type != "gcp:projects/service:Service" {
			assert.Subset(t, found.After, apis, key)
		}
	}
}

func TestAPIsStayOnWhenTheStackIsDestroyed(t *testing.T) {
	recorded := record(t, args())
	var services []string
	for _, key := range recorded.Keys("gcp:projects/service:Service") {
		inputs := recorded.Resources[key].Inputs
		services = append(services, inputs["service"].(string))
		assert.Equal(t, object{"service": inputs["service"], "disableOnDestroy": false, "disableDependentServices": false}, inputs)
	}
	assert.Equal(t, []string{
		"artifactregistry.googleapis.com", "certificatemanager.googleapis.com", "cloudresourcemanager.googleapis.com",
		"compute.googleapis.com", "container.googleapis.com", "dns.googleapis.com", "iam.googleapis.com",
		"iamcredentials.googleapis.com", "logging.googleapis.com", "monitoring.googleapis.com", "storage.googleapis.com",
	}, services)
}

func TestNamesAreWhatGoogleCloudAllows(t *testing.T) {
	args := args()
	args.Project = "p" + strings.Repeat("0", 29)
	for _, cluster := range []string{"a", strings.Repeat("long-", 20)} {
		args.Networks[cluster] = args.Networks["live"]
	}
	limits := map[string]*regexp.Regexp{
		"name":         regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`),
		"accountId":    regexp.MustCompile(`^[a-z][-a-z0-9]{4,28}[a-z0-9]$`),
		"repositoryId": regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`),
	}
	taken := map[string]bool{}
	for key, found := range record(t, args).Resources {
		for field, limit := range limits {
			if name, ok := found.Inputs[field].(string); ok {
				assert.Regexp(t, limit, name, "%s of %s", field, key)
				assert.False(t, taken[found.Type+name], "%s of %s is taken", name, key)
				taken[found.Type+name] = true
			}
		}
	}
	assert.Len(t, taken, 7+2*4, "seven of the cloud, two of each cluster")
}

func TestHalfAFoundationIsRefused(t *testing.T) {
	live := func(edit func(*foundation.Network)) func(*foundation.Args) {
		return func(args *foundation.Args) {
			network := args.Networks["live"]
			edit(&network)
			args.Networks["live"] = network
		}
	}
	tests := []struct {
		name string
		edit func(*foundation.Args)
		want string
	}{
		{"no project", func(a *foundation.Args) { a.Project = "" },
			`project "", region "europe-west3", domain "cloud.example.org" or location of backups "eu" is missing`},
		{"no domain", func(a *foundation.Args) { a.Domain = "" },
			`project "my-cloud", region "europe-west3", domain "" or location of backups "eu" is missing`},
		{"no networks", func(a *foundation.Args) { a.Networks = nil }, "no cluster has a network"},
		{"a cluster without ranges", func(a *foundation.Args) { a.Networks["omega"] = foundation.Network{} },
			`range "" for the nodes of cluster omega is no network in CIDR notation` + "\n" +
				`range "" for the pods of cluster omega is no network in CIDR notation` + "\n" +
				`range "" for the services of cluster omega is no network in CIDR notation` + "\n" +
				`range "" for the control plane of cluster omega is no network in CIDR notation`},
		{"no range of pods", live(func(n *foundation.Network) { n.Pods = "" }), `range "" for the pods of cluster live is no network in CIDR notation`},
		{"an address", live(func(n *foundation.Network) { n.Services = "10.10.16.1/20" }),
			`range "10.10.16.1/20" for the services of cluster live is no network in CIDR notation`},
		{"no control plane", live(func(n *foundation.Network) { n.ControlPlane = "later" }),
			`range "later" for the control plane of cluster live is no network in CIDR notation`},
		{"no ports", func(a *foundation.Args) { a.Ports = nil }, "no ports for the load balancer"},
		{"a port that is none", func(a *foundation.Args) { a.Ports = []int{80, 65536} }, "port 65536, want 1 to 65535"},
		{"a retention of nothing", func(a *foundation.Args) { a.Backups.RetentionDays = 0 }, "backups are retained for 0 days, want 7 to 90"},
		{"too long a retention", func(a *foundation.Args) { a.Backups.RetentionDays = 91 }, "backups are retained for 91 days, want 7 to 90"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := args()
			test.edit(&args)
			_, err := run(args)
			assert.ErrorContains(t, err, "foundation foundation: "+test.want)
		})
	}
}
