//go:build integration

package edge

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// host is the app that is asked for.
const host = "wiki.example.test"

// mirrored is a split that copies a share of what live answers to omega.
func mirrored(live, percent int) Split {
	return Split{Weights: Weights{"live": live, "omega": 100 - live}, Mirror: &Mirror{To: "omega", Percent: percent}}
}

func TestCopiesReachTheOtherClusterInProportion(t *testing.T) {
	g := startGateway(t, mirrored(90, 20))
	const requests = 5000
	answers := g.send(t, requests, func(int) *http.Request { return g.request(t, http.MethodGet, "/", nil) })
	require.Equal(t, requests, answers["live"]+answers["omega"], "answers: %v", answers)
	assert.InDelta(t, 90, 100*float64(answers["live"])/requests, 3)

	copied := func() int { return int(g.clusters["omega"].requests.Load()) - answers["omega"] }
	require.Eventually(t, func() bool { return 100*copied() >= 17*answers["live"] }, time.Minute, 10*time.Millisecond)
	g.stop(t)
	assert.InDelta(t, 20, 100*float64(copied())/float64(answers["live"]), 3)
	assert.Equal(t, answers["live"], int(g.clusters["live"].requests.Load()), "nothing is copied to the cluster that answers")
}

func TestACopyIsTheRequest(t *testing.T) {
	g := startGateway(t, mirrored(100, 100))
	body := []byte("name=Ada")
	request := g.request(t, http.MethodPost, "/sign?page=2", bytes.NewReader(body))
	request.Header.Set("X-Forwarded-Proto", "spoofed")
	assert.Equal(t, "live", answer(t, request))
	var original, copied seen
	require.Eventually(t, func() bool {
		var ok bool
		copied, ok = g.clusters["omega"].last()
		return ok
	}, time.Minute, 10*time.Millisecond)
	original, _ = g.clusters["live"].last()
	want := seen{method: http.MethodPost, uri: "/sign?page=2", host: host, body: "name=Ada", proto: "http"}
	assert.Equal(t, want, original)
	assert.Equal(t, want, copied)
}

func TestWhatCannotBeCopiedIsServedAllTheSame(t *testing.T) {
	g := startGateway(t, mirrored(100, 100))
	tests := []struct {
		name string
		body io.Reader
		want string
	}{
		{"a body of unknown length that is empty", io.MultiReader(), ""},
		{"a body of unknown length", io.MultiReader(strings.NewReader("stream")), "stream"},
		{"a body above the bound", strings.NewReader(strings.Repeat("x", maxCopyBytes+1)), strings.Repeat("x", maxCopyBytes+1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request := g.request(t, http.MethodPost, "/", test.body)
			if _, known := test.body.(*strings.Reader); !known {
				request.ContentLength = -1
			}
			require.Equal(t, "live", answer(t, request))
			got, _ := g.clusters["live"].last()
			assert.True(t, got.body == test.want, "live got %d bytes, want %d", len(got.body), len(test.want))
		})
	}
	g.stop(t)
	assert.Zero(t, g.clusters["omega"].requests.Load())
}

func TestACopyThatHangsKeepsNobodyWaitingAndEnds(t *testing.T) {
	g := startGateway(t, mirrored(100, 100))
	g.clusters["omega"].hang.Store(true)
	const requests = 200
	var slowest atomic.Int64
	answers := g.send(t, requests, func(int) *http.Request { return g.request(t, http.MethodGet, "/", nil) }, func(took time.Duration) {
		for old := slowest.Load(); int64(took) > old && !slowest.CompareAndSwap(old, int64(took)); old = slowest.Load() {
		}
	})
	assert.Equal(t, map[string]int{"live": requests}, answers)
	timeout, err := time.ParseDuration(copyResponseTimeout)
	require.NoError(t, err)
	assert.Less(t, time.Duration(slowest.Load()), timeout/2, "the slowest request")

	omega := g.clusters["omega"]
	require.Eventually(t, func() bool { return omega.given.Load() == requests }, 4*timeout, 50*time.Millisecond, "copies that ended")
	assert.InDelta(t, timeout.Seconds(), time.Duration(omega.longest.Load()).Seconds(), timeout.Seconds()/2, "the longest copy")
}

func TestADeadClusterThatGetsCopiesLosesNothing(t *testing.T) {
	g := startGateway(t, mirrored(100, 100))
	g.clusters["omega"].kill(t)
	const requests = 3000
	answers := g.send(t, requests, func(i int) *http.Request {
		return g.request(t, http.MethodPost, fmt.Sprintf("/%d", i), strings.NewReader("x"))
	})
	assert.Equal(t, map[string]int{"live": requests}, answers)
	assert.Equal(t, int64(requests), g.clusters["live"].requests.Load(), "no request is sent twice because its copy failed")
}

func TestAnotherClusterAnswersForADeadOneAndGetsNoCopiesBesides(t *testing.T) {
	g := startGateway(t, mirrored(100, 50))
	get := func(int) *http.Request { return g.request(t, http.MethodGet, "/", nil) }
	stop, done := make(chan struct{}), make(chan map[string]int)
	go func() {
		answers := map[string]int{}
		for {
			select {
			case <-stop:
				done <- answers
				return
			default:
				for name, n := range g.send(t, 20, get) {
					answers[name] += n
				}
			}
		}
	}()
	require.Eventually(t, func() bool { return g.clusters["live"].requests.Load() > 200 }, time.Minute, 10*time.Millisecond)
	g.clusters["live"].kill(t)
	omega := g.clusters["omega"]
	before := omega.requests.Load()
	require.Eventually(t, func() bool { return omega.requests.Load() > before+500 }, time.Minute, 10*time.Millisecond)
	close(stop)
	answers, failed := <-done, 0
	for name, n := range answers {
		if name != "live" && name != "omega" {
			failed += n
		}
	}
	assert.LessOrEqual(t, failed, clients, "only what was under way in the cluster may fail: %v", answers)

	// From here on live is known to be dead.
	start := omega.requests.Load()
	const requests = 500
	assert.Equal(t, map[string]int{"omega": requests}, g.send(t, requests, get))
	g.stop(t)
	assert.Equal(t, int64(requests), omega.requests.Load()-start)
}

// clients send requests at the same time.
const clients = 10

// send sends requests from the clients and counts the answers by cluster; what failed is counted by its
// reason.
func (g *gateway) send(t *testing.T, requests int, request func(i int) *http.Request, observe ...func(time.Duration)) map[string]int {
	var (
		next    atomic.Int64
		under   sync.WaitGroup
		mutex   sync.Mutex
		answers = map[string]int{}
	)
	for range clients {
		under.Go(func() {
			for i := next.Add(1); i <= int64(requests); i = next.Add(1) {
				begin := time.Now()
				name := answer(t, request(int(i)))
				for _, see := range observe {
					see(time.Since(begin))
				}
				mutex.Lock()
				answers[name]++
				mutex.Unlock()
			}
		})
	}
	under.Wait()
	return answers
}
