package rig

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Edit is one scalar of a config file and what a person types in its place.
type Edit struct {
	// Path leads to the scalar: "config", "live-omega:traffic", "default", "live".
	Path []string
	// Value is written as it is.
	Value string
}

// Apply makes the edits in a YAML text as a person does in an editor: the
// scalars change in place, and every other byte, comments included, stays.
func Apply(text []byte, edits ...Edit) ([]byte, error) {
	for _, edit := range edits {
		var err error
		if text, err = apply(text, edit); err != nil {
			return nil, fmt.Errorf("editing %s: %w", strings.Join(edit.Path, "."), err)
		}
	}
	return text, nil
}

func apply(text []byte, edit Edit) ([]byte, error) {
	node, err := find(text, edit.Path)
	if err != nil {
		return nil, err
	}
	if node.Kind != yaml.ScalarNode || node.Style&^yaml.TaggedStyle != 0 {
		return nil, fmt.Errorf("line %d is not a plain scalar", node.Line)
	}
	lines := strings.SplitAfter(string(text), "\n")
	// The parser counts characters, not bytes.
	line := []rune(lines[node.Line-1])
	before, rest := string(line[:node.Column-1]), string(line[node.Column-1:])
	after, ok := strings.CutPrefix(rest, node.Value)
	if !ok {
		return nil, fmt.Errorf("line %d: expected %q at column %d", node.Line, node.Value, node.Column)
	}
	lines[node.Line-1] = before + edit.Value + after
	return []byte(strings.Join(lines, "")), nil
}

// Lookup returns the scalar at the path.
func Lookup(text []byte, path ...string) (string, error) {
	node, err := find(text, path)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", strings.Join(path, "."), err)
	}
	return node.Value, nil
}

func find(text []byte, path []string) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	return descend(&document, path)
}

// descend follows a path through the mappings of a document.
func descend(document *yaml.Node, path []string) (*yaml.Node, error) {
	if document.Kind != yaml.DocumentNode {
		return nil, fmt.Errorf("the file is empty")
	}
	node := document.Content[0]
	for i, key := range path {
		child := value(node, key)
		if child == nil {
			return nil, fmt.Errorf("no key %q in %q", key, strings.Join(path[:i], "."))
		}
		node = child
	}
	return node, nil
}

// value is the value of a key in a mapping, nil where there is none.
func value(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}
