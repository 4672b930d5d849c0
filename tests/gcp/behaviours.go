package gcp

import "context"

// behaviour is what a kind does beyond the table. Every part may be missing.
type behaviour struct {
	// check finds what is wrong with inputs that the table allows. It is where previews fail.
	check func(inputs object) []failure
	// replaces is whether a change that the table makes in place replaces the resource after all.
	replaces func(path string, old, now object) bool
	// outputs sets what the cloud sets, in previews too.
	outputs func(c *call)
	// change refuses what the cloud would.
	change func(ctx context.Context, c *call) error
	// settle is what follows once the resource is written.
	settle func(ctx context.Context, c *call) error
	// remove refuses a deletion, or does what belongs to it.
	remove func(ctx context.Context, c *call) error
}

var behaviours = map[string]behaviour{
	"Subnetwork":           {check: checkSubnetwork, replaces: shrinks, change: refuseOverlap},
	"Firewall":             {check: checkFirewall},
	"Account":              {check: checkAccount},
	"IAMMember":            {check: checkMember},
	"RepositoryIamMember":  {check: checkMember},
	"BucketIAMMember":      {check: checkMember},
	"ManagedZone":          {check: checkZone, outputs: setNameServers},
	"RecordSet":            {check: checkRecordSet},
	"Bucket":               {check: checkBucket, remove: keepFullBucket},
	"GlobalAddress":        {outputs: setAddress},
	"DnsAuthorization":     {outputs: setAuthorizationRecord},
	"Certificate":          {check: checkCertificate},
	"CertificateMapEntry":  {check: checkMapEntry},
	"HealthCheck":          {check: checkHealthCheck},
	"BackendService":       {check: checkBackendService},
	"SecurityPolicy":       {check: checkSecurityPolicy},
	"URLMap":               {check: checkURLMap},
	"TargetHttpsProxy":     {check: checkHTTPSProxy},
	"GlobalForwardingRule": {change: checkForwardingRule},
	"Cluster":              {check: checkCluster, outputs: setClusterOutputs, change: changeCluster, remove: removeCluster},
	"NodePool":             {check: checkNodePool, outputs: setNodePoolOutputs, change: changeNodePool, settle: settleNodes, remove: removeNodes},
}

// setOutput gives an output its value when it is made; until then it is unknown.
func (c *call) setOutput(key string, value any) {
	switch {
	case c.old[key] != nil:
		c.state[key] = c.old[key]
	case c.preview:
		c.state[key] = unknown{}
	default:
		c.state[key] = value
	}
}

// check collects what does not hold.
func checkThat(failures *[]failure, holds bool, property, format string, args ...any) {
	if !holds {
		*failures = append(*failures, failuref(property, format, args...))
	}
}

// hasUnknown tells whether a tree holds anything that is not known yet.
func hasUnknown(tree any) bool {
	switch v := tree.(type) {
	case unknown:
		return true
	case object:
		for _, value := range v {
			if hasUnknown(value) {
				return true
			}
		}
	case []any:
		for _, value := range v {
			if hasUnknown(value) {
				return true
			}
		}
	}
	return false
}
