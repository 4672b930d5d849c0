package load

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// listed is how many failures String shows; Failures has all.
const listed = 10

// Window counts requests by who answered them.
type Window struct {
	From, To time.Time
	// Requests is how many were sent, Failed how many of them failed.
	Requests, Failed int
	// Answered requests by cluster, by variant and by version.
	Clusters, Variants, Versions map[string]int
}

func window(results []result, from, to time.Time) Window {
	w := Window{From: from, To: to, Clusters: map[string]int{}, Variants: map[string]int{}, Versions: map[string]int{}}
	for _, r := range results {
		if r.at.Before(from) || !r.at.Before(to) {
			continue
		}
		w.Requests++
		if r.failed != nil {
			w.Failed++
			continue
		}
		w.Clusters[r.answer.Cluster]++
		w.Variants[r.answer.Variant]++
		w.Versions[r.answer.Version]++
	}
	return w
}

// ClusterShare is the percentage, 0 to 100, of the window's requests that this
// cluster answered. It is 0 in an empty window.
func (w Window) ClusterShare(cluster string) float64 { return w.share(w.Clusters[cluster]) }

// VariantShare is the same for a variant.
func (w Window) VariantShare(variant string) float64 { return w.share(w.Variants[variant]) }

func (w Window) share(n int) float64 {
	if w.Requests == 0 {
		return 0
	}
	return 100 * float64(n) / float64(w.Requests)
}

// Report is what became of every request of a run.
type Report struct {
	Window
	Options Options
	// P50, P99 and Max are latencies, over failed requests too: a client that
	// waited for nothing has waited.
	P50, P99, Max time.Duration
	// Failures in the order in which the requests were sent.
	Failures []Failure

	results []result
}

func newReport(options Options, started time.Time, results []result) *Report {
	results = slices.Clone(results)
	slices.SortFunc(results, func(a, b result) int { return a.at.Compare(b.at) })
	report := &Report{Options: options, results: results}
	end := started
	latencies := make([]time.Duration, 0, len(results))
	for _, r := range results {
		latencies = append(latencies, r.latency)
		if r.failed != nil {
			report.Failures = append(report.Failures, *r.failed)
		}
		end = r.at.Add(1)
	}
	slices.Sort(latencies)
	report.P50, report.P99, report.Max = percentile(latencies, 50), percentile(latencies, 99), percentile(latencies, 100)
	report.Window = window(results, started, end)
	return report
}

// Of is the report of the streams with this name alone.
func (r *Report) Of(stream string) *Report {
	options := r.Options
	options.Streams = slices.DeleteFunc(slices.Clone(options.Streams), func(s Stream) bool { return s.Name != stream })
	return newReport(options, r.From, slices.DeleteFunc(slices.Clone(r.results), func(result result) bool { return result.stream != stream }))
}

// Latency is the p-th percentile, 1 to 100, of the latencies of the requests
// sent from `from` up to, not including, `to`; 0 when there were none.
func (r *Report) Latency(from, to time.Time, p int) time.Duration {
	var latencies []time.Duration
	for _, result := range r.results {
		if !result.at.Before(from) && result.at.Before(to) {
			latencies = append(latencies, result.latency)
		}
	}
	slices.Sort(latencies)
	return percentile(latencies, p)
}

// percentile is the nearest-rank percentile of sorted durations.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

// Rate is how many requests were sent per second. Far below the wanted rate,
// the machine was too slow for the run to prove anything.
func (r *Report) Rate() float64 {
	if elapsed := r.To.Sub(r.From).Seconds(); elapsed > 0 {
		return float64(r.Requests) / elapsed
	}
	return 0
}

// During counts the requests sent from `from` up to, not including, `to`.
func (r *Report) During(from, to time.Time) Window { return window(r.results, from, to) }

// LastFrom is when the last request was sent that this cluster answered.
func (r *Report) LastFrom(cluster string) (time.Time, bool) {
	return r.last(func(a Answer) bool { return a.Cluster == cluster })
}

// LastFromVariant is the same for a variant.
func (r *Report) LastFromVariant(variant string) (time.Time, bool) {
	return r.last(func(a Answer) bool { return a.Variant == variant })
}

func (r *Report) last(match func(Answer) bool) (time.Time, bool) {
	for _, result := range slices.Backward(r.results) {
		if result.answer != nil && match(*result.answer) {
			return result.at, true
		}
	}
	return time.Time{}, false
}

// RecoveredAt is when the first request after `after` was sent from which on n
// requests in a row succeeded. False means that it never came to that.
func (r *Report) RecoveredAt(after time.Time, n int) (time.Time, bool) {
	row := 0
	var first time.Time
	for _, result := range r.results {
		switch {
		case result.at.Before(after):
			continue
		case result.failed != nil:
			row = 0
			continue
		case row == 0:
			first = result.at
		}
		if row++; row == n {
			return first, true
		}
	}
	return time.Time{}, false
}

// String is the report for people: the numbers, the shares, the first failures.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d requests in %.1f s (%.0f/s), %d failed; latency p50 %s, p99 %s, max %s\n",
		r.Requests, r.To.Sub(r.From).Seconds(), r.Rate(), r.Failed, short(r.P50), short(r.P99), short(r.Max))
	fmt.Fprintf(&b, "clusters: %s; variants: %s; versions: %s\n", r.shares(r.Clusters), r.shares(r.Variants), r.shares(r.Versions))
	for i, failure := range r.Failures {
		if i == listed {
			fmt.Fprintf(&b, "  and %d more; by second: %s\n", len(r.Failures)-listed, r.bySecond())
			break
		}
		fmt.Fprintf(&b, "  failed %s\n", failure)
	}
	return b.String()
}

// bySecond says when requests failed and with which status, 0 for none: a burst
// when a cluster dies is told apart from a trickle later.
func (r *Report) bySecond() string {
	type key struct{ second, status int }
	counts := map[key]int{}
	for _, failure := range r.Failures {
		counts[key{int(failure.At.Seconds()), failure.Status}]++
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.second, b.second), cmp.Compare(a.status, b.status))
	})
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprintf("%d s: %d × %d", k.second, counts[k], k.status)
	}
	return strings.Join(parts, ", ")
}

func (r *Report) shares(counts map[string]int) string {
	var parts []string
	for name, n := range counts {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", name, r.share(n)))
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func short(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}
