package main

import (
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// statusClientLeft is what is counted for a request whose client left before
// its answer; nobody ever sees it (nginx's convention, as HTTP has none).
const statusClientLeft = 499

// faults are what a variant under test does wrong on purpose, for everything
// but its probes and its metrics: to Kubernetes it is well, to its users it is
// not, as a bad release is.
type faults struct {
	// hang leaves every request without an answer until its client leaves.
	hang bool
	// delay comes before every answer.
	delay time.Duration
	// errors is the percentage of requests, 0 to 100, that are answered with 500.
	errors int
}

func (f faults) any() bool { return f != faults{} }

// wrap makes a handler behave as the faults say.
func (f faults) wrap(next http.HandlerFunc) http.HandlerFunc {
	if !f.any() {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if !f.wait(w, r) {
			w.WriteHeader(statusClientLeft)
			return
		}
		if f.errors > 0 && rand.IntN(100) < f.errors {
			writeError(w, http.StatusInternalServerError, "FAULT_ERRORS")
			return
		}
		next(w, r)
	}
}

// wait spends the delay, or all the time there is. It returns false when the
// client left meanwhile.
func (f faults) wait(w http.ResponseWriter, r *http.Request) bool {
	var enough <-chan time.Time
	switch {
	case f.hang:
		// net/http notices that a client left only once the body was read.
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
			return false
		}
	case f.delay > 0:
		timer := time.NewTimer(f.delay)
		defer timer.Stop()
		enough = timer.C
	default:
		return true
	}
	select {
	case <-enough:
		return true
	case <-r.Context().Done():
		return false
	}
}
