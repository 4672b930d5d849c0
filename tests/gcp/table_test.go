package gcp

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryKindOfTheTableIsComplete(t *testing.T) {
	kinds, err := loadTable()
	require.NoError(t, err)
	require.NotEmpty(t, kinds)
	var shorts []string
	for _, k := range kinds {
		shorts = append(shorts, k.short())
	}
	for token, k := range kinds {
		for _, match := range placeholder.FindAllStringSubmatch(k.ID, -1) {
			assert.Containsf(t, k.Fields, match[1], "%s: the ID %s", token, k.ID)
		}
		eachField(k.Fields, func(name string, f *field) {
			assert.NotEmptyf(t, f.typ, "%s: %s", token, name)
			assert.Falsef(t, f.required && (f.computed || f.fallback != nil), "%s: %s is required and has a default", token, name)
			for _, ref := range f.refs {
				assert.Containsf(t, shorts, ref, "%s: %s", token, name)
			}
		})
	}
	for kind := range behaviours {
		assert.Truef(t, slices.Contains(shorts, kind), "%s behaves, and is not in the table", kind)
	}
}

func eachField(f fields, visit func(string, *field)) {
	for name, field := range f {
		visit(name, field)
		eachField(field.fields, visit)
	}
}

func TestWordsOfAFieldAreRead(t *testing.T) {
	f := &field{typ: "int"}
	require.NoError(t, f.parse([]string{"required", "replace", "range(0..1000)"}))
	assert.True(t, f.required && f.replace && !f.computed)
	assert.Equal(t, []float64{0, 1000}, []float64{*f.min, *f.max})

	f = &field{typ: "string"}
	require.NoError(t, f.parse([]string{"default=A", "enum(A|deny(403))", "weakref(Cluster)", "max(40)"}))
	assert.Equal(t, field{typ: "string", fallback: "A", enum: []string{"A", "deny(403)"}, refs: []string{"Cluster"}, weak: true, maxLength: 40}, *f)

	require.EqualError(t, (&field{typ: "string"}).parse([]string{"requird"}), `requird: unknown word "requird"`)
	require.Error(t, (&field{typ: "int"}).parse([]string{"default=many"}))
}
