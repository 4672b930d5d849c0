package ingress

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Kind is a way in which requests from outside a cluster reach its ingress.
type Kind string

const (
	// ExternalIP: the address belongs to a node, or is routed to one, and kube-proxy takes it.
	ExternalIP Kind = "externalIP"
	// LoadBalancer: the platform provides a load balancer and its address.
	LoadBalancer Kind = "loadBalancer"
	// NodePort: a port of every node that the cluster picks; the address is that of a node.
	NodePort Kind = "nodePort"
	// NEG: the pods are the members of a network endpoint group, to which a load balancer of Google Cloud
	// sends requests without a detour through nodes. Platform gke.
	NEG Kind = "neg"
)

// Kinds are all kinds of exposure.
func Kinds() []Kind { return []Kind{ExternalIP, LoadBalancer, NodePort, NEG} }

// Exposure says how requests from outside reach an ingress.
type Exposure struct {
	Kind Kind
	// Address is an IP address; for NodePort a host name will do. Empty for LoadBalancer and NEG.
	Address string
	// Group is the name of the network endpoint group, one of its kind in the project: at most 63
	// lowercase letters, digits and "-", a letter first (RFC 1035). NEG only.
	Group string
}

// groupName is what Google Cloud takes as the name of a network endpoint group.
var groupName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

// Port is where the pods of the ingress listen, and the port it is reached at except through a NodePort.
const Port = 80

func (e Exposure) validate() error {
	switch e.Kind {
	case ExternalIP:
		if net.ParseIP(e.Address) == nil {
			return fmt.Errorf("exposure %s: address %q is no IP address", e.Kind, e.Address)
		}
	case NodePort:
		if e.Address == "" {
			return fmt.Errorf("exposure %s: no address", e.Kind)
		}
	case LoadBalancer:
		if e.Address != "" {
			return errors.New("exposure loadBalancer: the platform decides the address")
		}
	case NEG:
		if e.Address != "" {
			return errors.New("exposure neg: the load balancer has the address")
		}
		if !groupName.MatchString(e.Group) {
			return fmt.Errorf("exposure neg: group %q is no name of a network endpoint group", e.Group)
		}
		return nil
	default:
		return fmt.Errorf("exposure %q is none of %v", e.Kind, Kinds())
	}
	if e.Group != "" {
		return fmt.Errorf("exposure %s: a network endpoint group belongs to exposure neg", e.Kind)
	}
	return nil
}

// statusFlags tell Traefik which address to write into the Gateway's status.
func (e Exposure) statusFlags() []string {
	const flag = "--providers.kubernetesgateway.statusaddress."
	switch {
	case e.Kind == NEG:
		return nil // The cluster does not know the load balancer. Traefik takes that for no address.
	case e.Kind == LoadBalancer:
		return []string{flag + "service.namespace=" + Namespace, flag + "service.name=" + objectName}
	case net.ParseIP(e.Address) == nil:
		return []string{flag + "hostname=" + e.Address}
	}
	return []string{flag + "ip=" + e.Address}
}

// address is where requests are sent, known as soon as the Service has it; "" for NEG.
func (e Exposure) address(service *corev1.Service) pulumi.StringOutput {
	switch e.Kind {
	case NEG:
		return pulumi.String("").ToStringOutput()
	case LoadBalancer:
		return service.Status.ApplyT(balancerAddress).(pulumi.StringOutput)
	case NodePort:
		return service.Spec.ApplyT(func(spec corev1.ServiceSpec) (string, error) {
			if len(spec.Ports) == 0 || spec.Ports[0].NodePort == nil {
				return "", fmt.Errorf("Service %s/%s has no node port", Namespace, objectName)
			}
			return net.JoinHostPort(e.Address, strconv.Itoa(*spec.Ports[0].NodePort)), nil
		}).(pulumi.StringOutput)
	}
	return pulumi.String(net.JoinHostPort(e.Address, strconv.Itoa(Port))).ToStringOutput()
}

// group is the name of the network endpoint group, known when the group is there; "" but for NEG.
func (e Exposure) group(service *corev1.Service) pulumi.StringOutput {
	return service.Metadata.ApplyT(func(metav1.ObjectMeta) string { return e.Group }).(pulumi.StringOutput)
}

func balancerAddress(status *corev1.ServiceStatus) (string, error) {
	if status != nil && status.LoadBalancer != nil {
		for _, ingress := range status.LoadBalancer.Ingress {
			for _, address := range []*string{ingress.Ip, ingress.Hostname} {
				if address != nil && *address != "" {
					return net.JoinHostPort(*address, strconv.Itoa(Port)), nil
				}
			}
		}
	}
	return "", fmt.Errorf("the platform gave Service %s/%s no address; does this cluster provide load balancers?", Namespace, objectName)
}

// service is the address of the ingress.
func (b *builder) service() (*corev1.Service, error) {
	metadata := b.metadata(objectName)
	port := &corev1.ServicePortArgs{
		Name:       pulumi.String(entryWeb),
		Protocol:   pulumi.String("TCP"),
		Port:       pulumi.Int(Port),
		TargetPort: pulumi.String(entryWeb),
	}
	spec := &corev1.ServiceSpecArgs{Selector: selector(), Ports: corev1.ServicePortArray{port}}
	switch b.args.Exposure.Kind {
	case ExternalIP:
		spec.Type = pulumi.String("ClusterIP")
		spec.ExternalIPs = pulumi.ToStringArray([]string{b.args.Exposure.Address})
	case NodePort:
		spec.Type = pulumi.String("NodePort")
	case LoadBalancer:
		spec.Type = pulumi.String("LoadBalancer")
	case NEG:
		spec.Type = pulumi.String("ClusterIP")
	}
	if annotations := b.args.Exposure.annotations(); annotations != nil {
		metadata.Annotations = annotations
	}
	service, err := corev1.NewService(b.ctx, b.name, &corev1.ServiceArgs{Metadata: metadata, Spec: spec}, b.inNamespace...)
	if err != nil {
		return nil, fmt.Errorf("creating Service: %w", err)
	}
	if b.args.Exposure.Kind == NEG {
		// Pods that come after the group get a readiness gate from GKE: they count as ready when the load
		// balancer finds them healthy, so a rollout waits for it
		// (https://cloud.google.com/kubernetes-engine/docs/concepts/container-native-load-balancing#pod_readiness).
		b.beforePods = append(b.beforePods, service)
	}
	return service, nil
}

// annotations say what makes a group of endpoints of the Service, and what is waited for.
func (e Exposure) annotations() pulumi.StringMap {
	switch e.Kind {
	case LoadBalancer:
		return nil // Its address is waited for, which is the default.
	case NEG:
		return pulumi.StringMap{
			"cloud.google.com/neg": pulumi.String(fmt.Sprintf(`{"exposed_ports":{"%d":{"name":"%s"}}}`, Port, e.Group)),
			"pulumi.com/waitFor":   pulumi.String(groupIsThere),
		}
	}
	// There is nothing to wait for; whether pods are ready is the Deployment's.
	return pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
}

// groupIsThere waits for what GKE writes when it has made the group in the zones of the cluster's nodes
// (https://cloud.google.com/kubernetes-engine/docs/how-to/standalone-neg). The key is quoted as in RFC 9535,
// which is what the provider reads since its version 4.24; kubectl's way of escaping dots is an error in it.
const groupIsThere = "jsonpath={.metadata.annotations['cloud.google.com/neg-status']}"

// metadata is that of a namespaced object.
func (b *builder) metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:      pulumi.String(name),
		Namespace: pulumi.String(Namespace),
		Labels:    pulumi.ToStringMap(labels()),
	}
}
