package random

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/bcrypt"
)

const (
	lowerCharacters   = "abcdefghijklmnopqrstuvwxyz"
	upperCharacters   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digitCharacters   = "0123456789"
	specialCharacters = "!@#$%&*()-_=+[]{}<>:?"
)

// bcryptLimit is how many bytes bcrypt takes in.
const bcryptLimit = 72

var characterInputs = []input{
	keepers,
	{name: "length", typ: typeInteger, required: true},
	{name: "lower", typ: typeBoolean, fallback: true},
	{name: "minLower", typ: typeInteger, fallback: 0.0},
	{name: "minNumeric", typ: typeInteger, fallback: 0.0},
	{name: "minSpecial", typ: typeInteger, fallback: 0.0},
	{name: "minUpper", typ: typeInteger, fallback: 0.0},
	{name: "number", typ: typeBoolean},
	{name: "numeric", typ: typeBoolean},
	{name: "overrideSpecial", typ: typeString},
	{name: "special", typ: typeBoolean, fallback: true},
	{name: "upper", typ: typeBoolean, fallback: true},
}

var stringKind = &kind{
	token:         "random:index/randomString:RandomString",
	inputs:        characterInputs,
	outputs:       []output{{name: "result", typ: typeString}},
	schemaVersion: "2",
	check:         checkCharacters,
	create: func(v values) (string, resource.PropertyMap, error) {
		text, err := drawCharacters(v)
		return text, resource.PropertyMap{"result": resource.NewProperty(text)}, err
	},
	importID: func(id string) (string, resource.PropertyMap, resource.PropertyMap, error) {
		if id == "" {
			return "", nil, nil, fmt.Errorf("the id is empty, want the string itself")
		}
		return id, importedCharacters(id), resource.PropertyMap{"result": resource.NewProperty(id)}, nil
	},
}

var passwordKind = &kind{
	token:         "random:index/randomPassword:RandomPassword",
	inputs:        characterInputs,
	outputs:       []output{{name: "bcryptHash", typ: typeString, secret: true}, {name: "result", typ: typeString, secret: true}},
	schemaVersion: "3",
	check:         checkCharacters,
	create: func(v values) (string, resource.PropertyMap, error) {
		text, err := drawCharacters(v)
		if err != nil {
			return "", nil, err
		}
		outputs, err := passwordOutputs(text)
		return passwordID, outputs, err
	},
	importID: func(id string) (string, resource.PropertyMap, resource.PropertyMap, error) {
		if id == "" || id == passwordID {
			return "", nil, nil, fmt.Errorf("the id is %q, want the password itself", id)
		}
		outputs, err := passwordOutputs(id)
		return passwordID, importedCharacters(id), outputs, err
	},
}

// passwordID is the id of every password: ids are not secret.
const passwordID = "none"

func passwordOutputs(password string) (resource.PropertyMap, error) {
	hashed := []byte(password)
	if len(hashed) > bcryptLimit {
		hashed = hashed[:bcryptLimit]
	}
	hash, err := bcrypt.GenerateFromPassword(hashed, bcrypt.DefaultCost)
	if err != nil {
		return nil, fmt.Errorf("hashing the password: %w", err)
	}
	return resource.PropertyMap{
		"bcryptHash": resource.NewProperty(string(hash)),
		"result":     resource.NewProperty(password),
	}, nil
}

// importedCharacters are the inputs that leave an imported value in place.
func importedCharacters(text string) resource.PropertyMap {
	inputs := resource.PropertyMap{"length": resource.NewProperty(float64(len(text)))}
	for _, in := range characterInputs {
		switch {
		case in.name == "number" || in.name == "numeric":
			inputs[resource.PropertyKey(in.name)] = resource.NewProperty(true)
		case in.fallback != nil:
			inputs[resource.PropertyKey(in.name)] = resource.NewPropertyValue(in.fallback)
		}
	}
	return inputs
}

// numericFlag is the value of `number` and `numeric`, the old and the new name
// of one property: whichever is set, by default true.
func numericFlag(inputs resource.PropertyMap) resource.PropertyValue {
	for _, name := range []resource.PropertyKey{"numeric", "number"} {
		if value, ok := inputs[name]; ok && !value.IsNull() {
			return value
		}
	}
	return resource.NewProperty(true)
}

func checkCharacters(v values) []failure {
	var failures []failure
	add := func(property, format string, args ...any) {
		failures = append(failures, failure{property, fmt.Sprintf(format, args...)})
	}
	if v.known("number", "numeric") && v.flag("number") != v.flag("numeric") {
		add("number", "is %v while numeric is %v: number is the old name of numeric, set numeric only", v.flag("number"), v.flag("numeric"))
	}
	if v.known("lower", "upper", "numeric", "special") && !v.flag("lower") && !v.flag("upper") && !v.flag("numeric") && !v.flag("special") {
		add("lower", "lower, upper, numeric and special are all false: no character is left, set at least one to true")
	}
	minimums := 0
	for _, name := range []string{"minLower", "minNumeric", "minSpecial", "minUpper"} {
		if v.number(name) < 0 {
			add(name, "is %d, want 0 or more", v.number(name))
		}
		minimums += v.number(name)
	}
	if !v.known("length", "minLower", "minNumeric", "minSpecial", "minUpper") {
		return failures
	}
	switch length := v.number("length"); {
	case length < 1:
		add("length", "is %d, want 1 or more", length)
	case length < minimums:
		add("length", "is %d, less than minLower, minNumeric, minSpecial and minUpper together (%d)", length, minimums)
	}
	return failures
}

// drawCharacters draws the minimum of each group, then the rest from all groups
// in use, and shuffles.
func drawCharacters(v values) (string, error) {
	special := specialCharacters
	if override := v.text("overrideSpecial"); override != "" {
		special = override
	}
	groups := []struct {
		characters string
		used       bool
		minimum    int
	}{
		{lowerCharacters, v.flag("lower"), v.number("minLower")},
		{upperCharacters, v.flag("upper"), v.number("minUpper")},
		{digitCharacters, v.flag("numeric"), v.number("minNumeric")},
		{special, v.flag("special"), v.number("minSpecial")},
	}
	var result []byte
	var all strings.Builder
	for _, group := range groups {
		if group.used {
			all.WriteString(group.characters)
		}
		drawn, err := drawFrom(group.characters, group.minimum)
		if err != nil {
			return "", err
		}
		result = append(result, drawn...)
	}
	rest, err := drawFrom(all.String(), v.number("length")-len(result))
	if err != nil {
		return "", err
	}
	result = append(result, rest...)
	for i := len(result) - 1; i > 0; i-- {
		j, err := below(i + 1)
		if err != nil {
			return "", err
		}
		result[i], result[j] = result[j], result[i]
	}
	return string(result), nil
}

func drawFrom(characters string, count int) ([]byte, error) {
	drawn := make([]byte, 0, max(count, 0))
	for range count {
		i, err := below(len(characters))
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, characters[i])
	}
	return drawn, nil
}

// below draws a number in [0, n) that is fit for secrets.
func below(n int) (int, error) {
	if n < 1 {
		return 0, fmt.Errorf("drawing from %d values", n)
	}
	drawn, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("reading random bytes: %w", err)
	}
	return int(drawn.Int64()), nil
}
