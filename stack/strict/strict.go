// Package strict decodes config into structs and accepts nothing that it does not understand. It
// goes on after a mistake, so that a person sees all of them at once, each with its place and remedy.
package strict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"
)

// Problem is one mistake in config.
type Problem struct {
	// Path is where, such as "apps.guestbook.release.weight".
	Path string
	// Found is what is wrong, Remedy what to write instead.
	Found, Remedy string
	// Meant is the path that an unknown key was probably meant for, or "".
	Meant string
}

// Decode fills the struct that into points to from the values, which Pulumi hands to programs as
// strings: text as it is, everything else as JSON. Fields are named by their json tags; they may be
// strings, ints, bools, structs, slices, maps with text keys, and pointers to these, which stay nil when
// nothing was written.
func Decode(values map[string]string, into any) []Problem {
	target := reflect.ValueOf(into).Elem()
	decoder := &decoder{}
	fields := fieldsOf(target)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		field, ok := fields[key]
		if !ok {
			decoder.unknown("", key, fields)
			continue
		}
		value, err := parse(values[key], field)
		if err != nil {
			decoder.report(key, "found "+err.Error(), "write "+expected(field.Type()))
			continue
		}
		decoder.decode(key, value, field)
	}
	return decoder.problems
}

// parse reads the string of one value, given what it is to become.
func parse(value string, field reflect.Value) (any, error) {
	if deref(field.Type()).Kind() == reflect.String {
		return value, nil
	}
	if strings.TrimSpace(value) == "" {
		return nil, nil
	}
	reader := json.NewDecoder(bytes.NewReader([]byte(value)))
	// Numbers stay as they were written: a float64 would round large ones without a word.
	reader.UseNumber()
	var parsed any
	if err := reader.Decode(&parsed); err != nil || reader.More() {
		return nil, fmt.Errorf("text %s", Quote(value))
	}
	return parsed, nil
}

type decoder struct{ problems []Problem }

func (d *decoder) report(path, found, remedy string) {
	d.problems = append(d.problems, Problem{Path: path, Found: found, Remedy: remedy})
}

// unknown reports a key that no field has, with the field that was probably meant.
func (d *decoder) unknown(parent, key string, fields map[string]reflect.Value) {
	known := slices.Sorted(maps.Keys(fields))
	problem := Problem{
		Path:   Join(parent, key),
		Found:  "unknown key",
		Remedy: "remove it, or write one of " + strings.Join(known, ", "),
	}
	if meant, ok := Closest(key, known); ok {
		problem.Remedy = fmt.Sprintf("did you mean %s?", meant)
		problem.Meant = Join(parent, meant)
	}
	d.problems = append(d.problems, problem)
}

func (d *decoder) decode(path string, value any, field reflect.Value) {
	if value == nil {
		d.report(path, "empty", "write "+expected(field.Type())+", or remove the key")
		return
	}
	switch field.Kind() {
	case reflect.Pointer:
		target := reflect.New(field.Type().Elem())
		before := len(d.problems)
		d.decode(path, value, target.Elem())
		if len(d.problems) == before || deref(field.Type()).Kind() == reflect.Struct {
			field.Set(target)
		}
	case reflect.Struct:
		d.decodeStruct(path, value, field)
	case reflect.Map:
		d.decodeMap(path, value, field)
	case reflect.Slice:
		d.decodeSlice(path, value, field)
	case reflect.Int:
		d.decodeInt(path, value, field)
	case reflect.String:
		if text, ok := value.(string); ok {
			field.SetString(text)
			return
		}
		d.mismatch(path, value, field)
	case reflect.Bool:
		if truth, ok := value.(bool); ok {
			field.SetBool(truth)
			return
		}
		d.mismatch(path, value, field)
	default:
		panic(fmt.Sprintf("strict: %s: fields of type %s cannot be decoded", path, field.Type()))
	}
}

func (d *decoder) decodeStruct(path string, value any, field reflect.Value) {
	object, ok := value.(map[string]any)
	if !ok {
		d.mismatch(path, value, field)
		return
	}
	fields := fieldsOf(field)
	for _, key := range slices.Sorted(maps.Keys(object)) {
		child, ok := fields[key]
		if !ok {
			d.unknown(path, key, fields)
			continue
		}
		d.decode(Join(path, key), object[key], child)
	}
}

func (d *decoder) decodeMap(path string, value any, field reflect.Value) {
	object, ok := value.(map[string]any)
	if !ok {
		d.mismatch(path, value, field)
		return
	}
	field.Set(reflect.MakeMapWithSize(field.Type(), len(object)))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		element := reflect.New(field.Type().Elem()).Elem()
		d.decode(Join(path, key), object[key], element)
		field.SetMapIndex(reflect.ValueOf(key), element)
	}
}

func (d *decoder) decodeSlice(path string, value any, field reflect.Value) {
	list, ok := value.([]any)
	if !ok {
		d.mismatch(path, value, field)
		return
	}
	field.Set(reflect.MakeSlice(field.Type(), len(list), len(list)))
	for i, element := range list {
		d.decode(fmt.Sprintf("%s[%d]", path, i), element, field.Index(i))
	}
}

// decodeInt takes every way of writing a whole number that JSON has, 10 as well as 1e1 and 10.0.
func (d *decoder) decodeInt(path string, value any, field reflect.Value) {
	number, ok := value.(json.Number)
	if !ok {
		d.mismatch(path, value, field)
		return
	}
	whole, ok := wholeNumber(number.String())
	if !ok {
		d.report(path, "found "+describe(value), "write "+expected(field.Type()))
		return
	}
	field.SetInt(whole)
}

// maxWhole bounds whole numbers; nothing in config comes near it.
const maxWhole = 1_000_000_000

func wholeNumber(text string) (int64, bool) {
	// An exponent of many digits would make a number of as many; none of them is in range.
	if _, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok && len(strings.TrimLeft(exponent, "+-0")) > 2 {
		return 0, false
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok || !number.IsInt() || !number.Num().IsInt64() {
		return 0, false
	}
	whole := number.Num().Int64()
	return whole, -maxWhole <= whole && whole <= maxWhole
}

// mismatch reports a value of the wrong kind, and how the right one is written.
func (d *decoder) mismatch(path string, value any, field reflect.Value) {
	remedy := "write " + expected(field.Type())
	text, isText := value.(string)
	_, isNumber := value.(json.Number)
	_, isBool := value.(bool)
	switch kind := field.Kind(); {
	case kind == reflect.Int && isText && isWhole(text):
		remedy = fmt.Sprintf("write %s without quotes", text)
	case kind == reflect.String && (isNumber || isBool):
		// Not "as it is": YAML has read 1.10 as 1.1 before Pulumi hands it over.
		remedy = fmt.Sprintf(`write it in quotes, such as "%v"`, value)
	case kind == reflect.Slice && isText:
		remedy = fmt.Sprintf("write a list: [%s]", text)
	}
	d.report(path, "found "+describe(value), remedy)
}

func isWhole(text string) bool {
	_, ok := wholeNumber(text)
	return ok
}

// describe names a value and its kind for a message.
func describe(value any) string {
	switch value := value.(type) {
	case string:
		return "text " + Quote(value)
	case json.Number:
		return "number " + shorten(value.String())
	case bool:
		return fmt.Sprintf("%t", value)
	case []any:
		return fmt.Sprintf("a list of %d", len(value))
	case map[string]any:
		return fmt.Sprintf("an object with the keys %s", shorten(strings.Join(slices.Sorted(maps.Keys(value)), ", ")))
	}
	return "nothing"
}

// expected says what is to be written where a field of the type is filled.
func expected(t reflect.Type) string {
	switch t = deref(t); t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Int:
		return "a whole number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list: [...]"
	case reflect.Map:
		return "an object: {name: ...}"
	}
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, key(t.Field(i)))
	}
	return fmt.Sprintf("an object: {%s: ...}", strings.Join(keys, ": ..., "))
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func fieldsOf(target reflect.Value) map[string]reflect.Value {
	fields := make(map[string]reflect.Value, target.NumField())
	for i := range target.NumField() {
		fields[key(target.Type().Field(i))] = target.Field(i)
	}
	return fields
}

func key(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
