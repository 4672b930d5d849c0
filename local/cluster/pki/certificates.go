package pki

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Names of the files, without .crt and .key.
const (
	CA             = "ca"
	EtcdCA         = "etcd-ca"
	FrontProxyCA   = "front-proxy-ca"
	ServiceAccount = "service-account"

	APIServer         = "apiserver"
	APIServerKubelet  = "apiserver-kubelet-client"
	APIServerEtcd     = "apiserver-etcd-client"
	FrontProxyClient  = "front-proxy-client"
	EtcdServer        = "etcd-server"
	KubeletServer     = "kubelet-server"
	Kubelet           = "kubelet"
	Admin             = "admin"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Proxy             = "kube-proxy"
	NetworkPolicy     = "network-policy"
)

// KubeletClientUser is the user as which the API server calls the kubelet.
// It is bound to the role system:kubelet-api-admin, which is all it needs.
const KubeletClientUser = "kube-apiserver-kubelet-client"

// NetworkPolicyUser is the user that reads what the network policies of a node
// follow from. The addons give it that right.
const NetworkPolicyUser = "live-omega:network-policy"

// leaf is what a certificate must say.
type leaf struct {
	name, authority string
	subject         pkix.Name
	usages          []x509.ExtKeyUsage
	dns             []string
	addresses       []netip.Addr
}

var (
	client = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	server = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	// peer is for etcd, whose server also dials itself.
	peer = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
)

var loopback = netip.MustParseAddr("127.0.0.1")

func user(name, authority, common string, groups ...string) leaf {
	return leaf{name: name, authority: authority, usages: client, subject: pkix.Name{CommonName: common, Organization: groups}}
}

// leaves are those of the control plane.
func leaves(n Names) []leaf {
	return []leaf{
		{name: APIServer, authority: CA, usages: server, subject: pkix.Name{CommonName: "kube-apiserver"},
			dns: []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc",
				"kubernetes.default.svc.cluster.local", "localhost"},
			addresses: []netip.Addr{n.Address, n.Service, loopback}},
		{name: EtcdServer, authority: EtcdCA, usages: peer, subject: pkix.Name{CommonName: "etcd"},
			dns: []string{"localhost"}, addresses: []netip.Addr{loopback}},
		user(APIServerKubelet, CA, KubeletClientUser),
		user(APIServerEtcd, EtcdCA, "kube-apiserver"),
		user(FrontProxyClient, FrontProxyCA, "front-proxy-client"),
		user(Admin, CA, "admin", "system:masters"),
		user(ControllerManager, CA, "system:kube-controller-manager"),
		user(Scheduler, CA, "system:kube-scheduler"),
	}
}

// nodeLeaves are those of the processes that every node has.
func nodeLeaves(n Names) []leaf {
	return []leaf{
		{name: KubeletServer, authority: CA, usages: server,
			subject: pkix.Name{CommonName: "system:node:" + n.Node, Organization: []string{"system:nodes"}},
			dns:     []string{n.Node}, addresses: []netip.Addr{n.Address, loopback}},
		user(Proxy, CA, "system:kube-proxy"),
		user(NetworkPolicy, CA, NetworkPolicyUser),
		user(Kubelet, CA, "system:node:"+n.Node, "system:nodes"),
	}
}

// ensureAuthority returns the authority of that name and whether its
// certificate was made now.
func ensureAuthority(dir, name string, now time.Time) (*pair, bool, error) {
	cert, key, err := load(dir, name)
	if err != nil {
		return nil, false, fmt.Errorf("reading authority %q: %w", name, err)
	}
	if cert != nil && cert.IsCA && now.Add(renewBefore).Before(cert.NotAfter) {
		return &pair{cert, key}, false, nil
	}
	if key == nil {
		if key, err = newKey(); err != nil {
			return nil, false, fmt.Errorf("making authority %q: %w", name, err)
		}
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(authorityLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	p := &pair{key: key}
	if p.cert, err = sign(dir, name, template, template, p, p); err != nil {
		return nil, false, fmt.Errorf("making authority %q: %w", name, err)
	}
	return p, true, nil
}

// ensureLeaf reports whether it issued the certificate now.
func ensureLeaf(dir string, l leaf, authority *pair, now time.Time) (bool, error) {
	cert, _, err := load(dir, l.name)
	if err != nil {
		return false, fmt.Errorf("reading certificate %q: %w", l.name, err)
	}
	if cert != nil && l.matches(cert) && cert.CheckSignatureFrom(authority.cert) == nil &&
		now.Add(renewBefore).Before(cert.NotAfter) && !now.Before(cert.NotBefore) {
		return false, nil
	}
	key, err := newKey()
	if err != nil {
		return false, fmt.Errorf("issuing certificate %q: %w", l.name, err)
	}
	// A leaf must not outlive its authority: verifiers would reject it
	// while its own date still looks good.
	end := now.Add(leafLife)
	if end.After(authority.cert.NotAfter) {
		end = authority.cert.NotAfter
	}
	template := &x509.Certificate{
		Subject:               l.subject,
		NotBefore:             now.Add(-backdate),
		NotAfter:              end,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           l.usages,
		DNSNames:              l.dns,
		IPAddresses:           ips(l.addresses),
	}
	if _, err := sign(dir, l.name, template, authority.cert, &pair{key: key}, authority); err != nil {
		return false, fmt.Errorf("issuing certificate %q: %w", l.name, err)
	}
	return true, nil
}

func sign(dir, name string, template, parent *x509.Certificate, subject, issuer *pair) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &subject.key.PublicKey, issuer.key)
	if err != nil {
		return nil, err
	}
	if err := save(dir, name, der, subject.key); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// matches tells whether a certificate says all that the leaf must say, and
// no more.
func (l leaf) matches(cert *x509.Certificate) bool {
	if cert.Subject.CommonName != l.subject.CommonName || !slices.Equal(cert.Subject.Organization, l.subject.Organization) {
		return false
	}
	if !slices.Equal(cert.ExtKeyUsage, l.usages) || !slices.Equal(cert.DNSNames, l.dns) {
		return false
	}
	return slices.EqualFunc(cert.IPAddresses, ips(l.addresses), net.IP.Equal)
}

func ips(addresses []netip.Addr) []net.IP {
	var list []net.IP
	for _, a := range addresses {
		list = append(list, a.AsSlice())
	}
	return list
}
