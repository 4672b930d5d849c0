//go:build integration

package gateway

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"live-omega/components/gatewayapi"
	"live-omega/components/ingress"
	"live-omega/components/traefik"
)

const (
	host    = "wiki.example.test"
	preview = "wiki-preview.example.test"

	// versionHeader tells which version of the route answered.
	versionHeader = "X-Route-Version"

	// askPath is what asks for the version. It is counted nowhere, because its copies may come late.
	askPath = "/which-version"

	// patience is how long anything may take to be seen.
	patience = time.Minute
)

var (
	serviceA = gatewayapi.Backend{Namespace: "wiki-a", Name: "wiki", Port: 80}
	serviceB = gatewayapi.Backend{Namespace: "wiki-b", Name: "wiki", Port: 80}
	copies   = gatewayapi.Backend{Traefik: "wiki-copies"}
	sticky   = gatewayapi.Backend{Traefik: "wiki-cohorts", Weight: 1}
	parent   = gatewayapi.Parent{Namespace: ingress.Namespace, Name: ingress.GatewayName}
)

func weighted(backend gatewayapi.Backend, weight int) gatewayapi.Backend {
	backend.Weight = weight
	return backend
}

// world is a gateway before an app with two variants.
type world struct {
	cluster *cluster
	traefik *process
	a, b    *variant
	client  *http.Client
	version int
}

// newWorld starts everything, as a cluster stack would make it: gateway, static objects, and a route of
// everybody to a.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{cluster: newCluster(t), a: newVariant(t, "a"), b: newVariant(t, "b")}
	gateway := program(t, func(ctx *pulumi.Context) error {
		_, err := ingress.New(ctx, "ingress", ingress.Args{
			Image: "traefik@sha256:0", Replicas: ingress.MinReplicas,
			Exposure: ingress.Exposure{Kind: ingress.ExternalIP, Address: "192.0.2.1"},
		}, providers(ctx))
		return err
	})
	w.traefik = newProcess(t, w.cluster, gateway)
	w.cluster.apply(t, gateway...)
	w.cluster.apply(t, w.a.objects()...)
	w.cluster.apply(t, w.b.objects()...)
	w.cluster.apply(t, program(t, staticObjects)...)

	w.client = &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.traefik.start(t, w.cluster.kubeconfig(t, ingress.Namespace, "traefik"))
	w.await(t, "the gateway is ready", func() bool {
		answer, err := w.ask(t.Context(), request{host: ingress.ReadyHost, path: ingress.ReadyPath})
		return err == nil && answer.status == http.StatusOK
	})
	w.route(t, gatewayapi.Rule{Backends: []gatewayapi.Backend{weighted(serviceA, 1)}})
	return w
}

// staticObjects are those that an app with two variants has whatever its release.
func staticObjects(ctx *pulumi.Context) error {
	object := func(name string) traefik.Object {
		return traefik.Object{Namespace: "wiki-a", Name: name, Labels: map[string]string{"app": "wiki"}}
	}
	if _, err := traefik.NewCopies(ctx, "copies", object("wiki-copies"), serviceA, serviceB, providers(ctx)); err != nil {
		return err
	}
	_, err := traefik.NewCohorts(ctx, "cohorts", object("wiki-cohorts"), traefik.Cohorts{
		Cookie: "wiki-cohort", Backends: map[string]gatewayapi.Backend{"a": serviceA, "b": serviceB, "copied": copies},
	}, providers(ctx))
	if err != nil {
		return err
	}
	_, err = gatewayapi.NewReferenceGrant(ctx, "grant", gatewayapi.ReferenceGrant{Namespace: "wiki-b", Name: "wiki", From: "wiki-a"}, providers(ctx))
	return err
}

// route replaces the rules of the app's route and returns when the gateway follows them. Nothing
// is counted until then.
func (w *world) route(t testing.TB, rules ...gatewayapi.Rule) {
	t.Helper()
	w.version++
	version := strconv.Itoa(w.version)
	for i := range rules {
		if slices.ContainsFunc(rules[i].Filters, func(f gatewayapi.Filter) bool { return f.AddResponseHeader != nil }) {
			continue // the API allows one such filter, and what asks comes to the last rule
		}
		rules[i].Filters = append([]gatewayapi.Filter{{AddResponseHeader: &gatewayapi.Header{Name: versionHeader, Value: version}}}, rules[i].Filters...)
	}
	w.cluster.apply(t, program(t, func(ctx *pulumi.Context) error {
		_, err := gatewayapi.NewHTTPRoute(ctx, "wiki", gatewayapi.HTTPRoute{
			Namespace: "wiki-a", Name: "wiki", Parent: parent, Hostnames: []string{host}, Rules: rules,
		}, providers(ctx))
		return err
	})...)
	w.await(t, "the gateway follows version "+version, func() bool {
		return w.get(t, request{path: askPath}).header.Get(versionHeader) == version
	})
	w.a.settle(t)
	w.b.settle(t)
}

// request is what is asked; the zero value is GET / of the app.
type request struct {
	host, path, method string
	header             http.Header
	body               io.Reader
}

type answer struct {
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
	took    time.Duration
}

// variant that answered, "" for none.
func (a answer) variant() string { return a.header.Get(variantHeader) }

func (w *world) get(t testing.TB, r request) answer {
	t.Helper()
	answer, err := w.ask(t.Context(), r)
	require.NoError(t, err)
	return answer
}

func (w *world) ask(ctx context.Context, r request) (answer, error) {
	started := time.Now()
	response, err := w.open(ctx, r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	return answer{
		status: response.StatusCode, header: response.Header, body: string(body),
		cookies: response.Cookies(), took: time.Since(started),
	}, nil
}

// open sends a request and leaves reading the answer to the caller.
func (w *world) open(ctx context.Context, r request) (*http.Response, error) {
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	made, err := http.NewRequestWithContext(ctx, method, "http://"+w.traefik.address+"/"+r.path, r.body)
	if err != nil {
		return nil, err
	}
	if len(r.path) > 0 && r.path[0] == '/' {
		made.URL.Path = r.path
	}
	if r.header != nil {
		made.Header = r.header.Clone()
	}
	if made.Host = r.host; r.host == "" {
		made.Host = host
	}
	return w.client.Do(made)
}

// await polls until a condition holds.
func (w *world) await(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("not seen within %s: %s", patience, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
