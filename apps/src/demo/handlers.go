package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxDelay bounds /api/delay, so that nobody can park connections for long.
	maxDelay = 30 * time.Second
	// maxBody bounds what /api/echo reads.
	maxBody = 1 << 20
)

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]http.HandlerFunc{
		"GET /{$}":        s.index,
		"GET /api/whoami": s.whoami,
		"/api/echo":       s.echo,
		"GET /api/delay":  s.delay,
		"GET /api/status": s.status,
	} {
		mux.HandleFunc(pattern, s.cfg.faults.wrap(answer))
	}
	// Kubernetes is not to find out.
	mux.HandleFunc("GET /livez", s.livez)
	mux.HandleFunc("GET /readyz", s.readyz)
	return s.instrument(mux)
}

// instrument counts and times every request, and while the server drains asks
// each connection to close after its answer.
func (s *server) instrument(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		recorder := &recorder{ResponseWriter: w, code: http.StatusOK}
		start := time.Now()
		mux.ServeHTTP(recorder, r)
		took := time.Since(start)

		// ServeMux leaves the pattern that matched in the request; a path that
		// matched none must not become a label.
		route := r.Pattern
		if _, path, ok := strings.Cut(route, " "); ok {
			route = path
		}
		if route == "" {
			route = "none"
		}
		s.metrics.observe(methodLabel(r.Method), route, recorder.code, took)
		s.log.LogAttrs(r.Context(), slog.LevelDebug, "request",
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.String("host", r.Host),
			slog.Int("code", recorder.code), slog.Duration("took", took))
	})
}

func (s *server) index(w http.ResponseWriter, r *http.Request) {
	// The answer depends on Accept, which a cache in between must know.
	w.Header().Set("Vary", "Accept")
	if r.URL.Query().Has("json") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		s.whoami(w, r)
		return
	}
	s.page(w)
}

func (s *server) whoami(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.cfg.identity)
}

// echoed is what the service saw of a request after every gateway on its way.
type echoed struct {
	identity
	Method  string      `json:"method"`
	Host    string      `json:"host"`
	Path    string      `json:"path"`
	Query   string      `json:"query,omitempty"`
	Remote  string      `json:"remote"`
	Headers http.Header `json:"headers"`
	// Bytes is the length of the body.
	Bytes int64 `json:"bytes"`
}

func (s *server) echo(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, http.StatusBadRequest, fmt.Sprintf("reading the body: %v", err))
		return
	}
	writeJSON(w, http.StatusOK, echoed{
		identity: s.cfg.identity,
		Method:   r.Method, Host: r.Host, Path: r.URL.Path, Query: r.URL.RawQuery,
		Remote: r.RemoteAddr, Headers: r.Header, Bytes: n,
	})
}

// delay answers after ?ms= milliseconds, or not at all when the client leaves.
func (s *server) delay(w http.ResponseWriter, r *http.Request) {
	found := r.URL.Query().Get("ms")
	ms, err := strconv.Atoi(found)
	if err != nil || ms < 0 || ms > int(maxDelay.Milliseconds()) {
		writeError(w, http.StatusBadRequest, fmt.Sprintf("ms: found %q, want 0 to %d", found, maxDelay.Milliseconds()))
		return
	}
	timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.whoami(w, r)
	case <-r.Context().Done():
	}
}

func (s *server) status(w http.ResponseWriter, r *http.Request) {
	found := r.URL.Query().Get("code")
	code, err := strconv.Atoi(found)
	if err != nil || code < 200 || code > 599 {
		writeError(w, http.StatusBadRequest, fmt.Sprintf("code: found %q, want 200 to 599", found))
		return
	}
	writeJSON(w, code, s.cfg.identity)
}

// livez says that the process can answer. It stays true while draining: a
// restart then would drop what is being drained.
func (s *server) livez(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "ok")
}

func (s *server) readyz(w http.ResponseWriter, _ *http.Request) {
	if s.draining.Load() {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

func writeJSON(w http.ResponseWriter, code int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	// 204 and 304 have no body, and a client that has gone cannot be told.
	_, _ = w.Write(append(body, '\n'))
}

func writeError(w http.ResponseWriter, code int, message string) {
	writeJSON(w, code, map[string]string{"error": message})
}

// recorder remembers the status code of an answer.
type recorder struct {
	http.ResponseWriter
	code    int
	written bool
}

func (r *recorder) WriteHeader(code int) {
	if !r.written {
		r.code, r.written = code, true
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.written = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the real writer.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
