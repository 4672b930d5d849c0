package community_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

// policy is the spec of a NetworkPolicy of wiki-a.
func policy(t *testing.T, recorded recording.Recording, name string) object {
	t.Helper()
	found, ok := recorded.Resources["kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-a-"+name]
	require.True(t, ok, name)
	return found.Inputs["spec"].(object)
}

func TestPoliciesCloseEverythingAndOpenWhatAnAppNeeds(t *testing.T) {
	named := func(name string) object {
		return object{"namespaceSelector": object{"matchLabels": object{"kubernetes.io/metadata.name": name}}}
	}
	ports := func(protocolsAndNumbers ...any) []any {
		var list []any
		for i := 0; i < len(protocolsAndNumbers); i += 2 {
			list = append(list, object{"protocol": protocolsAndNumbers[i], "port": protocolsAndNumbers[i+1]})
		}
		return list
	}
	own := []any{object{"namespaceSelector": object{"matchLabels": object{"live-omega.dev/community": "readers"}}}}
	dns := named("kube-system")
	dns["podSelector"] = object{"matchLabels": object{"k8s-app": "kube-dns"}}
	want := map[string]object{
		"default-deny": {"policyTypes": []any{"Ingress", "Egress"}},
		"from-gateway": {
			"policyTypes": []any{"Ingress"},
			"ingress":     []any{object{"from": []any{named("ingress")}, "ports": ports("TCP", 8080.0)}},
		},
		"within-community": {
			"policyTypes": []any{"Ingress", "Egress"},
			"ingress":     []any{object{"from": own}},
			"egress":      []any{object{"to": own}},
		},
		"dns": {
			"policyTypes": []any{"Egress"},
			"egress":      []any{object{"to": []any{dns}, "ports": ports("UDP", 53.0, "TCP", 53.0)}},
		},
		"to-gateway": {
			"policyTypes": []any{"Egress"},
			"egress":      []any{object{"to": []any{named("ingress")}, "ports": ports("TCP", 80.0)}},
		},
	}
	recorded := record(t, args())
	assert.Len(t, recorded.Keys("kubernetes:networking.k8s.io/v1:NetworkPolicy"), 3*len(want))
	for name, spec := range want {
		spec["podSelector"] = object{} // all pods
		assert.Equal(t, spec, policy(t, recorded, name), name)
	}
}

func TestUsersDoNotNoticeWhenANamespaceIsClosed(t *testing.T) {
	recorded := record(t, args())
	const first = "kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-a-from-gateway"
	for _, name := range []string{"default-deny", "within-community", "dns", "to-gateway"} {
		assert.Contains(t, recorded.Resources["kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-a-"+name].After, first, name)
	}
	assert.Equal(t, []string{"kubernetes:core/v1:Namespace::wiki-a"}, recorded.Resources[first].After)
}

func TestTheInternetIsOpenedOnRequestAndHoldsNothingOfTheCloud(t *testing.T) {
	args := args()
	args.Internet = true
	egress := policy(t, record(t, args), "internet")["egress"].([]any)
	require.Len(t, egress, 1)
	assert.NotContains(t, egress[0], "ports")

	open := func(address string) bool {
		ip := netip.MustParseAddr(address)
		for _, peer := range egress[0].(object)["to"].([]any) {
			block := peer.(object)["ipBlock"].(object)
			whole := netip.MustParsePrefix(block["cidr"].(string))
			closed := false
			for _, except := range block["except"].([]any) {
				part := netip.MustParsePrefix(except.(string))
				assert.Equal(t, part.Masked(), part, "the API server wants no bits behind the prefix")
				assert.Equal(t, whole.Addr().Is4(), part.Addr().Is4(), "and parts of the network only")
				closed = closed || part.Contains(ip)
			}
			if whole.Contains(ip) && !closed {
				return true
			}
		}
		return false
	}
	for _, address := range []string{"1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "192.167.255.255", "2606:4700::1111"} {
		assert.True(t, open(address), "%s is on the internet", address)
	}
	for _, address := range []string{
		"10.98.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255",
		"127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fd00::1", "fe80::1", "ff02::1", "64:ff9b::a62:1",
	} {
		assert.False(t, open(address), "%s is not on the internet", address)
	}
}
