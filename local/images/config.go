package images

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	local "live-omega/local/layout"
)

// reference is a config value that names an image by digest. What follows
// sha256: need not be a digest yet, so that a placeholder is found too.
var reference = regexp.MustCompile(`^([a-z0-9]+(?:[._-][a-z0-9]+)*)@sha256:(\S*)$`)

// use is one place in a config file that names an image that is built here.
type use struct {
	file string
	// path of the value, "live-omega:ingress.image".
	path string
	line int // from 1
	// column of the value's first byte, quotation mark included, from 1.
	column int
	name   string
	value  string // name@sha256:…
	// version is what the value's neighbour "version" says; it may be empty.
	version string
}

// CheckConfig tells whether every image in the Pulumi.*.yaml files of the
// clone was built, for names that are built here. Every one that was not is
// named in the error, with what to write instead.
func CheckConfig(root local.Root) error {
	uses, have, err := gather(root)
	if err != nil {
		return err
	}
	var wrong []error
	for _, u := range uses {
		if known(have, u.value) {
			continue
		}
		instead := "make images"
		if i, err := u.replacement(have); err == nil {
			instead = fmt.Sprintf("%s %s, built here, is %s; `cloud local images --write` puts it there", i.Name, i.Version, i.Ref())
		}
		wrong = append(wrong, fmt.Errorf("%s:%d: %s: %s is not among the built images: %s",
			filepath.Base(u.file), u.line, u.path, u.value, instead))
	}
	return errors.Join(wrong...)
}

// Change is one digest that WriteConfig changed.
type Change struct {
	File, Path string
	Line       int
	Old, New   string
}

// WriteConfig puts the digests of the built images into the Pulumi.*.yaml
// files, for use after a deliberate change of version. Which version a value
// stands for is told by the key "version" beside it; images that exist in one
// version need none. Nothing but the digests changes: comments, order and
// quotation stay. If one value cannot be decided, no file is changed.
func WriteConfig(root local.Root) ([]Change, error) {
	uses, have, err := gather(root)
	if err != nil {
		return nil, err
	}
	var changes []Change
	var undecided []error
	contents := map[string][][]byte{}
	for _, u := range uses {
		if known(have, u.value) {
			continue
		}
		i, err := u.replacement(have)
		if err != nil {
			undecided = append(undecided, fmt.Errorf("%s:%d: %s: %s: %w", filepath.Base(u.file), u.line, u.path, u.value, err))
			continue
		}
		if contents[u.file] == nil {
			content, err := os.ReadFile(u.file)
			if err != nil {
				return nil, fmt.Errorf("writing digests: %w", err)
			}
			contents[u.file] = bytes.SplitAfter(content, []byte("\n"))
		}
		if err := u.replace(contents[u.file], i.Ref()); err != nil {
			undecided = append(undecided, err)
			continue
		}
		changes = append(changes, Change{File: u.file, Path: u.path, Line: u.line, Old: u.value, New: i.Ref()})
	}
	if len(undecided) > 0 {
		return nil, errors.Join(undecided...)
	}
	for file, lines := range contents {
		info, err := os.Stat(file)
		if err != nil {
			return nil, fmt.Errorf("writing digests: %w", err)
		}
		if err := local.WriteFile(file, bytes.Join(lines, nil), info.Mode().Perm()); err != nil {
			return nil, fmt.Errorf("writing digests: %w", err)
		}
	}
	return changes, nil
}

func known(have []Image, ref string) bool {
	for _, i := range have {
		if i.Ref() == ref {
			return true
		}
	}
	return false
}

// replacement is the built image that a value should name.
func (u use) replacement(have []Image) (Image, error) {
	var versions []string
	var only Image
	for _, i := range have {
		if i.Name != u.name {
			continue
		}
		if i.Version == u.version {
			return i, nil
		}
		versions, only = append(versions, i.Version), i
	}
	if len(versions) == 1 {
		return only, nil
	}
	return Image{}, fmt.Errorf("which of %s is meant? write `version: %s` beside it", strings.Join(versions, ", "), versions[0])
}

// replace changes a value in its line. YAML's columns count characters, and a
// value may be quoted or carry an anchor, so it is searched for from there.
func (u use) replace(lines [][]byte, with string) error {
	line := lines[u.line-1]
	start := len(string([]rune(string(line))[:u.column-1]))
	at := bytes.Index(line[start:], []byte(u.value))
	if at < 0 {
		return fmt.Errorf("%s:%d: %s: the value is not written on one line: write it as %q", filepath.Base(u.file), u.line, u.path, with)
	}
	at += start
	lines[u.line-1] = bytes.Join([][]byte{line[:at], []byte(with), line[at+len(u.value):]}, nil)
	return nil
}

// gather finds the built images and every place that names one of them. Values
// of a line come in their order on it from the last to the first, so that
// replacing one does not move another.
func gather(root local.Root) ([]use, []Image, error) {
	have, err := List(root)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]bool{}
	for _, i := range have {
		names[i.Name] = true
	}
	files, err := filepath.Glob(root.Path("Pulumi.*.yaml"))
	if err != nil {
		return nil, nil, fmt.Errorf("finding config files: %w", err)
	}
	var uses []use
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, fmt.Errorf("reading config: %w", err)
		}
		var document yaml.Node
		if err := yaml.Unmarshal(content, &document); err != nil {
			return nil, nil, fmt.Errorf("reading config %s: %w", filepath.Base(file), err)
		}
		walk(&document, nil, func(n *yaml.Node, path []string, siblings map[string]string) {
			if m := reference.FindStringSubmatch(n.Value); m != nil && names[m[1]] {
				uses = append(uses, use{
					file: file, path: strings.TrimPrefix(strings.Join(path, "."), "config."), line: n.Line, column: n.Column,
					name: m[1], value: n.Value, version: siblings["version"],
				})
			}
		})
	}
	sort.SliceStable(uses, func(a, b int) bool {
		if uses[a].file != uses[b].file {
			return uses[a].file < uses[b].file
		}
		if uses[a].line != uses[b].line {
			return uses[a].line < uses[b].line
		}
		return uses[a].column > uses[b].column
	})
	return uses, have, nil
}

// walk visits every string, with its path and the plain values beside it.
func walk(n *yaml.Node, path []string, visit func(n *yaml.Node, path []string, siblings map[string]string)) {
	switch n.Kind {
	case yaml.MappingNode:
		siblings := map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i+1].Kind == yaml.ScalarNode {
				siblings[n.Content[i].Value] = n.Content[i+1].Value
			}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := append(path[:len(path):len(path)], n.Content[i].Value)
			if value := n.Content[i+1]; value.Kind == yaml.ScalarNode {
				visit(value, at, siblings)
			} else {
				walk(value, at, visit)
			}
		}
	case yaml.SequenceNode:
		for i, value := range n.Content {
			at := append(path[:len(path):len(path)], fmt.Sprint(i))
			if value.Kind == yaml.ScalarNode {
				visit(value, at, nil)
			} else {
				walk(value, at, visit)
			}
		}
	case yaml.DocumentNode:
		for _, value := range n.Content {
			walk(value, path, visit)
		}
	}
}
