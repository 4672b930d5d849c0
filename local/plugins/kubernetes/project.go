package kubernetes

import (
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// project gives inputs as they would have to be for the live object to come out of them: each field that the program sets, with the value it
// has now. A field keeps the program's spelling until its live value really moved away from what it was when the object was last applied
// or read (before), so defaults and normal forms are no drift. What others add is none either, except inside a list or map that is
// owned as a whole; fields tells which those are.
func project(at path, input, before, now any, fields ownership) any {
	switch in := input.(type) {
	case map[string]any:
		live, ok := now.(map[string]any)
		if !ok {
			break
		}
		old, _ := before.(map[string]any)
		return projectMap(at, in, old, live, fields)
	case []any:
		live, ok := now.([]any)
		if !ok {
			break
		}
		old, _ := before.([]any)
		return projectList(at, in, old, live, fields)
	}
	if same(at, input, now) || (before != nil && same(at, before, now)) {
		return input
	}
	return now
}

func projectMap(at path, input, before, now map[string]any, fields ownership) map[string]any {
	out := make(map[string]any, len(input))
	for key, in := range input {
		live, exists := now[key]
		_, existed := before[key]
		switch {
		case exists:
			out[key] = project(at.child(key), in, before[key], live, fields.field(key))
		case !existed:
			out[key] = in // the server never kept it
		}
	}
	if fields.atomic() {
		for key, live := range now {
			if _, mine := input[key]; !mine && before != nil && len(diff(at, before[key], live)) > 0 {
				out[key] = live
			}
		}
	}
	return out
}

func projectList(at path, input, before, now []any, fields ownership) []any {
	if keys := fields.itemKeys(); keys != nil {
		return projectItems(at, keys, input, before, now, fields)
	}
	if fields.isSet() {
		return slices.DeleteFunc(slices.Clone(input), func(in any) bool {
			was := slices.ContainsFunc(before, func(b any) bool { return same(at, in, b) })
			is := slices.ContainsFunc(now, func(n any) bool { return same(at, in, n) })
			return was && !is
		})
	}
	// Owned as a whole: place by place.
	var out []any
	for i, live := range now {
		switch {
		case i < len(input):
			out = append(out, project(at.child(i), input[i], element(before, i), live, wholly))
		case i >= len(before):
			out = append(out, live)
		}
	}
	if len(now) == 0 && len(before) == 0 {
		return input
	}
	return out
}

// projectItems follows the items of a list that the server merges by keys, such as containers by name, wherever they are now.
func projectItems(at path, keys []string, input, before, now []any, fields ownership) []any {
	out := make([]any, 0, len(input))
	for i, in := range input {
		item, ok := in.(map[string]any)
		if !ok {
			return input
		}
		was, is := findItem(before, item, keys), findItem(now, item, keys)
		switch {
		case is != nil:
			out = append(out, project(at.child(i), item, anyMap(was), is, fields.item(is)))
		case was == nil:
			out = append(out, item)
		}
	}
	return out
}

func anyMap(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// findItem finds the item with the keys of another; a key that the other leaves to its default is not compared.
func findItem(list []any, like map[string]any, keys []string) map[string]any {
	for _, element := range list {
		item, ok := element.(map[string]any)
		if ok && !slices.ContainsFunc(keys, func(key string) bool {
			return like[key] != nil && !same(nil, like[key], item[key])
		}) {
			return item
		}
	}
	return nil
}

// ownership is the tree of fields that all managers of an object own, as in its metadata.managedFields. nil is where nothing is known.
type ownership map[string]any

// wholly is the ownership below a list that belongs to its owner as a whole.
var wholly = ownership{}

// ownershipOf merges what the managers own.
func ownershipOf(entries []metav1.ManagedFieldsEntry) ownership {
	all := ownership{}
	for _, entry := range entries {
		var tree map[string]any
		if entry.Subresource == "" && entry.FieldsV1 != nil && json.Unmarshal(entry.FieldsV1.Raw, &tree) == nil {
			merge(all, tree)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func merge(into, from map[string]any) {
	for key, value := range from {
		sub, _ := value.(map[string]any)
		existing, ok := into[key].(map[string]any)
		if !ok {
			existing = map[string]any{}
			into[key] = existing
		}
		merge(existing, sub)
	}
}

func (o ownership) child(key string) ownership {
	if o == nil {
		return nil
	}
	sub, ok := o[key].(map[string]any)
	if !ok {
		if len(o) == 0 {
			return wholly
		}
		return nil
	}
	return sub
}

func (o ownership) field(key string) ownership { return o.child("f:" + key) }

// atomic tells of a value without parts of its own: whoever sets it owns all of it.
func (o ownership) atomic() bool { return o != nil && len(o) == 0 }

// itemKeys gives the fields by which a list's items are told apart, nil if the list has no such items.
func (o ownership) itemKeys() []string {
	for step := range o {
		if text, ok := strings.CutPrefix(step, "k:"); ok {
			var item map[string]any
			if json.Unmarshal([]byte(text), &item) == nil {
				return keys(item, nil)
			}
		}
	}
	return nil
}

// isSet tells of a list of plain values of which each has its owner, such as finalizers.
func (o ownership) isSet() bool {
	for step := range o {
		if strings.HasPrefix(step, "v:") {
			return true
		}
	}
	return false
}

// item gives the ownership of one item of a list.
func (o ownership) item(item map[string]any) ownership {
	for step, sub := range o {
		text, ok := strings.CutPrefix(step, "k:")
		if !ok {
			continue
		}
		var wanted map[string]any
		if json.Unmarshal([]byte(text), &wanted) != nil {
			continue
		}
		if findItem([]any{item}, wanted, keys(wanted, nil)) != nil {
			tree, _ := sub.(map[string]any)
			return tree
		}
	}
	return nil
}
