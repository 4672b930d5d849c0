package random

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc64"
	"math/big"
	mathrand "math/rand"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var idKind = &kind{
	token:  "random:index/randomId:RandomId",
	inputs: []input{{name: "byteLength", typ: typeInteger, required: true}, keepers, {name: "prefix", typ: typeString}},
	outputs: []output{
		{name: "b64Std", typ: typeString}, {name: "b64Url", typ: typeString},
		{name: "dec", typ: typeString}, {name: "hex", typ: typeString},
	},
	check: func(v values) []failure { return atLeastOne(v, "byteLength") },
	create: func(v values) (string, resource.PropertyMap, error) {
		bytes, err := drawBytes(v.number("byteLength"))
		if err != nil {
			return "", nil, err
		}
		id, outputs := idOutputs(bytes, v.text("prefix"))
		return id, outputs, nil
	},
	importID: func(id string) (string, resource.PropertyMap, resource.PropertyMap, error) {
		prefix := ""
		if i := strings.LastIndex(id, ","); i >= 0 {
			prefix, id = id[:i], id[i+1:]
		}
		bytes, err := base64.RawURLEncoding.DecodeString(id)
		if err != nil || len(bytes) == 0 {
			return "", nil, nil, fmt.Errorf("the id %q is not base64 in the URL alphabet without padding, with an optional prefix before a comma", id)
		}
		inputs := resource.PropertyMap{"byteLength": resource.NewProperty(float64(len(bytes)))}
		if prefix != "" {
			inputs["prefix"] = resource.NewProperty(prefix)
		}
		newID, outputs := idOutputs(bytes, prefix)
		return newID, inputs, outputs, nil
	},
}

// idOutputs renders the bytes; the id itself never has the prefix.
func idOutputs(bytes []byte, prefix string) (string, resource.PropertyMap) {
	id := base64.RawURLEncoding.EncodeToString(bytes)
	return id, resource.PropertyMap{
		"b64Std": resource.NewProperty(prefix + base64.StdEncoding.EncodeToString(bytes)),
		"b64Url": resource.NewProperty(prefix + id),
		"dec":    resource.NewProperty(prefix + new(big.Int).SetBytes(bytes).String()),
		"hex":    resource.NewProperty(prefix + hex.EncodeToString(bytes)),
	}
}

// bytesKind has the value as its id, as in the official provider: an id is not
// encrypted, so this type is no place for a secret in spite of its secret outputs.
var bytesKind = &kind{
	token:   "random:index/randomBytes:RandomBytes",
	inputs:  []input{keepers, {name: "length", typ: typeInteger, required: true}},
	outputs: []output{{name: "base64", typ: typeString, secret: true}, {name: "hex", typ: typeString, secret: true}},
	noID:    true,
	check:   func(v values) []failure { return atLeastOne(v, "length") },
	create: func(v values) (string, resource.PropertyMap, error) {
		bytes, err := drawBytes(v.number("length"))
		if err != nil {
			return "", nil, err
		}
		id, outputs := bytesOutputs(bytes)
		return id, outputs, nil
	},
	importID: func(id string) (string, resource.PropertyMap, resource.PropertyMap, error) {
		bytes, err := base64.StdEncoding.DecodeString(id)
		if err != nil || len(bytes) == 0 {
			return "", nil, nil, fmt.Errorf("the id is not base64 in the standard alphabet with padding")
		}
		newID, outputs := bytesOutputs(bytes)
		return newID, resource.PropertyMap{"length": resource.NewProperty(float64(len(bytes)))}, outputs, nil
	},
}

func bytesOutputs(bytes []byte) (string, resource.PropertyMap) {
	text := base64.StdEncoding.EncodeToString(bytes)
	return text, resource.PropertyMap{
		"base64": resource.NewProperty(text),
		"hex":    resource.NewProperty(hex.EncodeToString(bytes)),
	}
}

var (
	uuidKind  = newUUIDKind("random:index/randomUuid:RandomUuid", uuid.NewRandom)
	uuid4Kind = newUUIDKind("random:index/randomUuid4:RandomUuid4", uuid.NewRandom)
	uuid7Kind = newUUIDKind("random:index/randomUuid7:RandomUuid7", uuid.NewV7)
)

func newUUIDKind(token string, draw func() (uuid.UUID, error)) *kind {
	return &kind{
		token:   token,
		inputs:  []input{keepers},
		outputs: []output{{name: "result", typ: typeString}},
		create: func(values) (string, resource.PropertyMap, error) {
			drawn, err := draw()
			if err != nil {
				return "", nil, fmt.Errorf("drawing a UUID: %w", err)
			}
			return drawn.String(), resource.PropertyMap{"result": resource.NewProperty(drawn.String())}, nil
		},
		importID: func(id string) (string, resource.PropertyMap, resource.PropertyMap, error) {
			parsed, err := uuid.Parse(id)
			if err != nil {
				return "", nil, nil, fmt.Errorf("the id %q is not a UUID: %w", id, err)
			}
			return parsed.String(), resource.PropertyMap{}, resource.PropertyMap{"result": resource.NewProperty(parsed.String())}, nil
		},
	}
}

var integerKind = &kind{
	token: "random:index/randomInteger:RandomInteger",
	inputs: []input{
		keepers, {name: "max", typ: typeInteger, required: true},
		{name: "min", typ: typeInteger, required: true}, {name: "seed", typ: typeString},
	},
	outputs: []output{{name: "result", typ: typeInteger}},
	check: func(v values) []failure {
		if v.known("min", "max") && v.number("min") > v.number("max") {
			return []failure{{"min", fmt.Sprintf("is %d, more than max (%d)", v.number("min"), v.number("max"))}}
		}
		return nil
	},
	create: func(v values) (string, resource.PropertyMap, error) {
		lowest, count := v.number("min"), v.number("max")-v.number("min")+1
		drawn, err := 0, error(nil)
		if seed := v.text("seed"); seed != "" {
			drawn = seeded(seed).Intn(count)
		} else {
			drawn, err = below(count)
		}
		result := lowest + drawn
		return strconv.Itoa(result), resource.PropertyMap{"result": resource.NewProperty(float64(result))}, err
	},
	importID: importInteger,
}

// importInteger reads "result,min,max" or "result,min,max,seed".
func importInteger(id string) (string, resource.PropertyMap, resource.PropertyMap, error) {
	parts := strings.Split(id, ",")
	if len(parts) != 3 && len(parts) != 4 {
		return "", nil, nil, fmt.Errorf("the id %q is not result,min,max or result,min,max,seed", id)
	}
	numbers := make([]int, 3)
	for i, part := range parts[:3] {
		number, err := strconv.Atoi(part)
		if err != nil {
			return "", nil, nil, fmt.Errorf("the id %q is not result,min,max or result,min,max,seed: %w", id, err)
		}
		numbers[i] = number
	}
	inputs := resource.PropertyMap{
		"min": resource.NewProperty(float64(numbers[1])),
		"max": resource.NewProperty(float64(numbers[2])),
	}
	if len(parts) == 4 {
		inputs["seed"] = resource.NewProperty(parts[3])
	}
	return parts[0], inputs, resource.PropertyMap{"result": resource.NewProperty(float64(numbers[0]))}, nil
}

var shuffleKind = &kind{
	token: "random:index/randomShuffle:RandomShuffle",
	inputs: []input{
		{name: "inputs", typ: typeStrings, required: true}, keepers,
		{name: "resultCount", typ: typeInteger}, {name: "seed", typ: typeString},
	},
	outputs: []output{{name: "results", typ: typeStrings}},
	check: func(v values) []failure {
		if v.number("resultCount") < 0 {
			return []failure{{"resultCount", fmt.Sprintf("is %d, want 0 or more", v.number("resultCount"))}}
		}
		return nil
	},
	create: func(v values) (string, resource.PropertyMap, error) {
		elements := v["inputs"].ArrayValue()
		count := v.number("resultCount")
		if count == 0 {
			count = len(elements)
		}
		results := []resource.PropertyValue{}
		if len(elements) > 0 {
			permute, err := permutations(v.text("seed"))
			if err != nil {
				return "", nil, err
			}
			for len(results) < count {
				for _, i := range permute.Perm(len(elements))[:min(len(elements), count-len(results))] {
					results = append(results, elements[i])
				}
			}
		}
		return "-", resource.PropertyMap{"results": resource.NewProperty(results)}, nil
	},
}

// permutations are repeatable for a seed, and unpredictable without one.
func permutations(seed string) (*mathrand.Rand, error) {
	if seed != "" {
		return seeded(seed), nil
	}
	start, err := rand.Int(rand.Reader, new(big.Int).SetUint64(1<<63))
	if err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	return mathrand.New(mathrand.NewSource(start.Int64())), nil
}

// seeded is the generator that the official provider makes from a seed.
func seeded(seed string) *mathrand.Rand {
	return mathrand.New(mathrand.NewSource(int64(crc64.Checksum([]byte(seed), crc64.MakeTable(crc64.ISO)))))
}

func atLeastOne(v values, name string) []failure {
	if v.known(name) && v.number(name) < 1 {
		return []failure{{name, fmt.Sprintf("is %d, want 1 or more", v.number(name))}}
	}
	return nil
}

func drawBytes(count int) ([]byte, error) {
	bytes := make([]byte, count)
	if _, err := rand.Read(bytes); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	return bytes, nil
}
