package foundation_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/recording"
)

const network = recording.ComputeLink + "global/networks/live-omega"

func TestEachClusterHasASubnetworkOfItsOwnRanges(t *testing.T) {
	recorded := record(t, args())
	assert.Equal(t, object{"name": "live-omega", "autoCreateSubnetworks": false, "routingMode": "REGIONAL"},
		recorded.Resources["gcp:compute/network:Network::foundation"].Inputs, "a description would replace it")
	assert.Equal(t, []string{"gcp:compute/subnetwork:Subnetwork::foundation-live", "gcp:compute/subnetwork:Subnetwork::foundation-omega"},
		recorded.Keys("gcp:compute/subnetwork:Subnetwork"))
	assert.Equal(t, object{
		"name": "live-omega-omega", "network": network, "region": "europe-west3",
		"ipCidrRange": "10.11.0.0/20",
		"secondaryIpRanges": []any{
			object{"rangeName": "pods", "ipCidrRange": "10.20.0.0/14"},
			object{"rangeName": "services", "ipCidrRange": "10.11.16.0/20"},
		},
		"privateIpGoogleAccess": true,
	}, recorded.Resources["gcp:compute/subnetwork:Subnetwork::foundation-omega"].Inputs, "without logConfig there are no flow logs")
}

func TestOnlyTheClustersGoOutThroughTheNAT(t *testing.T) {
	recorded := record(t, args())
	assert.Equal(t, object{"name": "live-omega", "network": network, "region": "europe-west3"},
		recorded.Resources["gcp:compute/router:Router::foundation"].Inputs)
	subnetwork := recording.ComputeLink + "regions/europe-west3/subnetworks/live-omega-"
	assert.Equal(t, object{
		"name": "live-omega", "router": "live-omega", "region": "europe-west3",
		"natIpAllocateOption":           "AUTO_ONLY",
		"sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
		"subnetworks": []any{
			object{"name": subnetwork + "live", "sourceIpRangesToNats": []any{"ALL_IP_RANGES"}},
			object{"name": subnetwork + "omega", "sourceIpRangesToNats": []any{"ALL_IP_RANGES"}},
		},
		"enableDynamicPortAllocation": true, "enableEndpointIndependentMapping": false,
		"minPortsPerVm": 64.0, "maxPortsPerVm": 4096.0,
		"logConfig": object{"enable": true, "filter": "ERRORS_ONLY"},
	}, recorded.Resources["gcp:compute/routerNat:RouterNat::foundation"].Inputs)
}

func TestOnlyLoadBalancersAreLetInAndOnlyToTheIngress(t *testing.T) {
	args := args()
	args.Ports = []int{80, 8080}
	recorded := record(t, args)
	assert.Equal(t, []string{"gcp:compute/firewall:Firewall::foundation"}, recorded.Keys("gcp:compute/firewall:Firewall"))
	assert.Equal(t, object{
		"name": "live-omega-balancers", "network": network, "direction": "INGRESS",
		"sourceRanges":          []any{"35.191.0.0/16", "130.211.0.0/22"},
		"targetServiceAccounts": []any{"live-nodes" + recording.AccountDomain, "omega-nodes" + recording.AccountDomain},
		"allows":                []any{object{"protocol": "tcp", "ports": []any{"80", "8080"}}},
	}, recorded.Resources["gcp:compute/firewall:Firewall::foundation"].Inputs)
}

func TestImagesAreKeptAndTheirTagsNeverMove(t *testing.T) {
	assert.Equal(t, object{
		"repositoryId": "live-omega", "location": "europe-west3", "format": "DOCKER",
		"description":  "Images of the cloud's apps and of its ingress.",
		"dockerConfig": object{"immutableTags": true},
	}, record(t, args()).Resources["gcp:artifactregistry/repository:Repository::foundation"].Inputs, "a cleanup policy would delete what config names")
}

func TestTheZoneIsPublicAndSigned(t *testing.T) {
	assert.Equal(t, object{
		"name": "live-omega", "dnsName": "cloud.example.org.", "visibility": "public",
		"description":  "The domain below which the cloud's apps are.",
		"dnssecConfig": object{"state": "on"}, "forceDestroy": false,
	}, record(t, args()).Resources["gcp:dns/managedZone:ManagedZone::foundation"].Inputs)
}

func TestBackupsAreReachedByNobodyInPublicAndOutliveTheirDeletion(t *testing.T) {
	args := args()
	args.Backups.RetentionDays = 30
	assert.Equal(t, object{
		"name": "my-cloud-backups", "location": "EU",
		"uniformBucketLevelAccess": true, "publicAccessPrevention": "enforced", "forceDestroy": false,
		"versioning":       object{"enabled": true},
		"softDeletePolicy": object{"retentionDurationSeconds": 2592000.0},
		"lifecycleRules": []any{object{
			"action":    object{"type": "Delete"},
			"condition": object{"withState": "ARCHIVED", "daysSinceNoncurrentTime": 30.0, "noAge": true},
		}},
	}, record(t, args).Resources["gcp:storage/bucket:Bucket::foundation"].Inputs, "Cloud Storage refuses a retention policy beside versions")
}

func TestNodesMayWriteLogsAndMetricsAndReadImagesAndNothingElse(t *testing.T) {
	recorded := record(t, args())
	granted := map[string][]string{}
	for _, key := range recorded.Keys("gcp:projects/iAMMember:IAMMember") {
		inputs := recorded.Resources[key].Inputs
		assert.Equal(t, "my-cloud", inputs["project"], key)
		granted[inputs["member"].(string)] = append(granted[inputs["member"].(string)], inputs["role"].(string))
	}
	least := []string{"roles/container.defaultNodeServiceAccount"}
	assert.Equal(t, map[string][]string{
		"serviceAccount:live-nodes" + recording.AccountDomain:  least,
		"serviceAccount:omega-nodes" + recording.AccountDomain: least,
	}, granted)
	assert.Equal(t, []string{
		"gcp:artifactregistry/repositoryIamMember:RepositoryIamMember::foundation-live",
		"gcp:artifactregistry/repositoryIamMember:RepositoryIamMember::foundation-omega",
	}, recorded.Keys("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember"))
	assert.Equal(t, object{
		"location": "europe-west3", "repository": "live-omega", "role": "roles/artifactregistry.reader",
		"member": "serviceAccount:omega-nodes" + recording.AccountDomain,
	}, recorded.Resources["gcp:artifactregistry/repositoryIamMember:RepositoryIamMember::foundation-omega"].Inputs)
}

func TestNobodyElseLosesTheirRoles(t *testing.T) {
	authoritative := regexp.MustCompile(`(?i)iam.*(binding|policy)$|iamauditconfig$`)
	for key, found := range record(t, args()).Resources {
		assert.NotRegexp(t, authoritative, found.Type, key)
	}
}
