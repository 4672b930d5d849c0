package load

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func invite(t *testing.T, count int, handler http.HandlerFunc) *Visitors {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	visitors, err := NewVisitors(VisitorOptions{Address: strings.TrimPrefix(server.URL, "http://"), Host: "demo.test", Count: count})
	require.NoError(t, err)
	return visitors
}

func TestVisitorsBringTheirOwnCookiesAndNobodyElses(t *testing.T) {
	var drawn atomic.Int64
	visitors := invite(t, 100, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "demo.test", r.Host)
		number := ""
		if cookie, err := r.Cookie("who"); err == nil {
			number = cookie.Value
		} else {
			number = strconv.FormatInt(drawn.Add(1), 10)
			http.SetCookie(w, &http.Cookie{Name: "who", Value: number, Path: "/", HttpOnly: true})
		}
		answerAs(w, "live", number)
	})
	for range 3 {
		assert.Len(t, visitors.Round(t.Context()), 100)
	}
	assert.EqualValues(t, 100, drawn.Load())
	seen := map[string]bool{}
	for i, visits := range visitors.History() {
		require.Len(t, visits, 3)
		assert.NotEmpty(t, visits[0].Variant)
		assert.Equal(t, []Visit{visits[0], visits[0], visits[0]}, visits, "visitor %d", i)
		seen[visits[0].Variant] = true
	}
	assert.Len(t, seen, 100)
}

func TestAVisitThatFailsSaysWhy(t *testing.T) {
	for _, c := range []struct {
		answer http.HandlerFunc
		want   string
	}{
		{func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no server", 502) }, `status 502: "no server\n"`},
		{func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }, `status 200: "{}"`},
		{drop, "EOF"},
	} {
		visits := invite(t, 2, c.answer).Round(t.Context())
		for _, visit := range visits {
			assert.Contains(t, visit.Error, c.want)
			assert.Empty(t, visit.Cluster)
		}
	}
}

func TestBadVisitorsAreReportedAtOnce(t *testing.T) {
	_, err := NewVisitors(VisitorOptions{Address: "here", AtOnce: -1})
	for _, want := range []string{`Address: found "here"`, "Host: found none", "found 0 visitors, -1 at once"} {
		assert.ErrorContains(t, err, want)
	}
}
