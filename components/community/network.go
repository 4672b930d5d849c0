package community

import (
	"fmt"
	"slices"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/ingress"
)

const (
	// namespaceName is the label that Kubernetes itself puts on every namespace.
	namespaceName = "kubernetes.io/metadata.name"

	dnsPort = 53
)

// policy is what one NetworkPolicy allows for all pods of a namespace. The directions that it names are
// closed for everything that no policy opens.
type policy struct {
	name    string
	types   []string
	ingress []rule
	egress  []rule
}

// rule opens ports of peers, or all ports for none.
type rule struct {
	peers networkingv1.NetworkPolicyPeerArray
	ports []port
}

type port struct {
	protocol string
	number   int
}

// policies are those of a namespace; the first comes before all others.
func policies(community string, appPort int, internet bool) []policy {
	const in, out = "Ingress", "Egress"
	gateway := namespaced(map[string]string{namespaceName: ingress.Namespace})
	own := namespaced(map[string]string{Label: community})
	dns := &networkingv1.NetworkPolicyPeerArgs{
		NamespaceSelector: matching(map[string]string{namespaceName: "kube-system"}),
		PodSelector:       matching(map[string]string{"k8s-app": "kube-dns"}),
	}
	list := []policy{
		{name: "from-gateway", types: []string{in}, ingress: []rule{{peers: peers(gateway), ports: []port{{"TCP", appPort}}}}},
		{name: "default-deny", types: []string{in, out}},
		{name: "within-community", types: []string{in, out}, ingress: []rule{{peers: peers(own)}}, egress: []rule{{peers: peers(own)}}},
		{name: "dns", types: []string{out}, egress: []rule{{peers: peers(dns), ports: []port{{"UDP", dnsPort}, {"TCP", dnsPort}}}}},
		// What an app calls by its public name is reached through the gateway, also in its own community.
		{name: "to-gateway", types: []string{out}, egress: []rule{{peers: peers(gateway), ports: []port{{"TCP", ingress.Port}}}}},
	}
	if internet {
		list = append(list, policy{name: "internet", types: []string{out}, egress: []rule{{peers: peers(
			outside("0.0.0.0/0", notInternet4), outside("::/0", notInternet6),
		)}}})
	}
	return list
}

// Networks that are not the internet: nodes, pods, Services, and the metadata of a cloud's machines are
// all in one of them (IANA's special-purpose address registries).
var (
	notInternet4 = []string{
		"0.0.0.0/8",      // this network
		"10.0.0.0/8",     // private
		"100.64.0.0/10",  // carriers' address translation
		"127.0.0.0/8",    // loopback
		"169.254.0.0/16", // link-local
		"172.16.0.0/12",  // private
		"192.0.0.0/24",   // protocol assignments
		"192.168.0.0/16", // private
		"198.18.0.0/15",  // benchmarks
		"224.0.0.0/4",    // multicast
		"240.0.0.0/4",    // reserved, and broadcast
	}
	notInternet6 = []string{
		"64:ff9b::/96",   // IPv4 behind a translator, private networks included
		"64:ff9b:1::/48", // the same, inside a network
		"fc00::/7",       // private
		"fe80::/10",      // link-local
		"ff00::/8",       // multicast
	}
)

// newPolicies creates the policies of the namespace. Any policy closes its directions for all that no
// other opens, so the one for the gateway comes first and goes last: where pods run already, users do not
// notice.
func (r *room) newPolicies() ([]pulumi.Resource, error) {
	var created []pulumi.Resource
	for _, policy := range policies(r.args.Name, r.app.Port, r.args.Internet) {
		object, err := networkingv1.NewNetworkPolicy(r.ctx, r.logical(policy.name), &networkingv1.NetworkPolicyArgs{
			Metadata: r.metadata(policy.name),
			Spec:     policy.spec(),
		}, append(slices.Clone(r.inside), pulumi.DependsOn(created[:min(1, len(created))]))...)
		if err != nil {
			return nil, fmt.Errorf("creating NetworkPolicy %s: %w", policy.name, err)
		}
		created = append(created, object)
	}
	return created, nil
}

func (p policy) spec() *networkingv1.NetworkPolicySpecArgs {
	spec := &networkingv1.NetworkPolicySpecArgs{
		// Every pod, also one that somebody made by hand.
		PodSelector: &metav1.LabelSelectorArgs{},
		PolicyTypes: pulumi.ToStringArray(p.types),
	}
	if p.ingress != nil {
		var rules networkingv1.NetworkPolicyIngressRuleArray
		for _, rule := range p.ingress {
			rules = append(rules, &networkingv1.NetworkPolicyIngressRuleArgs{From: rule.peers, Ports: rule.portArgs()})
		}
		spec.Ingress = rules
	}
	if p.egress != nil {
		var rules networkingv1.NetworkPolicyEgressRuleArray
		for _, rule := range p.egress {
			rules = append(rules, &networkingv1.NetworkPolicyEgressRuleArgs{To: rule.peers, Ports: rule.portArgs()})
		}
		spec.Egress = rules
	}
	return spec
}

func (r rule) portArgs() networkingv1.NetworkPolicyPortArrayInput {
	if r.ports == nil {
		return nil
	}
	var ports networkingv1.NetworkPolicyPortArray
	for _, port := range r.ports {
		ports = append(ports, &networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String(port.protocol), Port: pulumi.Int(port.number)})
	}
	return ports
}

func peers(list ...networkingv1.NetworkPolicyPeerInput) networkingv1.NetworkPolicyPeerArray {
	return list
}

// namespaced are all pods of the namespaces with the labels.
func namespaced(labels map[string]string) networkingv1.NetworkPolicyPeerInput {
	return &networkingv1.NetworkPolicyPeerArgs{NamespaceSelector: matching(labels)}
}

// outside are the addresses of a network without those of others.
func outside(network string, others []string) networkingv1.NetworkPolicyPeerInput {
	return &networkingv1.NetworkPolicyPeerArgs{IpBlock: &networkingv1.IPBlockArgs{
		Cidr: pulumi.String(network), Except: pulumi.ToStringArray(others),
	}}
}

func matching(labels map[string]string) *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(labels)}
}
