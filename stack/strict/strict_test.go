package strict_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/stack/strict"
)

type sample struct {
	Name   string           `json:"name"`
	Nested *nested          `json:"nested"`
	Many   map[string]inner `json:"many"`
	Counts map[string]int   `json:"counts"`
}

type nested struct {
	Text  string   `json:"text"`
	Count *int     `json:"count"`
	On    bool     `json:"on"`
	List  []string `json:"list"`
}

type inner struct {
	Size int `json:"size"`
}

func TestGoodValuesAreDecoded(t *testing.T) {
	var got sample
	problems := strict.Decode(map[string]string{
		"name":   "10",
		"nested": `{"text": "x", "count": 1e1, "on": true, "list": ["a", "b"]}`,
		"many":   `{"one": {"size": 3}}`,
		"counts": `{"live": 100.0, "omega": -0}`,
	}, &got)
	require.Empty(t, problems)
	ten := 10
	assert.Equal(t, sample{
		Name:   "10",
		Nested: &nested{Text: "x", Count: &ten, On: true, List: []string{"a", "b"}},
		Many:   map[string]inner{"one": {Size: 3}},
		Counts: map[string]int{"live": 100, "omega": 0},
	}, got)
}

func TestWhatIsNotWrittenStaysEmpty(t *testing.T) {
	var got sample
	require.Empty(t, strict.Decode(map[string]string{"nested": `{}`}, &got))
	assert.Equal(t, sample{Nested: &nested{}}, got)
}

func TestMistakesAreNamedWithPlaceAndRemedy(t *testing.T) {
	tests := []struct{ name, key, value, want string }{
		{"an unknown key", "nmae", "x", `nmae: unknown key; did you mean name?`},
		{"a key like no other", "zzz", "x", `zzz: unknown key; remove it, or write one of counts, many, name, nested`},
		{"a key that needs quotes", "a.b", "x", `["a.b"]: unknown key; remove it, or write one of counts, many, name, nested`},
		{"a nested unknown key", "nested", `{"cuont": 1}`, `nested.cuont: unknown key; did you mean count?`},
		{"text for an object", "nested", `hello`, `nested: found text "hello"; write an object: {text: ..., count: ..., on: ..., list: ...}`},
		{"quoted text for an object", "nested", `"hello"`, `nested: found text "hello"; write an object: {text: ..., count: ..., on: ..., list: ...}`},
		{"a list for an object", "nested", `[1]`, `nested: found a list of 1; write an object: {text: ..., count: ..., on: ..., list: ...}`},
		{"nothing for an object", "nested", ``, `nested: empty; write an object: {text: ..., count: ..., on: ..., list: ...}, or remove the key`},
		{"null inside", "nested", `{"count": null}`, `nested.count: empty; write a whole number, or remove the key`},
		{"a number for text", "nested", `{"text": 1.10}`, `nested.text: found number 1.10; write it in quotes, such as "1.10"`},
		{"a bool for text", "nested", `{"text": true}`, `nested.text: found true; write it in quotes, such as "true"`},
		{"text for a number", "nested", `{"count": "10"}`, `nested.count: found text "10"; write 10 without quotes`},
		{"text that is no number", "nested", `{"count": "ten"}`, `nested.count: found text "ten"; write a whole number`},
		{"a fraction", "nested", `{"count": 0.5}`, `nested.count: found number 0.5; write a whole number`},
		{"a number beyond 64 bits", "nested", `{"count": 18446744073709551616}`, `nested.count: found number 18446744073709551616; write a whole number`},
		{"a number of astronomic size", "nested", `{"count": 1e999999999}`, `nested.count: found number 1e999999999; write a whole number`},
		{"text for a bool", "nested", `{"on": "yes"}`, `nested.on: found text "yes"; write true or false`},
		{"text for a list", "nested", `{"list": "a"}`, `nested.list: found text "a"; write a list: [a]`},
		{"a number in a list of texts", "nested", `{"list": ["a", 1]}`, `nested.list[1]: found number 1; write it in quotes, such as "1"`},
		{"a list for a map", "many", `[]`, `many: found a list of 0; write an object: {name: ...}`},
		{"null in a map", "many", `{"one": null}`, `many.one: empty; write an object: {size: ...}, or remove the key`},
		{"a mistake in a map", "many", `{"one": {"sice": 1}}`, `many.one.sice: unknown key; did you mean size?`},
		{"an object for a number", "counts", `{"live": {"a": 1}}`, `counts.live: found an object with the keys a; write a whole number`},
		{"more than one value", "counts", `{} {}`, `counts: found text "{} {}"; write an object: {name: ...}`},
		{"long text", "many", strings.Repeat("x", 200), `many: found text "` + strings.Repeat("x", 80) + `…"; write an object: {name: ...}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, []string{test.want}, decode(map[string]string{test.key: test.value}))
		})
	}
}

func TestAllMistakesAreFoundAtOnce(t *testing.T) {
	assert.Equal(t, []string{
		`counts.live: found text "90"; write 90 without quotes`,
		`nested.cuont: unknown key; did you mean count?`,
		`nested.text: found number 1; write it in quotes, such as "1"`,
		`zzz: unknown key; remove it, or write one of counts, many, name, nested`,
	}, decode(map[string]string{
		"zzz": "", "nested": `{"cuont": 1, "text": 1}`, "counts": `{"live": "90"}`,
	}))
}

func TestTheClosestWordIsFound(t *testing.T) {
	known := []string{"live", "omega", "kubeconfig"}
	tests := []struct{ word, want string }{
		{"Live", "live"}, {"lvie", "live"}, {"omgea", "omega"}, {"kubeConfg", "kubeconfig"},
		{"prod", ""}, {"x", ""}, {"", ""}, {strings.Repeat("live", 1000), ""},
	}
	for _, test := range tests {
		got, _ := strict.Closest(test.word, known)
		assert.Equal(t, test.want, got, test.word)
	}
}

func decode(values map[string]string) []string {
	var got []string
	for _, problem := range strict.Decode(values, &sample{}) {
		got = append(got, fmt.Sprintf("%s: %s; %s", problem.Path, problem.Found, problem.Remedy))
	}
	return got
}

func FuzzDecodeNeverPanicsAndExplainsItself(f *testing.F) {
	for _, value := range []string{`{}`, `{"count": 1e999}`, `{"list": [null]}`, `{"one": {"size": 01}}`, "\x00\xff", `{"live": 1E+2}`, `[`} {
		f.Add("nested", value)
		f.Add("many", value)
		f.Add("counts", value)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		for _, problem := range strict.Decode(map[string]string{key: value}, &sample{}) {
			if problem.Path == "" || problem.Found == "" || problem.Remedy == "" {
				t.Errorf("%q=%q gives an incomplete problem: %+v", key, value, problem)
			}
			if text := problem.Path + problem.Found + problem.Remedy; json.Valid([]byte(value)) && !utf8.ValidString(text) {
				t.Errorf("%q=%q gives a message that is no text: %q", key, value, text)
			}
		}
	})
}
