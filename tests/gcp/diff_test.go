package gcp

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestChangesReplaceWhatTheDocumentationSays(t *testing.T) {
	const path = "https://www.googleapis.com/compute/v1/projects/p/global/networks/n"
	tests := []struct {
		name, kind string
		state, now object
		want       []string // paths; with "!" those that replace
	}{
		{"nothing", "Network", object{"name": "n", "autoCreateSubnetworks": true, "selfLink": path}, object{"name": "n"}, nil},
		{"a name", "Network", object{"name": "n"}, object{"name": "m"}, []string{"name!"}},
		{"a property against its default", "Network", object{"autoCreateSubnetworks": false}, object{}, []string{"autoCreateSubnetworks!"}},
		{"a choice of the cloud's", "Network", object{"mtu": 1460.0}, object{}, nil},
		{"a network by another name", "Subnetwork", object{"network": path}, object{"network": "projects/p/global/networks/n"}, nil},
		{"another network", "Subnetwork", object{"network": path}, object{"network": "projects/p/global/networks/m"}, []string{"network!"}},
		{"a range that grows", "Subnetwork", object{"ipCidrRange": "10.0.0.0/20"}, object{"ipCidrRange": "10.0.0.0/19"}, []string{"ipCidrRange"}},
		{"a range that shrinks", "Subnetwork", object{"ipCidrRange": "10.0.0.0/20"}, object{"ipCidrRange": "10.0.0.0/21"}, []string{"ipCidrRange!"}},
		{"an unknown network", "Subnetwork", object{"network": path}, object{"network": unknown{}}, []string{"network!"}},
		{"the order of ranges of a firewall", "Firewall", object{"sourceRanges": []any{"a", "b"}}, object{"sourceRanges": []any{"b", "a"}}, nil},
		{"a version", "Cluster", object{"minMasterVersion": "1"}, object{"minMasterVersion": "2"}, []string{"minMasterVersion"}},
		{"protection", "Cluster", object{"deletionProtection": true}, object{"deletionProtection": false}, []string{"deletionProtection"}},
		{"the first count of a cluster", "Cluster", object{"initialNodeCount": 1.0}, object{"initialNodeCount": 2.0}, []string{"initialNodeCount!"}},
		{"a control plane's range", "Cluster", object{"privateClusterConfig": object{"masterIpv4CidrBlock": "10.0.0.0/28"}},
			object{"privateClusterConfig": object{"masterIpv4CidrBlock": "10.0.0.16/28"}}, []string{"privateClusterConfig.masterIpv4CidrBlock!"}},
		{"the image of a pool", "NodePool", object{"nodeConfig": object{"imageType": "COS_CONTAINERD"}}, object{"nodeConfig": object{"imageType": "UBUNTU_CONTAINERD"}}, []string{"nodeConfig.imageType"}},
		{"the case of an image", "NodePool", object{"nodeConfig": object{"imageType": "COS_CONTAINERD"}}, object{"nodeConfig": object{"imageType": "cos_containerd"}}, nil},
		{"a taint more", "NodePool", object{"nodeConfig": object{}}, object{"nodeConfig": object{"taints": []any{object{"key": "k"}}}}, []string{"nodeConfig.taints[0]"}},
		{"spot", "NodePool", object{"nodeConfig": object{"spot": false}}, object{"nodeConfig": object{"spot": true}}, []string{"nodeConfig.spot!"}},
		{"no autoscaling", "NodePool", object{"autoscaling": object{"maxNodeCount": 3.0}, "nodeCount": 2.0}, object{"nodeCount": 0.0}, []string{"autoscaling", "nodeCount"}},
		{"what the autoscaler did", "NodePool", object{"autoscaling": object{"maxNodeCount": 3.0}, "nodeCount": 2.0}, object{"autoscaling": object{"maxNodeCount": 3.0}}, nil},
		{"a weight", "URLMap", mapOf(object{"priority": 1.0, "routeAction": object{"weightedBackendServices": weighted(1000, 0)}}),
			mapOf(object{"priority": 1.0, "routeAction": object{"weightedBackendServices": weighted(1000, 10)}}),
			[]string{"pathMatchers[0].routeRules[0].routeAction.weightedBackendServices[1].weight"}},
		{"the order of rules of a policy", "SecurityPolicy",
			object{"rules": []any{object{"priority": 1.0, "action": "allow", "preview": false}, object{"priority": 2.0, "action": "deny(403)", "preview": false}}},
			object{"rules": []any{object{"priority": 2.0, "action": "deny(403)"}, object{"priority": 1.0, "action": "allow"}}}, nil},
		{"the names of a certificate", "Certificate", object{"managed": object{"domains": []any{"a"}}}, object{"managed": object{"domains": []any{"a", "b"}}}, []string{"managed.domains!"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var found []string
			kind := theKind(t, test.kind)
			for _, c := range kind.diff(kind.Fields.complete(test.state, test.state), test.now) {
				if c.replace {
					c.path += "!"
				}
				found = append(found, c.path)
			}
			assert.Equal(t, test.want, found)
		})
	}
}
