//go:build tools

// Package tools pins Traefik. It has a module of its own so that Traefik's
// dependencies, replacements and exclusions never meet the program's.
package tools

import _ "github.com/traefik/traefik/v3/cmd/traefik"
