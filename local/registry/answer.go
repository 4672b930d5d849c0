package registry

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
)

// held is an answer that is kept back until it is known to be true.
type held struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func newHeld() *held { return &held{header: http.Header{}, code: http.StatusOK} }

func (h *held) Header() http.Header         { return h.header }
func (h *held) WriteHeader(code int)        { h.code = code }
func (h *held) Write(p []byte) (int, error) { return h.body.Write(p) }

func (h *held) release(w http.ResponseWriter) {
	maps.Copy(w.Header(), h.header)
	w.WriteHeader(h.code)
	// A client that has gone needs no answer.
	_, _ = w.Write(h.body.Bytes())
}

// withBody is the request with its body read already.
func withBody(req *http.Request, body []byte) *http.Request {
	clone := req.Clone(req.Context())
	clone.Body = io.NopCloser(bytes.NewReader(body))
	clone.ContentLength = int64(len(body))
	return clone
}

// fail answers in the form of the distribution specification.
func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.NewEncoder(w).Encode(map[string][]entry{"errors": {{code, message}}})
}
