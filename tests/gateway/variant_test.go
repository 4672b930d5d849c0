//go:build integration

package gateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const variantHeader = "X-Variant-Of-Wiki"

// variant plays the pods of an app's variant.
type variant struct {
	name   string
	server *httptest.Server

	mutex   sync.Mutex
	seen    []seen
	open    int
	handler http.HandlerFunc
}

// seen is a request that arrived.
type seen struct {
	host, method, path, body string
	header                   http.Header
}

// newVariant listens on an address of the machine that endpoints may have: not a loopback one.
func newVariant(t testing.TB, name string) *variant {
	t.Helper()
	v := &variant{name: name}
	listener, err := net.Listen("tcp", net.JoinHostPort(ownAddress(t), "0"))
	require.NoError(t, err)
	v.server = httptest.NewUnstartedServer(v)
	require.NoError(t, v.server.Listener.Close())
	v.server.Listener = listener
	v.server.Start()
	t.Cleanup(v.server.CloseClientConnections)
	return v
}

// ownAddress is an IPv4 address of the machine's that is neither loopback nor link-local.
func ownAddress(t testing.TB) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	require.NoError(t, err)
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP.String()
		}
	}
	t.Fatal("the machine has no IPv4 address but loopback; add one: ip link add wiki type dummy && ip addr add 198.51.100.1/32 dev wiki && ip link set wiki up")
	return ""
}

// objects are the namespace, the Service and its endpoints.
func (v *variant) objects() []object {
	address := v.server.Listener.Addr().(*net.TCPAddr)
	namespace := "wiki-" + v.name
	port := func(number int) object {
		return object{"name": "http", "protocol": "TCP", "port": number}
	}
	return []object{
		{"apiVersion": "v1", "kind": "Namespace", "metadata": object{"name": namespace}},
		{"apiVersion": "v1", "kind": "Service", "metadata": object{"name": "wiki", "namespace": namespace}, "spec": object{"ports": []any{port(80)}}},
		v.endpoints(namespace, port(address.Port), address.IP.String()),
	}
}

func (v *variant) endpoints(namespace string, port object, addresses ...string) object {
	endpoints := []any{}
	for _, address := range addresses {
		endpoints = append(endpoints, object{"addresses": []any{address}, "conditions": object{"ready": true, "serving": true, "terminating": false}})
	}
	return object{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
		"metadata":    object{"name": "wiki", "namespace": namespace, "labels": object{"kubernetes.io/service-name": "wiki"}},
		"addressType": "IPv4", "ports": []any{port}, "endpoints": endpoints,
	}
}

// ServeHTTP writes the request down and answers as the test wants.
func (v *variant) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	v.mutex.Lock()
	handler := v.handler
	v.open++
	v.mutex.Unlock()
	defer func() {
		v.mutex.Lock()
		v.open--
		v.mutex.Unlock()
	}()
	rw.Header().Set(variantHeader, v.name)
	if handler != nil {
		v.note(req, "")
		handler(rw, req)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	v.note(req, string(body))
	fmt.Fprintf(rw, "variant %s got %d bytes", v.name, len(body))
}

func (v *variant) note(req *http.Request, body string) {
	if req.URL.Path == askPath {
		return
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.seen = append(v.seen, seen{host: req.Host, method: req.Method, path: req.URL.Path, body: body, header: req.Header.Clone()})
}

// behave replaces how the variant answers, until the end of the test; nil is the default.
func (v *variant) behave(t testing.TB, handler http.HandlerFunc) {
	t.Helper()
	set := func(handler http.HandlerFunc) {
		v.mutex.Lock()
		defer v.mutex.Unlock()
		v.handler = handler
	}
	set(handler)
	t.Cleanup(func() { set(nil) })
}

// requests are those that arrived since the route was changed.
func (v *variant) requests() []seen {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return append([]seen(nil), v.seen...)
}

// running is how many requests are being answered.
func (v *variant) running() int {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return v.open
}

// settle forgets all requests, when those are over that run.
func (v *variant) settle(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for v.running() > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("variant %s still answers %d requests after %s", v.name, v.running(), patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.seen = nil
}
