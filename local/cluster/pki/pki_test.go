package pki

import (
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
)

var names = Names{
	Cluster: "live",
	Node:    "live",
	Address: netip.MustParseAddr("10.98.0.11"),
	Service: netip.MustParseAddr("10.211.0.1"),
}

func made(t *testing.T, now time.Time) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pki")
	_, err := Ensure(dir, names, now)
	require.NoError(t, err)
	return dir
}

func cert(t *testing.T, dir, name string) *x509.Certificate {
	t.Helper()
	c, key, err := load(dir, name)
	require.NoError(t, err)
	require.NotNil(t, c, "certificate %s", name)
	require.NotNil(t, key, "key %s", name)
	return c
}

func TestServersAreTrustedUnderTheirNames(t *testing.T) {
	now := time.Now()
	dir := made(t, now)
	cases := []struct {
		leaf, authority string
		names           []string
	}{
		{APIServer, CA, []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc",
			"kubernetes.default.svc.cluster.local", "localhost", "10.98.0.11", "10.211.0.1", "127.0.0.1"}},
		{KubeletServer, CA, []string{"live", "10.98.0.11", "127.0.0.1"}},
		{EtcdServer, EtcdCA, []string{"localhost", "127.0.0.1"}},
	}
	for _, c := range cases {
		roots := x509.NewCertPool()
		roots.AddCert(cert(t, dir, c.authority))
		leaf := cert(t, dir, c.leaf)
		for _, name := range c.names {
			if net.ParseIP(name) != nil {
				name = "[" + name + "]"
			}
			_, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
			assert.NoError(t, err, "%s as %s", c.leaf, name)
		}
		_, err := leaf.Verify(x509.VerifyOptions{DNSName: "example.org", Roots: roots})
		assert.Error(t, err, "%s must not speak for other names", c.leaf)
	}
}

func TestClientsAreWhoKubernetesExpects(t *testing.T) {
	dir := made(t, time.Now())
	cases := []struct {
		leaf, authority, user string
		groups                []string
	}{
		{Admin, CA, "admin", []string{"system:masters"}},
		{Kubelet, CA, "system:node:live", []string{"system:nodes"}},
		{ControllerManager, CA, "system:kube-controller-manager", nil},
		{Scheduler, CA, "system:kube-scheduler", nil},
		{Proxy, CA, "system:kube-proxy", nil},
		{NetworkPolicy, CA, NetworkPolicyUser, nil},
		{APIServerKubelet, CA, "kube-apiserver-kubelet-client", nil},
		{APIServerEtcd, EtcdCA, "kube-apiserver", nil},
		{FrontProxyClient, FrontProxyCA, "front-proxy-client", nil},
	}
	for _, c := range cases {
		roots := x509.NewCertPool()
		roots.AddCert(cert(t, dir, c.authority))
		leaf := cert(t, dir, c.leaf)
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		assert.NoError(t, err, c.leaf)
		assert.Equal(t, c.user, leaf.Subject.CommonName, c.leaf)
		assert.Equal(t, c.groups, leaf.Subject.Organization, c.leaf)
		assert.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, leaf.ExtKeyUsage, c.leaf)
	}
}

func TestAuthoritiesDoNotTrustEachOther(t *testing.T) {
	dir := made(t, time.Now())
	assert.Error(t, cert(t, dir, FrontProxyClient).CheckSignatureFrom(cert(t, dir, CA)))
	assert.Error(t, cert(t, dir, APIServerEtcd).CheckSignatureFrom(cert(t, dir, CA)))
}

func TestRenewal(t *testing.T) {
	start := time.Now()
	day := 24 * time.Hour
	all := []string{APIServer, KubeletServer, EtcdServer, APIServerKubelet, APIServerEtcd, FrontProxyClient, Admin,
		ControllerManager, Scheduler, Proxy, NetworkPolicy, Kubelet}
	otherAddress := names
	otherAddress.Address = netip.MustParseAddr("10.98.0.12")
	cases := []struct {
		name  string
		at    time.Time
		names Names
		harm  func(t *testing.T, dir string)
		want  []string
	}{
		{name: "everything good is kept", at: start.Add(365 * day), names: names},
		{name: "leaves that end soon are renewed", at: start.Add(leafLife - renewBefore + day), names: names, want: all},
		{name: "a new address renews the servers that carry it", at: start, names: otherAddress, want: []string{APIServer, KubeletServer}},
		{name: "a damaged certificate is replaced", at: start, names: names, want: []string{Admin}, harm: func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, Admin+".crt"), []byte("damaged"), 0o600))
		}},
		{name: "a lost key is replaced", at: start, names: names, want: []string{Scheduler}, harm: func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, Scheduler+".key")))
		}},
		{name: "a lost authority reissues what it signed", at: start, names: names, want: []string{FrontProxyCA, FrontProxyClient}, harm: func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, FrontProxyCA+".key")))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := made(t, start)
			if c.harm != nil {
				c.harm(t, dir)
			}
			written, err := Ensure(dir, c.names, c.at)
			require.NoError(t, err)
			assert.ElementsMatch(t, c.want, written)
			again, err := Ensure(dir, c.names, c.at)
			require.NoError(t, err)
			assert.Empty(t, again, "a second run has nothing to do")
		})
	}
}

func TestRenewedAuthorityStillTrustsWhatItSigned(t *testing.T) {
	start := time.Now()
	dir := made(t, start)
	before := cert(t, dir, CA)
	old := cert(t, dir, Admin)
	_, err := Ensure(dir, names, start.Add(authorityLife-renewBefore+time.Hour))
	require.NoError(t, err)
	after := cert(t, dir, CA)
	assert.True(t, after.NotAfter.After(before.NotAfter))
	assert.NoError(t, old.CheckSignatureFrom(after))
}

func TestPrivateKeysAreForTheOwnerOnly(t *testing.T) {
	dir := made(t, time.Now())
	keys, err := filepath.Glob(filepath.Join(dir, "*.key"))
	require.NoError(t, err)
	require.Len(t, keys, 3+12+1)
	for _, k := range keys {
		info, err := os.Stat(k)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), k)
	}
}

func TestKubeconfigsAreLoadable(t *testing.T) {
	dir := made(t, time.Now())
	admin := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, EnsureKubeconfigs(dir, admin, "https://10.98.0.11:6443", names))
	for _, path := range []string{admin, ComponentKubeconfig(dir, Kubelet), ComponentKubeconfig(dir, Proxy), ComponentKubeconfig(dir, NetworkPolicy),
		ComponentKubeconfig(dir, Scheduler), ComponentKubeconfig(dir, ControllerManager)} {
		config, err := clientcmd.LoadFromFile(path)
		require.NoError(t, err, path)
		assert.Equal(t, "live", config.CurrentContext, path)
		rest, err := clientcmd.BuildConfigFromFlags("", path)
		require.NoError(t, err, path)
		assert.Equal(t, "https://10.98.0.11:6443", rest.Host, path)
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), path)
	}
	config, err := clientcmd.LoadFromFile(admin)
	require.NoError(t, err)
	assert.NotEmpty(t, config.AuthInfos["admin@live"].ClientCertificateData, "the admin's kubeconfig can be copied elsewhere")
}

func TestAFurtherNodeHasLeavesOfItsOwnAndNoKeyOfTheAuthority(t *testing.T) {
	now := time.Now()
	cluster := made(t, now)
	dir := filepath.Join(t.TempDir(), "pki")
	further := names
	further.Node, further.Address = "live-b", netip.MustParseAddr("10.98.0.21")
	written, err := EnsureNode(dir, cluster, further, now)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{KubeletServer, Kubelet, Proxy, NetworkPolicy}, written)
	written, err = EnsureNode(dir, cluster, further, now)
	require.NoError(t, err)
	assert.Empty(t, written, "what is good is kept")

	roots := x509.NewCertPool()
	roots.AddCert(cert(t, cluster, CA))
	server := cert(t, dir, KubeletServer)
	for _, name := range []string{"live-b", "[10.98.0.21]"} {
		_, err := server.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
		assert.NoError(t, err, name)
	}
	_, err = server.Verify(x509.VerifyOptions{DNSName: "live", Roots: roots})
	assert.Error(t, err, "it must not speak for the first node")
	assert.Equal(t, "system:node:live-b", cert(t, dir, Kubelet).Subject.CommonName)
	assert.FileExists(t, filepath.Join(dir, CA+".crt"))
	assert.NoFileExists(t, filepath.Join(dir, CA+".key"))

	require.NoError(t, EnsureNodeKubeconfigs(dir, "https://10.98.0.11:6443", further))
	config, err := clientcmd.BuildConfigFromFlags("", ComponentKubeconfig(dir, Kubelet))
	require.NoError(t, err)
	assert.Equal(t, "https://10.98.0.11:6443", config.Host)
	assert.Equal(t, filepath.Join(dir, CA+".crt"), config.CAFile)
}

func TestAFurtherNodeNeedsAClusterFirst(t *testing.T) {
	_, err := EnsureNode(t.TempDir(), t.TempDir(), names, time.Now())
	assert.ErrorContains(t, err, `reading authority "ca"`)
}
