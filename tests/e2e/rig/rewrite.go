package rig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Set is a value of a config file, of any kind, and what a person writes in
// its place.
type Set struct {
	// Path leads to the value: "config", "live-omega:apps", "guestbook",
	// "release". Its last key may be missing; it is then added.
	Path []string
	// Value is YAML, "{strategy: canary, weight: 10}". Empty removes the key.
	Value string
}

// Rewrite puts the values into a YAML text. What the other keys hold and in
// which order stays, and so do comments; indents and blank lines may change,
// which is why single numbers are better edited with Apply.
func Rewrite(text []byte, sets ...Set) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	for _, set := range sets {
		if err := set.into(&document); err != nil {
			return nil, fmt.Errorf("setting %s: %w", strings.Join(set.Path, "."), err)
		}
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := errors.Join(encoder.Encode(&document), encoder.Close())
	return out.Bytes(), err
}

func (s Set) into(document *yaml.Node) error {
	if len(s.Path) == 0 {
		return errors.New("no path")
	}
	parent, err := descend(document, s.Path[:len(s.Path)-1])
	if err != nil {
		return err
	}
	if parent.Kind != yaml.MappingNode {
		return fmt.Errorf("%q is not a mapping", strings.Join(s.Path[:len(s.Path)-1], "."))
	}
	key := s.Path[len(s.Path)-1]
	at := slices.IndexFunc(keys(parent), func(name string) bool { return name == key })
	if s.Value == "" {
		if at < 0 {
			return fmt.Errorf("no key %q to remove", key)
		}
		parent.Content = slices.Delete(parent.Content, 2*at, 2*at+2)
		return nil
	}
	var written yaml.Node
	if err := yaml.Unmarshal([]byte(s.Value), &written); err != nil {
		return err
	}
	if written.Kind != yaml.DocumentNode {
		return fmt.Errorf("%q is no value", s.Value)
	}
	if at < 0 {
		name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}
		parent.Content = append(parent.Content, name, written.Content[0])
		return nil
	}
	parent.Content[2*at+1] = written.Content[0]
	return nil
}

// keys of a mapping, in order.
func keys(mapping *yaml.Node) []string {
	var names []string
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		names = append(names, mapping.Content[i].Value)
	}
	return names
}

// Keys are the keys of the mapping at the path, in the order of the file.
func Keys(text []byte, path ...string) ([]string, error) {
	node, err := find(text, path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", strings.Join(path, "."), err)
	}
	if node.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("reading %s: line %d is not a mapping", strings.Join(path, "."), node.Line)
	}
	return keys(node), nil
}
