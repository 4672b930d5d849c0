// Package apiserver gives tests a real Kubernetes API: etcd, kube-apiserver and kube-controller-manager on free loopback ports.
// There is no scheduler and no kubelet, so pods are made by their controllers but never run; a test that needs a pod's status
// writes it through the API, as a kubelet would.
package apiserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"
)

// startTimeout bounds the whole start; a warm machine needs about four seconds.
const startTimeout = 90 * time.Second

// Server is a running API.
type Server struct {
	// Kubeconfig is the path of a kubeconfig whose only context, "test", is a member of system:masters.
	Kubeconfig string
	// URL is the address of the API, https://127.0.0.1:<port>.
	URL string
	// Token is the bearer token of the administrator.
	Token string
	// CA is the PEM certificate that signed the API's serving certificate.
	CA []byte

	client    *http.Client
	processes []*process // in the order of their start
}

// Start runs an API for the length of a test and returns when it is ready: /readyz is well and the controllers work. Everything is
// stopped at the test's cleanup, and killed by the kernel should the test binary die first. It fails the test when a binary
// is missing, and names the command that builds it.
func Start(t testing.TB) *Server {
	t.Helper()
	bin, err := findBinaries()
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: unix sockets and certificates lie here, and a long test name would make their paths too long.
	dir, err := os.MkdirTemp("", "apiserver-")
	if err != nil {
		t.Fatalf("making the API server's directory: %v", err)
	}
	s := &Server{}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("the API server's logs:\n%s", s.logs())
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing the API server's directory: %v", err)
		}
	})
	if err := s.start(bin, dir); err != nil {
		t.Fatalf("starting the API server: %v", err)
	}
	return s
}

// StopAPI kills the API server alone and at once, so that clients find its port closed.
func (s *Server) StopAPI() {
	for _, p := range s.processes {
		if p.name == "kube-apiserver" {
			p.kill()
		}
	}
}

func (s *Server) start(bin binaries, dir string) error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	etcdPort, peerPort, apiPort := ports[0], ports[1], ports[2]
	keys, err := writeKeys(dir)
	if err != nil {
		return err
	}
	s.URL, s.Token, s.CA = fmt.Sprintf("https://127.0.0.1:%d", apiPort), keys.token, keys.ca
	s.Kubeconfig = filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(s.Kubeconfig, []byte(kubeconfig(s.URL, s.CA, s.Token)), 0o600); err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA)
	s.client = &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}

	etcdURL := fmt.Sprintf("http://127.0.0.1:%d", etcdPort)
	peerURL := fmt.Sprintf("http://127.0.0.1:%d", peerPort)
	commands := [][]string{
		{
			bin.etcd, "--data-dir=" + filepath.Join(dir, "etcd"), "--name=test", "--unsafe-no-fsync", "--log-level=error",
			"--listen-client-urls=" + etcdURL, "--advertise-client-urls=" + etcdURL,
			"--listen-peer-urls=" + peerURL, "--initial-advertise-peer-urls=" + peerURL, "--initial-cluster=test=" + peerURL,
		},
		{
			bin.apiserver, "--etcd-servers=" + etcdURL, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", apiPort),
			"--cert-dir=" + dir, "--tls-cert-file=" + keys.servingCert, "--tls-private-key-file=" + keys.servingKey,
			"--token-auth-file=" + keys.tokens, "--authorization-mode=RBAC", "--service-cluster-ip-range=10.0.0.0/20",
			"--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=" + keys.servingKey,
			"--service-account-signing-key-file=" + keys.servingKey, "--endpoint-reconciler-type=none",
		},
		{
			bin.controllerManager, "--kubeconfig=" + s.Kubeconfig, "--leader-elect=false", "--secure-port=0", "--root-ca-file=" + keys.caFile,
			"--service-account-private-key-file=" + keys.servingKey, "--kube-api-qps=200", "--kube-api-burst=400",
			// The controllers a test meets; the others only cost start time.
			"--controllers=-bootstrap-signer-controller,-token-cleaner-controller,-node-ipam-controller,-node-lifecycle-controller,-cloud-node-lifecycle-controller," +
				"-node-route-controller,-service-lb-controller,-horizontal-pod-autoscaler-controller,*",
		},
	}
	for _, command := range commands {
		p, err := startProcess(dir, command)
		if err != nil {
			return err
		}
		s.processes = append(s.processes, p)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	// The default service account is the first thing that the controllers make.
	for _, path := range []string{"/readyz", "/api/v1/namespaces/default/serviceaccounts/default"} {
		if err := s.await(ctx, path); err != nil {
			return fmt.Errorf("%w\n%s", err, s.logs())
		}
	}
	return nil
}

// await asks for a path until it answers 200.
func (s *Server) await(ctx context.Context, path string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		if last = s.get(ctx, path); last == nil {
			return nil
		}
		for _, p := range s.processes {
			if p.exited() {
				return fmt.Errorf("waiting for %s: %s ended: %w", path, p.name, p.err)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s%s: %w", s.URL, path, last)
		case <-tick.C:
		}
	}
}

func (s *Server) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 2000))
	return errors.Join(fmt.Errorf("%s: %s", response.Status, body), err)
}

// stop ends the processes in the reverse order of their start: an API server that has lost its etcd hangs for many seconds.
func (s *Server) stop() {
	for i := len(s.processes) - 1; i >= 0; i-- {
		s.processes[i].kill()
	}
}

func (s *Server) logs() string {
	var text strings.Builder
	for _, p := range s.processes {
		fmt.Fprintf(&text, "--- %s (last lines)\n%s\n", p.name, p.tail(3000))
	}
	return text.String()
}

type binaries struct{ etcd, apiserver, controllerManager string }

// findBinaries looks in .local/bin of the repository that holds the working directory. Of several Kubernetes versions it takes the
// lowest, which is the one that `make tools` always builds.
func findBinaries() (binaries, error) {
	root, err := repositoryRoot()
	if err != nil {
		return binaries{}, err
	}
	const remedy = "run `make tools` in the repository's root, which builds it"
	bin := filepath.Join(root, ".local", "bin")
	etcd := filepath.Join(bin, "etcd")
	if _, err := os.Stat(etcd); err != nil {
		return binaries{}, fmt.Errorf("no etcd: %w; %s", err, remedy)
	}
	versions, err := filepath.Glob(filepath.Join(bin, "kubernetes-v*", "kubernetes"))
	if err != nil {
		return binaries{}, err
	}
	if len(versions) == 0 {
		return binaries{}, fmt.Errorf("no %s/kubernetes-v*/kubernetes; %s", bin, remedy)
	}
	sort.Strings(versions)
	dir := filepath.Dir(versions[0])
	return binaries{etcd: etcd, apiserver: filepath.Join(dir, "kube-apiserver"), controllerManager: filepath.Join(dir, "kube-controller-manager")}, nil
}

func repositoryRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module live-omega\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod of module live-omega in %s or above", start)
		}
	}
}

// freePorts asks the kernel for ports that nobody uses now. They are held together, so that they differ.
func freePorts(count int) ([]int, error) {
	var ports []int
	for range count {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer listener.Close()
		ports = append(ports, listener.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
