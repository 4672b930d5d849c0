package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var (
	began     = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	fromLive  = &Answer{Cluster: "live", Variant: "a", Version: "v1.0.0"}
	fromOmega = &Answer{Cluster: "omega", Variant: "b", Version: "v2.0.0"}
)

func second(n float64) time.Time { return began.Add(time.Duration(n * float64(time.Second))) }

func answered(at float64, by *Answer) result {
	return result{at: second(at), latency: time.Duration(at) * time.Millisecond, answer: by}
}

func lost(at float64) result {
	return result{at: second(at), latency: time.Second, failed: &Failure{At: second(at).Sub(began), Latency: time.Second, Error: "EOF", Stream: Stream{Method: "GET", Fresh: true}}}
}

func TestAWindowHoldsWhatWasSentInItAndItsShares(t *testing.T) {
	report := newReport(Options{}, began, []result{
		answered(0, fromLive), answered(1, fromLive), answered(2, fromOmega), answered(3, fromOmega), lost(4), answered(5, fromOmega),
	})
	w := report.During(second(1), second(5))
	assert.Equal(t, Window{From: second(1), To: second(5), Requests: 4, Failed: 1,
		Clusters: map[string]int{"live": 1, "omega": 2}, Variants: map[string]int{"a": 1, "b": 2},
		Versions: map[string]int{"v1.0.0": 1, "v2.0.0": 2}}, w)
	assert.Equal(t, 25.0, w.ClusterShare("live"))
	assert.Equal(t, 50.0, w.VariantShare("b"))
	assert.Zero(t, report.During(second(9), second(10)).ClusterShare("live"), "an empty window")
}

func TestReportSortsWhatArrivedLate(t *testing.T) {
	report := newReport(Options{}, began, []result{answered(3, fromOmega), lost(2), lost(1), answered(0, fromLive)})
	assert.Equal(t, []time.Duration{time.Second, 2 * time.Second}, []time.Duration{report.Failures[0].At, report.Failures[1].At})
	assert.Equal(t, 4, report.Requests)
	last, ok := report.LastFrom("live")
	assert.True(t, ok)
	assert.Equal(t, began, last)
	last, ok = report.LastFromVariant("b")
	assert.True(t, ok)
	assert.Equal(t, second(3), last)
	_, ok = report.LastFrom("edge")
	assert.False(t, ok)
}

func TestRecoveryIsTheStartOfALongEnoughRow(t *testing.T) {
	report := newReport(Options{}, began, []result{
		answered(0, fromLive), answered(1, fromLive), lost(2), answered(3, fromOmega), lost(4), answered(5, fromOmega), answered(6, fromOmega),
	})
	at, ok := report.RecoveredAt(second(1.5), 2)
	assert.True(t, ok)
	assert.Equal(t, second(5), at)
	at, ok = report.RecoveredAt(second(0), 2)
	assert.True(t, ok)
	assert.Equal(t, second(0), at)
	_, ok = report.RecoveredAt(second(1.5), 3)
	assert.False(t, ok)
}

func TestPercentilesAreByNearestRank(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		sorted []time.Duration
		p      int
		want   time.Duration
	}{
		{nil, 50, 0}, {[]time.Duration{7}, 50, 7}, {[]time.Duration{7}, 99, 7},
		{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred[:3], 50, 2},
	} {
		assert.Equal(t, c.want, percentile(c.sorted, c.p), "p%d of %d", c.p, len(c.sorted))
	}
}

func TestReportForPeopleListsTheFirstFailures(t *testing.T) {
	results := []result{answered(0, fromLive)}
	for i := range 13 {
		results = append(results, lost(float64(i+1)))
	}
	text := newReport(Options{}, began, results).String()
	assert.Contains(t, text, "14 requests in 13.0 s (1/s), 13 failed; latency p50 1s, p99 1s, max 1s\n")
	assert.Contains(t, text, "clusters: live 7.1 %; variants: a 7.1 %; versions: v1.0.0 7.1 %\n")
	assert.Contains(t, text, "  failed at 10.000s after 1s, GET on a fresh connection: EOF\n  and 3 more; by second: 1 s: 1 × 0, 2 s: 1 × 0, ")
	assert.NotContains(t, text, "at 11.000s")
}

func TestLatencyIsThatOfTheWindow(t *testing.T) {
	report := newReport(Options{}, began, []result{answered(1, fromLive), answered(2, fromLive), answered(3, fromLive), lost(4)})
	assert.Equal(t, 2*time.Millisecond, report.Latency(second(1), second(3), 99))
	assert.Equal(t, 2*time.Millisecond, report.Latency(second(1), second(4), 50))
	assert.Equal(t, time.Second, report.Latency(second(1), second(5), 100), "a failed request has waited too")
	assert.Zero(t, report.Latency(second(7), second(9), 99))
}
