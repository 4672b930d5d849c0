//go:build integration

package gateway

import (
	"net/http"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/gatewayapi"
	"live-omega/components/ingress"
)

// cases are the promises of the gateway. They share one, so that it starts once.
var cases = []struct {
	name string
	run  func(*testing.T, *world)
}{
	{"what is sent is what is stored", whatIsSentIsStored},
	{"weights divide the requests", weightsDivide},
	{"a header pins a variant", headerPins},
	{"a cookie among others chooses a variant, and is given with the answer", cookieChooses},
	{"a release decides who sees what", releasesDecide},
	{"the largest release is stored, and followed", theLargestReleaseIsStored},
	{"a preview host shows the other variant", previewShows},
	{"a gateway without Traefik's own objects is not ready", readinessNeedsObjects},
	{"visitors keep their variant while percentages move", visitorsStay},
	{"nobody chooses by forging", nobodyForges},
	{"streams and upgrades pass the cohorts", streamsPass},
	{"copies reach the other variant, and its answers nobody", copiesAreMade},
	{"copies change nothing for users", copiesChangeNothing},
	{"a variant that hangs with its copies is not noticed", hangingCopies},
	{"copies in a cohort", copiesInACohort},
	{"users' requests are not under the bounds of copies", usersAreNotBounded},
	{"Traefik has nothing to complain about", nothingToComplain},
}

func TestGateway(t *testing.T) {
	w := newWorld(t)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) { test.run(t, w) })
	}
}

// A difference would come back with every refresh.
func whatIsSentIsStored(t *testing.T, w *world) {
	compared := 0
	for name, sent := range w.cluster.sent {
		switch sent["apiVersion"] {
		case "traefik.io/v1alpha1", "gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1":
			compared++
			assert.Equal(t, sent["spec"], w.cluster.stored(t, sent)["spec"], name)
		}
	}
	assert.Greater(t, compared, 8)
}

func weightsDivide(t *testing.T, w *world) {
	for _, percent := range []int{0, 10, 50, 100} {
		w.route(t, gatewayapi.Rule{Backends: []gatewayapi.Backend{weighted(serviceA, 100-percent), weighted(serviceB, percent)}})
		count := w.many(t, 1000, func(int) request { return request{} })
		assert.InDelta(t, percent, 100*float64(count["b"])/1000, 0.5, "the balancer takes turns")
		assert.Equal(t, 1000, count["a"]+count["b"])
	}
}

func headerPins(t *testing.T, w *world) {
	pin := func(variant string, to gatewayapi.Backend) gatewayapi.Rule {
		return gatewayapi.Rule{
			Matches:  []gatewayapi.Match{{Headers: []gatewayapi.HeaderMatch{{Name: "X-Variant", Value: variant}}}},
			Backends: []gatewayapi.Backend{weighted(to, 1)},
		}
	}
	w.route(t, pin("a", serviceA), pin("b", serviceB), gatewayapi.Rule{Backends: []gatewayapi.Backend{weighted(serviceA, 1)}})
	for value, want := range map[string]string{"a": "a", "b": "b", "B": "a", "c": "a", "bb": "a"} {
		assert.Equal(t, want, w.get(t, request{header: http.Header{"X-Variant": {value}}}).variant(), value)
	}
}

func cookieChooses(t *testing.T, w *world) {
	w.route(t,
		gatewayapi.Rule{
			Matches:  []gatewayapi.Match{{Headers: []gatewayapi.HeaderMatch{{Name: "Cookie", Value: `(^|; *)wiki-test=b(;|$)`, Regexp: true}}}},
			Backends: []gatewayapi.Backend{weighted(serviceB, 1)},
		},
		gatewayapi.Rule{
			Matches:  []gatewayapi.Match{{Query: []gatewayapi.QueryMatch{{Name: "beta", Value: "1"}}}},
			Filters:  []gatewayapi.Filter{{AddResponseHeader: &gatewayapi.Header{Name: "Set-Cookie", Value: "wiki-test=b; Path=/; Max-Age=60"}}},
			Backends: []gatewayapi.Backend{weighted(serviceB, 1)},
		},
		gatewayapi.Rule{Backends: []gatewayapi.Backend{weighted(serviceA, 1)}})
	for cookie, want := range map[string]string{
		"wiki-test=b": "b", "x=y; wiki-test=b": "b", "wiki-test=b; x=y": "b", "x=y;wiki-test=b;z=1": "b",
		"wiki-test=bb": "a", "my-wiki-test=b": "a", "wiki-test=a": "a", "": "a",
	} {
		assert.Equal(t, want, w.get(t, request{header: http.Header{"Cookie": {cookie}}}).variant(), "%q", cookie)
	}
	w.b.behave(t, func(rw http.ResponseWriter, _ *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: "session", Value: "1"})
	})
	chosen := w.get(t, request{path: "?beta=1"})
	assert.Equal(t, "b", chosen.variant())
	require.Len(t, chosen.cookies, 2, "the app's own cookie stays")
	assert.Equal(t, "wiki-test", chosen.cookies[1].Name)
	assert.Empty(t, w.get(t, request{path: "?beta=2"}).cookies)
}

func previewShows(t *testing.T, w *world) {
	w.route(t, gatewayapi.Rule{Backends: []gatewayapi.Backend{weighted(serviceA, 1)}})
	route := program(t, func(ctx *pulumi.Context) error {
		_, err := gatewayapi.NewHTTPRoute(ctx, "preview", gatewayapi.HTTPRoute{
			Namespace: "wiki-a", Name: "wiki-preview", Parent: parent, Hostnames: []string{preview},
			Rules: []gatewayapi.Rule{{Backends: []gatewayapi.Backend{weighted(serviceB, 1)}}},
		}, providers(ctx))
		return err
	})
	assert.Equal(t, http.StatusNotFound, w.get(t, request{host: preview}).status)
	w.cluster.apply(t, route...)
	w.await(t, "b on the preview host", func() bool { return w.get(t, request{host: preview}).variant() == "b" })
	assert.Equal(t, "a", w.get(t, request{}).variant())
}

func readinessNeedsObjects(t *testing.T, w *world) {
	ready := w.cluster.sent["Middleware ingress/ready"]
	require.NotNil(t, ready)
	status := func(want int) func() bool {
		return func() bool {
			return w.get(t, request{host: ingress.ReadyHost, path: ingress.ReadyPath}).status == want
		}
	}
	w.cluster.remove(t, ready)
	w.await(t, "not ready without the middleware", status(http.StatusNotFound))
	w.cluster.apply(t, ready)
	w.await(t, "ready again", status(http.StatusOK))
}
