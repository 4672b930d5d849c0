package kubernetes

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func decode(t *testing.T, text string) any {
	t.Helper()
	var v any
	if text != "" {
		require.NoError(t, json.Unmarshal([]byte(text), &v))
	}
	return v
}

func owned(t *testing.T, trees ...string) ownership {
	t.Helper()
	var entries []metav1.ManagedFieldsEntry
	for _, tree := range trees {
		entries = append(entries, metav1.ManagedFieldsEntry{FieldsV1: &metav1.FieldsV1{Raw: []byte(tree)}})
	}
	return ownershipOf(entries)
}

func TestProjectionShowsOnlyWhatMovedOfWhatTheProgramSets(t *testing.T) {
	const (
		containers = `{"f:c":{"k:{\"name\":\"a\"}":{".":{},"f:name":{},"f:image":{}},"k:{\"name\":\"b\"}":{".":{},"f:name":{},"f:image":{}}}}`
		whole      = `{"f:c":{}}`
	)
	for name, test := range map[string]struct {
		input, before, now, fields, want string
	}{
		"nothing moved":           {`{"a":"1000m"}`, `{"a":"1"}`, `{"a":"1"}`, `{"f:a":{}}`, `{"a":"1000m"}`},
		"moved":                   {`{"a":"1000m"}`, `{"a":"1"}`, `{"a":"2"}`, `{"f:a":{}}`, `{"a":"2"}`},
		"moved to the input":      {`{"a":"2"}`, `{"a":"1"}`, `{"a":"2"}`, `{"f:a":{}}`, `{"a":"2"}`},
		"removed":                 {`{"a":"1","b":"2"}`, `{"a":"1","b":"2"}`, `{"b":"2"}`, `{"f:b":{}}`, `{"b":"2"}`},
		"never kept":              {`{"a":"1"}`, `{}`, `{}`, `{}`, `{"a":"1"}`},
		"others' field":           {`{"a":"1"}`, `{"a":"1"}`, `{"a":"1","z":"1"}`, `{"f:a":{},"f:z":{}}`, `{"a":"1"}`},
		"without a state":         {`{"a":"1"}`, ``, `{"a":"2","z":"1"}`, ``, `{"a":"2"}`},
		"items reordered":         {`{"c":[{"name":"a","image":"1"}]}`, `{"c":[{"name":"a","image":"1"}]}`, `{"c":[{"name":"b","image":"9"},{"name":"a","image":"1"}]}`, containers, `{"c":[{"name":"a","image":"1"}]}`},
		"an item's field moved":   {`{"c":[{"name":"a","image":"1"}]}`, `{"c":[{"name":"a","image":"1"}]}`, `{"c":[{"name":"b"},{"name":"a","image":"2"}]}`, containers, `{"c":[{"name":"a","image":"2"}]}`},
		"an item removed":         {`{"c":[{"name":"a"},{"name":"b"}]}`, `{"c":[{"name":"a"},{"name":"b"}]}`, `{"c":[{"name":"a"}]}`, containers, `{"c":[{"name":"a"}]}`},
		"a default in a list":     {`{"c":[{"n":"a"}]}`, `{"c":[{"n":"a","weight":1}]}`, `{"c":[{"n":"a","weight":1}]}`, whole, `{"c":[{"n":"a"}]}`},
		"a default in it moved":   {`{"c":[{"n":"a"}]}`, `{"c":[{"n":"a","weight":1}]}`, `{"c":[{"n":"a","weight":2}]}`, whole, `{"c":[{"n":"a","weight":2}]}`},
		"a whole list grew":       {`{"c":[{"n":"a"}]}`, `{"c":[{"n":"a"}]}`, `{"c":[{"n":"a"},{"n":"b"}]}`, whole, `{"c":[{"n":"a"},{"n":"b"}]}`},
		"a whole list shrank":     {`{"c":["a","b"]}`, `{"c":["a","b"]}`, `{"c":["a"]}`, whole, `{"c":["a"]}`},
		"a whole map grew":        {`{"c":{"a":"1"}}`, `{"c":{"a":"1"}}`, `{"c":{"a":"1","b":"2"}}`, whole, `{"c":{"a":"1","b":"2"}}`},
		"a set":                   {`{"c":["x"]}`, `{"c":["x"]}`, `{"c":["y","x"]}`, `{"f:c":{"v:\"x\"":{},"v:\"y\"":{}}}`, `{"c":["x"]}`},
		"a set without its value": {`{"c":["x","z"]}`, `{"c":["x","z"]}`, `{"c":["z"]}`, `{"f:c":{"v:\"z\"":{}}}`, `{"c":["z"]}`},
		"a key left to default": {
			`{"c":[{"port":80,"name":"http"}]}`, `{"c":[{"port":80,"protocol":"TCP","name":"http"}]}`, `{"c":[{"port":80,"protocol":"TCP","name":"web"}]}`,
			`{"f:c":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{}}}}`, `{"c":[{"port":80,"name":"web"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var fields ownership
			if test.fields != "" {
				fields = owned(t, test.fields)
			}
			got := project(nil, decode(t, test.input), decode(t, test.before), decode(t, test.now), fields)
			assert.Equal(t, decode(t, test.want), got)
		})
	}
}

func TestOwnershipIsThatOfAllManagers(t *testing.T) {
	o := owned(t, `{"f:spec":{"f:a":{}}}`, `{"f:spec":{"f:c":{"k:{\"name\":\"x\"}":{}}}}`)
	assert.True(t, o.field("spec").field("a").atomic())
	assert.Equal(t, []string{"name"}, o.field("spec").field("c").itemKeys())
	assert.Nil(t, o.field("nothing").field("known"))
	assert.Nil(t, ownershipOf(nil))
}
