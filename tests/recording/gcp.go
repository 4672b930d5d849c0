package recording

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// addComputedOnGCP adds the outputs that Google Cloud would make up.
func addComputedOnGCP(args pulumi.MockResourceArgs, outputs resource.PropertyMap) {
	text := func(key resource.PropertyKey) string {
		if value, ok := outputs[key]; ok && value.IsString() {
			return value.StringValue()
		}
		return args.Name
	}
	switch args.TypeToken {
	case "gcp:compute/network:Network":
		outputs["selfLink"] = resource.NewProperty(ComputeLink + "global/networks/" + text("name"))
	case "gcp:compute/subnetwork:Subnetwork":
		outputs["selfLink"] = resource.NewProperty(ComputeLink + "regions/" + text("region") + "/subnetworks/" + text("name"))
	case "gcp:serviceaccount/account:Account":
		email := text("accountId") + AccountDomain
		outputs["email"], outputs["member"] = resource.NewProperty(email), resource.NewProperty("serviceAccount:"+email)
	case "gcp:container/cluster:Cluster":
		auth := outputs["masterAuth"].ObjectValue().Copy()
		// The provider takes all of it for a secret, for the sake of a key that clusters used to have.
		auth["clusterCaCertificate"], auth["clientKey"] = resource.NewProperty(ClusterCA), resource.MakeSecret(resource.NewProperty(""))
		outputs["endpoint"], outputs["masterAuth"] = resource.NewProperty(ClusterEndpoint), resource.NewProperty(auth)
	case "gcp:dns/managedZone:ManagedZone":
		outputs["nameServers"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(NameServer)})
	case "gcp:compute/globalAddress:GlobalAddress":
		outputs["address"] = resource.NewProperty(PublicAddress)
	case "gcp:certificatemanager/dnsAuthorization:DnsAuthorization":
		outputs["dnsResourceRecords"] = resource.NewPropertyValue([]any{map[string]any{
			"name": "_acme-challenge." + text("domain") + ".", "type": "CNAME", "data": text("name") + ProofDomain,
		}})
	}
}

// ClusterEndpoint is the address of every cluster's API, and ClusterCA the certificate that it is known by.
const (
	ClusterEndpoint = "192.0.2.2"
	ClusterCA       = "Y2VydGlmaWNhdGU="
)

// PublicAddress is every public address, and ProofDomain ends what the records point to by which a domain
// proves whose it is.
const (
	PublicAddress = "203.0.113.1"
	ProofDomain   = ".authorize.certificatemanager.goog."
)

// ComputeLink begins the links of what Compute Engine makes, AccountDomain ends the e-mail addresses of
// service accounts, and NameServer serves every zone.
const (
	ComputeLink   = "https://www.googleapis.com/compute/v1/projects/sample/"
	AccountDomain = "@sample.iam.gserviceaccount.com"
	NameServer    = "ns-cloud-a1.googledomains.com."
)
