package gcp

import (
	"fmt"
	"reflect"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// change is a difference between what is there and what is wanted.
type change struct {
	path    string
	kind    pulumirpc.PropertyDiff_Kind // of a change in place
	replace bool
}

// diff compares what the stack's state holds of a resource with what the program wants.
func (k *kind) diff(state, inputs object) []change {
	changes := k.Fields.diff("", state, inputs)
	if rules := behaviours[k.short()]; rules.replaces != nil {
		for i := range changes {
			changes[i].replace = changes[i].replace || rules.replaces(changes[i].path, state, inputs)
		}
	}
	return changes
}

func (f fields) diff(prefix string, old, now object) []change {
	var changes []change
	for _, name := range sortedKeys(f) {
		changes = append(changes, f[name].diff(prefix+name, old[name], now[name])...)
	}
	return changes
}

func (f *field) diff(path string, old, now any) []change {
	if now == nil {
		now = f.fallback
	}
	one := func(kind pulumirpc.PropertyDiff_Kind) []change { return []change{{path, kind, f.replace}} }
	switch {
	case now == (unknown{}):
		return one(pulumirpc.PropertyDiff_UPDATE)
	case now == nil && (f.computed || isEmpty(old)):
		return nil
	case now == nil:
		return one(pulumirpc.PropertyDiff_DELETE)
	}
	switch f.typ {
	case typeObject:
		oldObject, had := old.(object)
		nowObject, _ := now.(object)
		changes := f.fields.diff(path+".", oldObject, nowObject)
		if !had && len(changes) == 0 && f.replace {
			return one(pulumirpc.PropertyDiff_ADD)
		}
		return changes
	case typeObjects:
		return f.diffList(path, old, now)
	}
	switch {
	case f.same(old, now):
		return nil
	case isEmpty(old):
		return one(pulumirpc.PropertyDiff_ADD)
	}
	return one(pulumirpc.PropertyDiff_UPDATE)
}

// diffList pairs the elements of two lists of objects: by index, or those of a set first that are the same.
func (f *field) diffList(path string, old, now any) []change {
	olds, _ := old.([]any)
	nows, _ := now.([]any)
	if f.set {
		olds, nows = f.unpaired(olds, nows)
	}
	var changes []change
	for i := range max(len(olds), len(nows)) {
		where := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case i >= len(nows):
			changes = append(changes, change{where, pulumirpc.PropertyDiff_DELETE, f.replace})
		case i >= len(olds) || nows[i] == (unknown{}):
			changes = append(changes, change{where, pulumirpc.PropertyDiff_ADD, f.replace})
		default:
			oldObject, _ := olds[i].(object)
			nowObject, _ := nows[i].(object)
			changes = append(changes, f.fields.diff(where+".", oldObject, nowObject)...)
		}
	}
	return changes
}

// unpaired are the elements of both sets that have no equal in the other one.
func (f *field) unpaired(olds, nows []any) (restOld, restNow []any) {
	used := make([]bool, len(olds))
	for _, now := range nows {
		nowObject, _ := now.(object)
		found := false
		for i, old := range olds {
			oldObject, _ := old.(object)
			if !used[i] && nowObject != nil && len(f.fields.diff("", oldObject, nowObject)) == 0 {
				used[i], found = true, true
				break
			}
		}
		if !found {
			restNow = append(restNow, now)
		}
	}
	for i, old := range olds {
		if !used[i] {
			restOld = append(restOld, old)
		}
	}
	return restOld, restNow
}

// same compares values that are no objects.
func (f *field) same(old, now any) bool {
	if isEmpty(old) && isEmpty(now) {
		return true
	}
	oldText, wasText := old.(string)
	nowText, isText := now.(string)
	switch {
	case wasText && isText && len(f.refs) > 0:
		return sameName(oldText, nowText)
	case wasText && isText && f.nocase:
		return strings.EqualFold(oldText, nowText)
	case f.typ == "stringset":
		return reflect.DeepEqual(members(old), members(now))
	}
	return reflect.DeepEqual(old, now)
}

// sameName is whether two names mean one resource: a bare name is the last part of a full one.
func sameName(a, b string) bool {
	if !strings.Contains(a, "/") || !strings.Contains(b, "/") {
		return lastPart(a) == lastPart(b)
	}
	return relative(a) == relative(b)
}

func members(list any) map[any]bool {
	set := map[any]bool{}
	values, _ := list.([]any)
	for _, value := range values {
		if text, ok := value.(string); ok {
			value = relative(text)
		}
		set[value] = true
	}
	return set
}

// detail makes the protocol's answer of changes.
func detail(changes []change) *pulumirpc.DiffResponse {
	resp := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}}
	for _, c := range changes {
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
		top := c.path
		if i := strings.IndexAny(top, ".["); i >= 0 {
			top = top[:i]
		}
		kind := c.kind
		resp.Diffs = append(resp.Diffs, top)
		if c.replace {
			resp.Replaces = append(resp.Replaces, top)
			kind++ // every kind is followed by its replacing one
		}
		resp.DetailedDiff[c.path] = &pulumirpc.PropertyDiff{Kind: kind}
	}
	return resp
}
