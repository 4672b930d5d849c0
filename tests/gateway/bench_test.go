//go:build integration

package gateway

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"live-omega/components/gatewayapi"
)

// BenchmarkRoutes tells what the kinds of routes cost: cpu-µs/op is the CPU time of Traefik alone.
//
//	go test -tags integration -run '^$' -bench Routes -benchtime 20000x ./tests/gateway
func BenchmarkRoutes(b *testing.B) {
	w := newWorld(b)
	for _, kind := range []struct {
		name   string
		rule   gatewayapi.Rule
		header http.Header
	}{
		{"weights", gatewayapi.Rule{Backends: []gatewayapi.Backend{weighted(serviceA, 90), weighted(serviceB, 10)}}, nil},
		{"cohorts of visitors", cohortRule(10), cohortCookie(17)},
		{"cohorts of strangers", cohortRule(10), nil},
		{"copies of all", copiedRule(100), nil},
	} {
		b.Run(kind.name, func(b *testing.B) {
			w.route(b, kind.rule)
			before := w.traefik.cpu(b)
			b.ResetTimer()
			for _, answer := range w.each(b, b.N, func(int) request { return request{header: kind.header} }) {
				require.Equal(b, http.StatusOK, answer.status)
			}
			b.StopTimer()
			b.ReportMetric(float64((w.traefik.cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
		})
	}
}
