package kubernetes

import (
	"fmt"
	"strings"
)

// path leads through a tree: strings are keys, ints are places in lists.
type path []any

// child is a copy with one step more; paths are kept in maps while their parents grow.
func (p path) child(step any) path {
	return append(p[:len(p):len(p)], step)
}

// String writes a path as Pulumi's property paths: spec.template.spec.containers[0].image, metadata.labels["a.b/c"].
func (p path) String() string {
	var text strings.Builder
	for _, step := range p {
		switch s := step.(type) {
		case int:
			fmt.Fprintf(&text, "[%d]", s)
		case string:
			switch {
			case strings.ContainsAny(s, `."[]`):
				fmt.Fprintf(&text, `["%s"]`, strings.ReplaceAll(s, `"`, `\"`))
			case text.Len() > 0:
				text.WriteString("." + s)
			default:
				text.WriteString(s)
			}
		}
	}
	return text.String()
}
