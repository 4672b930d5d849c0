package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
	// pagePolicy allows exactly the style and the script of the page.
	pagePolicy = fmt.Sprintf("default-src 'none'; connect-src 'self'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'",
		sourceHash(pageCSS), sourceHash(pageJS))
)

// colours is how many the style sheet knows, as classes c0, c1, ...
const colours = 6

func (s *server) page(w http.ResponseWriter) {
	var body bytes.Buffer
	err := pageTemplate.Execute(&body, map[string]any{
		"Who":    s.cfg.identity,
		"Colour": colour(s.cfg.Version),
		"CSS":    template.CSS(pageCSS),
		"JS":     template.JS(pageJS),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body.Bytes())
}

// colour gives each major version its own, so that a release is seen at a
// glance: v1.* is c1, v2.* is c2 and so on. page.js does the same sum.
func colour(version string) string {
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	n, err := strconv.ParseUint(major, 10, 32)
	if err != nil {
		return "c0"
	}
	return "c" + strconv.FormatUint(n%colours, 10)
}

func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
