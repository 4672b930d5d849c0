// Package pki makes and renews the certificates of one local cluster: three
// authorities (cluster, etcd, front proxy), a leaf for each server and client,
// the key that signs service-account tokens, and the kubeconfigs.
//
// Everything lies in one folder. Ensure keeps what is still good, so keys and
// trust stay the same over restarts, and reissues what is about to expire or
// no longer says what it should.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"live-omega/local/layout"
)

const (
	// authorityLife and leafLife are how long certificates are valid. They
	// are long because nothing but Ensure renews them, and a cluster may
	// lie stopped, or run, for a year in between.
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 2 * 365 * 24 * time.Hour
	// renewBefore is how long before its end a certificate is made anew.
	renewBefore = 120 * 24 * time.Hour
	// backdate makes a new certificate valid for a clock that is behind.
	backdate = 5 * time.Minute
)

// Names is what the certificates of a cluster must speak for.
type Names struct {
	// Cluster names the kubeconfigs' cluster and context.
	Cluster string
	// Node is the node's name.
	Node string
	// Address is the node's address, where the API server and the kubelet
	// listen.
	Address netip.Addr
	// Service is the first address of the service range, by which pods
	// reach the API server.
	Service netip.Addr
}

// Ensure makes what is missing in dir and renews what ends within 120 days
// of now or was made for other names. It returns the names of the files it
// wrote. An authority is renewed with its key kept, so everything it has
// signed stays trusted.
func Ensure(dir string, names Names, now time.Time) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of certificates: %w", err)
	}
	var written []string
	authorities := map[string]*pair{}
	for _, a := range []string{CA, EtcdCA, FrontProxyCA} {
		p, changed, err := ensureAuthority(dir, a, now)
		if err != nil {
			return written, err
		}
		if changed {
			written = append(written, a)
		}
		authorities[a] = p
	}
	issued, err := ensureLeaves(dir, append(leaves(names), nodeLeaves(names)...), authorities, now)
	if written = append(written, issued...); err != nil {
		return written, err
	}
	changed, err := ensureTokenKey(dir)
	if changed {
		written = append(written, ServiceAccount)
	}
	return written, err
}

// EnsureNode makes in dir what a further node of the cluster needs: a copy of
// the authority's certificate without its key, and the leaves of the node's
// own processes. The authority lies in the folder cluster, where Ensure has
// made it. It returns the names of the files it wrote.
func EnsureNode(dir, cluster string, names Names, now time.Time) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of certificates: %w", err)
	}
	cert, key, err := load(cluster, CA)
	if err == nil && (cert == nil || key == nil) {
		err = fmt.Errorf("it is not in %s", cluster)
	}
	if err != nil {
		return nil, fmt.Errorf("reading authority %q: %w", CA, err)
	}
	if err := writePEM(dir, CA+".crt", "CERTIFICATE", cert.Raw, 0o644); err != nil {
		return nil, err
	}
	return ensureLeaves(dir, nodeLeaves(names), map[string]*pair{CA: {cert, key}}, now)
}

func ensureLeaves(dir string, list []leaf, authorities map[string]*pair, now time.Time) ([]string, error) {
	var written []string
	for _, l := range list {
		changed, err := ensureLeaf(dir, l, authorities[l.authority], now)
		if err != nil {
			return written, err
		}
		if changed {
			written = append(written, l.name)
		}
	}
	return written, nil
}

// pair is a certificate with its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// load reads name.crt and name.key from dir. Both nil without an error means
// that they are not there; a certificate that does not parse counts as not
// there too, so that a damaged file is replaced.
func load(dir, name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	keyPEM, err := os.ReadFile(filepath.Join(dir, name+".key"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, nil, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, nil, nil
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, nil
	}
	certPEM, err := os.ReadFile(filepath.Join(dir, name+".crt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, key, nil
	}
	if err != nil {
		return nil, nil, err
	}
	block, _ = pem.Decode(certPEM)
	if block == nil {
		return nil, key, nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, key, nil
	}
	return cert, key, nil
}

// save writes the key before the certificate: a crash in between leaves a
// pair that load reports as lacking its certificate, never one that differs.
func save(dir, name string, cert []byte, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePEM(dir, name+".key", "PRIVATE KEY", der, 0o600); err != nil {
		return err
	}
	return writePEM(dir, name+".crt", "CERTIFICATE", cert, 0o644)
}

func writePEM(dir, file, kind string, der []byte, mode fs.FileMode) error {
	return layout.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

// ensureTokenKey makes the key that signs service-account tokens. It is RSA,
// the one algorithm that every consumer of such tokens understands. It is
// never renewed: that would void every token in use.
func ensureTokenKey(dir string) (bool, error) {
	private, public := filepath.Join(dir, ServiceAccount+".key"), filepath.Join(dir, ServiceAccount+".pub")
	if isFile(private) && isFile(public) {
		return false, nil
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return false, fmt.Errorf("making the service-account key: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return false, fmt.Errorf("making the service-account key: %w", err)
	}
	// The public half first: only both together count as done.
	if err := writePEM(dir, ServiceAccount+".pub", "PUBLIC KEY", der, 0o644); err != nil {
		return false, err
	}
	return true, writePEM(dir, ServiceAccount+".key", "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), 0o600)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}
