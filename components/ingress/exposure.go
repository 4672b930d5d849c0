package ingress

import (
	"errors"
	"fmt"
	"net"
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
)

// Kinds are all kinds of exposure.
func Kinds() []Kind { return []Kind{ExternalIP, LoadBalancer, NodePort} }

// Exposure says how requests from outside reach an ingress.
type Exposure struct {
	Kind Kind
	// Address is an IP address; for NodePort a host name will do. Empty for LoadBalancer.
	Address string
}

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
	default:
		return fmt.Errorf("exposure %q is none of %v", e.Kind, Kinds())
	}
	return nil
}

// statusFlags tell Traefik which address to write into the Gateway's status.
func (e Exposure) statusFlags() []string {
	const flag = "--providers.kubernetesgateway.statusaddress."
	switch {
	case e.Kind == LoadBalancer:
		return []string{flag + "service.namespace=" + Namespace, flag + "service.name=" + objectName}
	case net.ParseIP(e.Address) == nil:
		return []string{flag + "hostname=" + e.Address}
	}
	return []string{flag + "ip=" + e.Address}
}

// address is where requests are sent, known as soon as the Service has it.
func (e Exposure) address(service *corev1.Service) pulumi.StringOutput {
	switch e.Kind {
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
	}
	if b.args.Exposure.Kind != LoadBalancer {
		// Only a load balancer has something to wait for; whether pods are ready is the Deployment's.
		metadata.Annotations = pulumi.StringMap{"pulumi.com/skipAwait": pulumi.String("true")}
	}
	service, err := corev1.NewService(b.ctx, b.name, &corev1.ServiceArgs{Metadata: metadata, Spec: spec}, b.inNamespace...)
	if err != nil {
		return nil, fmt.Errorf("creating Service: %w", err)
	}
	return service, nil
}

// metadata is that of a namespaced object.
func (b *builder) metadata(name string) *metav1.ObjectMetaArgs {
	return &metav1.ObjectMetaArgs{
		Name:      pulumi.String(name),
		Namespace: pulumi.String(Namespace),
		Labels:    pulumi.ToStringMap(labels()),
	}
}
