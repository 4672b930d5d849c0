//go:build integration

package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"live-omega/components/gatewayapi"
	"live-omega/components/traefik"
)

// many sends requests, some at a time, and counts the variants that answered.
func (w *world) many(t testing.TB, count int, of func(int) request) map[string]int {
	t.Helper()
	answers := w.each(t, count, of)
	variants := map[string]int{}
	for _, answer := range answers {
		require.Equal(t, http.StatusOK, answer.status, answer.body)
		variants[answer.variant()]++
	}
	return variants
}

// each sends requests, some at a time, and returns the answers in their order.
func (w *world) each(t testing.TB, count int, of func(int) request) []answer {
	t.Helper()
	answers := make([]answer, count)
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(16)
	for i := range count {
		group.Go(func() (err error) {
			answers[i], err = w.ask(ctx, of(i))
			return err
		})
	}
	require.NoError(t, group.Wait())
	return answers
}

func cohortRule(percentOfB int) gatewayapi.Rule {
	return gatewayapi.Rule{
		Filters: traefik.Weights("wiki-cohorts",
			traefik.Choice{Name: "b", Percent: percentOfB}, traefik.Choice{Name: "a", Percent: 100 - percentOfB}),
		Backends: []gatewayapi.Backend{sticky},
	}
}

func visitorsStay(t *testing.T, w *world) {
	const visitors = 1000
	cookies := make([]string, visitors)
	variants := make([]string, visitors)
	visit := func(i int) request {
		if cookies[i] == "" {
			return request{}
		}
		return request{header: http.Header{"Cookie": {"theme=dark; " + cookies[i]}}}
	}
	for step, percent := range []int{0, 10, 50, 100, 0} {
		w.route(t, cohortRule(percent))
		onB := 0
		for round := range 2 {
			for i, answer := range w.each(t, visitors, visit) {
				require.Equal(t, http.StatusOK, answer.status, answer.body)
				if step == 0 && round == 0 {
					require.Len(t, answer.cookies, 1, "one cookie, and not the one that Traefik follows")
					require.Equal(t, "wiki-cohort", answer.cookies[0].Name)
					cookies[i] = answer.cookies[0].Name + "=" + answer.cookies[0].Value
				} else {
					require.Empty(t, answer.cookies, "a visitor is given a cookie once")
				}
				if percent > 0 && variants[i] == "b" {
					require.Equal(t, "b", answer.variant(), "visitor %d left b at %d %%", i, percent)
				}
				if round > 0 {
					require.Equal(t, variants[i], answer.variant(), "visitor %d moved without an edit", i)
				}
				if variants[i] = answer.variant(); round > 0 && variants[i] == "b" {
					onB++
				}
			}
		}
		// Four standard deviations of 1 000 draws are 6.3 points at 50 %; none at 0 and 100.
		tolerance := map[int]float64{0: 0, 10: 4, 50: 6.5, 100: 0}[percent]
		assert.InDelta(t, percent, 100*float64(onB)/visitors, tolerance, "at %d %%", percent)
	}
}

func nobodyForges(t *testing.T, w *world) {
	w.route(t, cohortRule(0))
	middleware := w.cluster.sent["Middleware wiki-a/wiki-cohorts"]["spec"].(object)["plugin"].(object)["cohorts"].(object)
	forged := fmt.Sprintf("%s=%s", middleware["sticky"], middleware["choices"].(object)["b"])
	for _, header := range []http.Header{
		{traefik.CohortHeader: {"b=100,a=0"}},
		{strings.ToLower(traefik.CohortHeader): {"b=100,a=0"}},
		{traefik.CohortHeader: {"b=100,a=0", "b=100,a=0"}},
		{"Connection": {traefik.CohortHeader}},
		{"Cookie": {forged}},
		{"Cookie": {forged + "; wiki-cohort=0; " + forged}},
		{"Cookie": {"wiki-cohort=nonsense"}},
	} {
		answer := w.get(t, request{header: header})
		assert.Equal(t, "a", answer.variant(), "%v", header)
		assert.Empty(t, answer.header.Get(traefik.CohortHeader))
	}
	w.settleBoth(t)
	w.get(t, request{header: http.Header{"Cookie": {"session=1; " + forged}}})
	require.Len(t, w.a.requests(), 1)
	got := w.a.requests()[0].header
	assert.NotContains(t, got, traefik.CohortHeader)
	assert.NotContains(t, got.Get("Cookie"), forged)
	assert.Contains(t, got.Get("Cookie"), "session=1")
}

func (w *world) settleBoth(t testing.TB) {
	t.Helper()
	w.a.settle(t)
	w.b.settle(t)
}

func streamsPass(t *testing.T, w *world) {
	w.route(t, cohortRule(0))
	release := make(chan struct{})
	w.a.behave(t, func(rw http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Upgrade") == "" {
			fmt.Fprintln(rw, "first")
			rw.(http.Flusher).Flush()
			<-release
			fmt.Fprintln(rw, "second")
			return
		}
		connection, buffered, err := rw.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer connection.Close()
		fmt.Fprint(buffered, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = buffered.Flush()
		_, _ = io.Copy(connection, buffered)
	})
	response, err := w.open(t.Context(), request{})
	require.NoError(t, err)
	defer response.Body.Close()
	lines := bufio.NewReader(response.Body)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "first\n", line, "before the answer is complete")
	close(release)
	line, err = lines.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "second\n", line)

	connection, err := net.Dial("tcp", w.traefik.address)
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(patience)))
	fmt.Fprintf(connection, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", host)
	reader := bufio.NewReader(connection)
	upgraded, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, upgraded.StatusCode)
	assert.Contains(t, upgraded.Header.Get("Set-Cookie"), "wiki-cohort=")
	fmt.Fprintln(connection, "hello")
	line, err = reader.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "hello\n", line)
}

func cohortCookie(cohort int) http.Header {
	return http.Header{"Cookie": {"wiki-cohort=" + strconv.Itoa(cohort)}}
}
