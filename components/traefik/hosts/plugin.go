// Package hosts is a middleware of Traefik that takes a suffix off the Host header.
//
// Traefik interprets this file; see package plugin beside it.
package hosts

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Config is what a middleware says.
type Config struct {
	// Suffix of the host name, before the port.
	Suffix string
}

// CreateConfig is called by Traefik, which fills the result with what the middleware says.
func CreateConfig() *Config { return &Config{} }

// Hosts is the middleware.
type Hosts struct {
	suffix string
	next   http.Handler
}

// New makes a middleware.
func New(_ context.Context, next http.Handler, config *Config, name string) (http.Handler, error) {
	if config.Suffix == "" {
		return nil, fmt.Errorf("%s: no suffix", name)
	}
	return &Hosts{suffix: config.Suffix, next: next}, nil
}

// ServeHTTP passes a request on under the host's own name. A name that has no suffix, or nothing else,
// stays as it is.
func (h *Hosts) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	name, port := req.Host, ""
	if colon := strings.LastIndex(name, ":"); colon >= 0 {
		name, port = name[:colon], name[colon:]
	}
	if own := strings.TrimSuffix(name, h.suffix); own != "" {
		req.Host = own + port
	}
	h.next.ServeHTTP(rw, req)
}
