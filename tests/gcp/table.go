package gcp

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// The table has one entry per resource type:
//
//	source:   where its facts were read
//	api:      the service that must be enabled in the project
//	id:       the form of its IDs; {x} is a property, of a reference its last part
//	merges:   making it when it is there already is no mistake
//	outputs:  properties that only the cloud sets, {id} included
//	fields:   what a program may set
//
// A field is a type (string, bool, int, number, strings, stringset, map) and words:
//
//	required           must be set
//	replace            a change makes the resource anew
//	computed           the cloud chooses when it is not set, and keeps its choice
//	default=x          what it is when it is not set
//	enum(a|b)          the allowed values
//	range(0..10)       bounds of a number, either may be missing
//	rfc1035, max(40)   form and length of a name
//	cidr, prefix28     a network, a network of that size
//	nocase             case makes no difference
//	ref(A|B)           names an existing resource, which cannot be deleted meanwhile
//	weakref(A)         names an existing resource, which can be deleted
//
// An object is a map of fields, a list of objects has a name with []; words of the whole are under _, where
// set says that the order of a list means nothing.
//
//go:embed table/*.yaml
var tableFiles embed.FS

// kind is a resource type.
type kind struct {
	token   string
	Source  string         `yaml:"source"`
	API     string         `yaml:"api"`
	ID      string         `yaml:"id"`
	Merges  bool           `yaml:"merges"`
	Outputs map[string]any `yaml:"outputs"`
	Fields  fields         `yaml:"fields"`
}

// short is the last part of the type, such as "Network".
func (k *kind) short() string { return k.token[strings.LastIndex(k.token, ":")+1:] }

type fields map[string]*field

// field is a property.
type field struct {
	typ                                            string
	required, replace, computed, nocase, set, weak bool
	rfc1035, cidr, prefix28                        bool
	fallback                                       any
	enum, refs                                     []string
	min, max                                       *float64
	maxLength                                      int
	fields                                         fields // of object and objects
}

const (
	typeObject  = "object"
	typeObjects = "objects"
)

var scalarTypes = []string{"string", "bool", "int", "number", "strings", "stringset", "map"}

// loadTable reads all kinds by token.
func loadTable() (map[string]*kind, error) {
	kinds := map[string]*kind{}
	files, err := tableFiles.ReadDir("table")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		data, err := tableFiles.ReadFile("table/" + file.Name())
		if err != nil {
			return nil, err
		}
		var part map[string]*kind
		if err := yaml.Unmarshal(data, &part); err != nil {
			return nil, fmt.Errorf("table/%s: %w", file.Name(), err)
		}
		for token, k := range part {
			if kinds[token] != nil || k.Source == "" || k.ID == "" {
				return nil, fmt.Errorf("table/%s: %s is there twice, or without source or id", file.Name(), token)
			}
			k.token = token
			kinds[token] = k
		}
	}
	return kinds, nil
}

// UnmarshalYAML reads an object's fields.
func (f *fields) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want a map of fields", node.Line)
	}
	*f = fields{}
	for i := 0; i < len(node.Content); i += 2 {
		name, value := node.Content[i].Value, node.Content[i+1]
		if name == "_" {
			continue
		}
		parsed, err := parseField(strings.HasSuffix(name, "[]"), value)
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", value.Line, name, err)
		}
		(*f)[strings.TrimSuffix(name, "[]")] = parsed
	}
	return nil
}

func parseField(list bool, node *yaml.Node) (*field, error) {
	f := &field{}
	if node.Kind == yaml.ScalarNode {
		words := strings.Fields(node.Value)
		if list || len(words) == 0 || !slices.Contains(scalarTypes, words[0]) {
			return nil, fmt.Errorf("%q does not begin with one of %s", node.Value, strings.Join(scalarTypes, ", "))
		}
		f.typ = words[0]
		return f, f.parse(words[1:])
	}
	f.typ = typeObject
	if list {
		f.typ = typeObjects
	}
	if err := node.Decode(&f.fields); err != nil {
		return nil, err
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == "_" {
			return f, f.parse(strings.Fields(node.Content[i+1].Value))
		}
	}
	return f, nil
}

func (f *field) parse(words []string) error {
	flags := map[string]*bool{
		"required": &f.required, "replace": &f.replace, "computed": &f.computed, "nocase": &f.nocase, "set": &f.set,
		"rfc1035": &f.rfc1035, "cidr": &f.cidr, "prefix28": &f.prefix28,
	}
	for _, word := range words {
		name, argument, _ := strings.Cut(word, "(")
		argument = strings.TrimSuffix(argument, ")")
		value, isDefault := strings.CutPrefix(word, "default=")
		var err error
		switch {
		case flags[word] != nil:
			*flags[word] = true
		case isDefault:
			f.fallback, err = f.parseDefault(value)
		case name == "enum":
			f.enum = strings.Split(argument, "|")
		case name == "ref", name == "weakref":
			f.refs, f.weak = strings.Split(argument, "|"), name == "weakref"
		case name == "max":
			f.maxLength, err = strconv.Atoi(argument)
		case name == "range":
			err = f.parseRange(argument)
		default:
			err = fmt.Errorf("unknown word %q", word)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", word, err)
		}
	}
	return nil
}

func (f *field) parseDefault(text string) (any, error) {
	switch f.typ {
	case "bool":
		return strconv.ParseBool(text)
	case "int", "number":
		return strconv.ParseFloat(text, 64)
	}
	return text, nil
}

func (f *field) parseRange(text string) error {
	low, high, _ := strings.Cut(text, "..")
	for bound, text := range map[**float64]string{&f.min: low, &f.max: high} {
		if text == "" {
			continue
		}
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		*bound = &number
	}
	return nil
}
