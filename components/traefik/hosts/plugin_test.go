package hosts

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAHostGetsItsOwnNameBack(t *testing.T) {
	for sent, want := range map[string]string{
		"wiki.example.org-shadow":        "wiki.example.org",
		"wiki.example.org-shadow:80":     "wiki.example.org:80",
		"wiki.example.org":               "wiki.example.org",
		"wiki-shadow.example.org":        "wiki-shadow.example.org",
		"-shadow":                        "-shadow",
		"wiki.example.org-shadow-shadow": "wiki.example.org-shadow",
		"":                               "",
	} {
		var seen string
		config := CreateConfig()
		config.Suffix = "-shadow"
		handler, err := New(t.Context(), http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) { seen = req.Host }), config, "test")
		require.NoError(t, err)
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Host = sent
		handler.ServeHTTP(httptest.NewRecorder(), request)
		assert.Equal(t, want, seen)
	}
}

func TestASuffixIsNeeded(t *testing.T) {
	_, err := New(t.Context(), nil, CreateConfig(), "test")
	assert.EqualError(t, err, "test: no suffix")
}
