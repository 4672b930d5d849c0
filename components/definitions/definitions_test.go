package definitions

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPropertyCalledDescriptionStays(t *testing.T) {
	schema := map[string]any{
		"description": "prose",
		"properties":  map[string]any{"description": map[string]any{"type": "string", "description": "prose"}},
		"oneOf":       []any{map[string]any{"description": "prose", "type": "object"}},
	}
	dropDescriptions(schema)
	assert.Equal(t, map[string]any{
		"properties": map[string]any{"description": map[string]any{"type": "string"}},
		"oneOf":      []any{map[string]any{"type": "object"}},
	}, schema)
}

func TestFilesThatAreNoDefinitionsAreRefused(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"another kind", "{kind: ConfigMap, metadata: {name: x}}", `holds a "ConfigMap", want a named CustomResourceDefinition`},
		{"no name", "{kind: CustomResourceDefinition}", "want a named CustomResourceDefinition"},
		{"no YAML", "kind: [", "decoding"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "x.yaml"), []byte(test.content), 0o600))
			_, err := read(filepath.Join(folder, "*.yaml"))
			assert.ErrorContains(t, err, test.want)
		})
	}
	_, err := read(filepath.Join(t.TempDir(), "*.yaml"))
	assert.ErrorContains(t, err, "no files")
}

func TestAModuleWithAnotherHashIsRefused(t *testing.T) {
	module := Module{Path: "sigs.k8s.io/yaml", Version: "v1.6.0", Sum: "h1:other", Files: "*.yaml"}
	_, err := Read(t.Context(), module)
	assert.ErrorContains(t, err, "has the hash h1:")
	assert.ErrorContains(t, err, "want h1:other")
}

func TestAModuleThatIsNotThereIsNamed(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	_, err := Read(t.Context(), Module{Path: "sigs.k8s.io/yaml", Version: "v0.0.1"})
	assert.ErrorContains(t, err, "downloading module sigs.k8s.io/yaml@v0.0.1: ")
}
