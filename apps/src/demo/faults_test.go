package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func faulty(f faults) *server {
	s := testServer()
	s.cfg.faults = f
	return s
}

func TestAHangingServiceKeepsItsProbesAndLosesItsUsers(t *testing.T) {
	s := faulty(faults{hang: true})
	server := httptest.NewServer(s.handler())
	defer server.Close()
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/", ""}, {"GET", "/api/whoami", ""}, {"POST", "/api/echo", "hello"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, c.method, server.URL+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		_, err = http.DefaultClient.Do(request)
		assert.ErrorIs(t, err, context.DeadlineExceeded, c.path)
	}
	for _, path := range []string{"/livez", "/readyz"} {
		assert.Equal(t, 200, get(s.handler(), path).Code, path)
	}
	metric := `http_requests_total{code="499",method="POST",route="/api/echo"} 1`
	assert.Eventually(t, func() bool {
		return strings.Contains(get(s.metrics.handler(), "/metrics").Body.String(), metric)
	}, time.Minute, 10*time.Millisecond, "the request ends when its client leaves")
}

func TestADelayComesBeforeTheAnswer(t *testing.T) {
	h := faulty(faults{delay: 50 * time.Millisecond}).handler()
	began := time.Now()
	assert.Equal(t, testIdentityJSON, get(h, "/api/whoami").Body.String())
	assert.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
	began = time.Now()
	assert.Equal(t, 200, get(h, "/readyz").Code)
	assert.Less(t, time.Since(began), 50*time.Millisecond)
}

func TestErrorsComeInTheirShare(t *testing.T) {
	for _, c := range []struct{ percent, least, most int }{{0, 0, 0}, {50, 400, 600}, {100, 1000, 1000}} {
		h := faulty(faults{errors: c.percent}).handler()
		failed := 0
		for range 1000 {
			w := get(h, "/")
			if w.Code == 500 {
				failed++
				assert.Equal(t, `{"error":"FAULT_ERRORS"}`+"\n", w.Body.String())
			}
		}
		assert.GreaterOrEqual(t, failed, c.least, "of 1000 at %d %%", c.percent)
		assert.LessOrEqual(t, failed, c.most, "of 1000 at %d %%", c.percent)
		assert.Equal(t, 200, get(h, "/livez").Code)
	}
}

func TestAServiceWithoutFaultsReadsTheBodyItself(t *testing.T) {
	r := httptest.NewRequest("POST", "/api/echo", strings.NewReader("hello"))
	w := httptest.NewRecorder()
	faulty(faults{errors: 0, delay: time.Millisecond}).handler().ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	assert.Contains(t, string(body), `"bytes":5`)
}
