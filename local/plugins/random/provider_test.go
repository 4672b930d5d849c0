package random

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"golang.org/x/crypto/bcrypt"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// client is a provider that was configured as the engine does.
type client struct {
	t *testing.T
	p *Provider
}

func newClient(t *testing.T) client {
	t.Helper()
	c := client{t, NewProvider()}
	if _, err := c.p.Configure(t.Context(), &pulumirpc.ConfigureRequest{AcceptSecrets: true}); err != nil {
		t.Fatal(err)
	}
	return c
}

func urn(token string) string { return "urn:pulumi:test::project::" + token + "::name" }

// properties are plain Go values, encoded as the engine would.
type properties map[string]any

func (c client) encode(p properties) *structpb.Struct {
	c.t.Helper()
	s, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(p), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

func (c client) decode(s *structpb.Struct) resource.PropertyMap {
	c.t.Helper()
	m, err := unmarshal(s)
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c client) check(token string, inputs properties) []string {
	c.t.Helper()
	resp, err := c.p.Check(c.t.Context(), &pulumirpc.CheckRequest{Urn: urn(token), News: c.encode(inputs)})
	if err != nil {
		c.t.Fatal(err)
	}
	var failures []string
	for _, failure := range resp.GetFailures() {
		failures = append(failures, failure.GetProperty()+": "+failure.GetReason())
	}
	return failures
}

func (c client) create(token string, inputs properties) (string, resource.PropertyMap) {
	c.t.Helper()
	if failures := c.check(token, inputs); len(failures) > 0 {
		c.t.Fatalf("%s %v: %v", token, inputs, failures)
	}
	resp, err := c.p.Create(c.t.Context(), &pulumirpc.CreateRequest{Urn: urn(token), Properties: c.encode(inputs)})
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.GetId(), c.decode(resp.GetProperties())
}

func (c client) diff(token string, state *structpb.Struct, inputs properties) []string {
	c.t.Helper()
	resp, err := c.p.Diff(c.t.Context(), &pulumirpc.DiffRequest{Urn: urn(token), Olds: state, News: c.encode(inputs)})
	if err != nil {
		c.t.Fatal(err)
	}
	if changed := resp.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME; changed != (len(resp.GetReplaces()) > 0) {
		c.t.Errorf("changes %v with replacements %v", resp.GetChanges(), resp.GetReplaces())
	}
	return resp.GetReplaces()
}

func text(m resource.PropertyMap, name string) string {
	return plain(m[resource.PropertyKey(name)]).StringValue()
}

const (
	passwordToken = "random:index/randomPassword:RandomPassword"
	stringToken   = "random:index/randomString:RandomString"
	idToken       = "random:index/randomId:RandomId"
	bytesToken    = "random:index/randomBytes:RandomBytes"
	uuidToken     = "random:index/randomUuid:RandomUuid"
	integerToken  = "random:index/randomInteger:RandomInteger"
	shuffleToken  = "random:index/randomShuffle:RandomShuffle"
)

func TestPasswordIsSecretAndItsIDIsNot(t *testing.T) {
	id, outputs := newClient(t).create(passwordToken, properties{"length": 24.0})
	if id != "none" || text(outputs, "id") != "none" {
		t.Errorf("id %q and output id %q, want none: an id is stored in plain text", id, text(outputs, "id"))
	}
	for _, name := range []resource.PropertyKey{"result", "bcryptHash"} {
		if !outputs[name].IsSecret() {
			t.Errorf("output %s is not secret", name)
		}
	}
	password := text(outputs, "result")
	if len(password) != 24 {
		t.Errorf("password of %d characters, want 24", len(password))
	}
	if err := bcrypt.CompareHashAndPassword([]byte(text(outputs, "bcryptHash")), []byte(password)); err != nil {
		t.Errorf("bcryptHash: %v", err)
	}
}

func TestLongPasswordIsHashedByItsFirst72Bytes(t *testing.T) {
	_, outputs := newClient(t).create(passwordToken, properties{"length": 100.0})
	if err := bcrypt.CompareHashAndPassword([]byte(text(outputs, "bcryptHash")), []byte(text(outputs, "result"))[:72]); err != nil {
		t.Errorf("bcryptHash: %v", err)
	}
}

// The layout was recorded from the official provider.
func TestStateHasTheLayoutOfTheOfficialProvider(t *testing.T) {
	c := newClient(t)
	for token, test := range map[string]struct {
		inputs  properties
		outputs []string
		meta    string
	}{
		passwordToken: {
			properties{"length": 16.0, "minLower": 2.0, "number": true},
			[]string{"__meta", "bcryptHash", "id", "length", "lower", "minLower", "minNumeric", "minSpecial", "minUpper", "number", "numeric", "result", "special", "upper"},
			`{"schema_version":"3"}`,
		},
		stringToken: {
			properties{"length": 16.0, "special": false},
			[]string{"__meta", "id", "length", "lower", "minLower", "minNumeric", "minSpecial", "minUpper", "number", "numeric", "result", "special", "upper"},
			`{"schema_version":"2"}`,
		},
		idToken:      {properties{"byteLength": 8.0}, []string{"b64Std", "b64Url", "byteLength", "dec", "hex", "id"}, ""},
		bytesToken:   {properties{"length": 16.0}, []string{"base64", "hex", "length"}, ""},
		integerToken: {properties{"min": 1.0, "max": 100.0}, []string{"id", "max", "min", "result"}, ""},
		shuffleToken: {properties{"inputs": []any{"a", "b"}}, []string{"id", "inputs", "results"}, ""},
		uuidToken:    {properties{}, []string{"id", "result"}, ""},
	} {
		_, outputs := c.create(token, test.inputs)
		var names []string
		for _, key := range outputs.StableKeys() {
			names = append(names, string(key))
		}
		if !slices.Equal(names, test.outputs) {
			t.Errorf("%s has the outputs %v, want %v", token, names, test.outputs)
		}
		if test.meta != "" && text(outputs, "__meta") != test.meta {
			t.Errorf("%s is marked %s, want %s", token, text(outputs, "__meta"), test.meta)
		}
	}
}

func TestCharactersComeFromTheGroupsAskedFor(t *testing.T) {
	c := newClient(t)
	count := func(s, characters string) int {
		n := 0
		for _, r := range s {
			if strings.ContainsRune(characters, r) {
				n++
			}
		}
		return n
	}
	for range 50 {
		_, outputs := c.create(stringToken, properties{
			"length": 12.0, "lower": false, "minUpper": 3.0, "minNumeric": 4.0, "minSpecial": 2.0, "overrideSpecial": "_%",
		})
		s := text(outputs, "result")
		if len(s) != 12 || count(s, upperCharacters) < 3 || count(s, digitCharacters) < 4 || count(s, "_%") < 2 ||
			count(s, upperCharacters+digitCharacters+"_%") != 12 {
			t.Fatalf("drew %q", s)
		}
	}
}

func TestDrawnValuesDiffer(t *testing.T) {
	c := newClient(t)
	seen := map[string]bool{}
	for range 100 {
		_, outputs := c.create(stringToken, properties{"length": 20.0})
		if seen[text(outputs, "result")] {
			t.Fatalf("drew %q twice", text(outputs, "result"))
		}
		seen[text(outputs, "result")] = true
	}
}

func TestSeedsGiveWhatTheOfficialProviderGives(t *testing.T) {
	c := newClient(t)
	if id, _ := c.create(integerToken, properties{"min": 1.0, "max": 3.0, "seed": "12345"}); id != "3" {
		t.Errorf("seeded integer %s, want 3", id)
	}
	_, outputs := c.create(shuffleToken, properties{"inputs": []any{"a", "b", "c", "d", "e"}, "seed": "-"})
	var results []string
	for _, element := range outputs["results"].ArrayValue() {
		results = append(results, element.StringValue())
	}
	if got := strings.Join(results, ""); got != "acbed" {
		t.Errorf("seeded shuffle %s, want acbed", got)
	}
}

func TestShuffleRepeatsTheListWhenMoreIsAskedFor(t *testing.T) {
	c := newClient(t)
	for count, want := range map[float64]int{0: 3, 2: 2, 7: 7} {
		_, outputs := c.create(shuffleToken, properties{"inputs": []any{"a", "b", "c"}, "resultCount": count})
		if got := len(outputs["results"].ArrayValue()); got != want {
			t.Errorf("resultCount %v gives %d results, want %d", count, got, want)
		}
	}
}

func TestBadInputsAreNamedWithTheRemedy(t *testing.T) {
	c := newClient(t)
	for _, test := range []struct {
		token  string
		inputs properties
		want   string
	}{
		{passwordToken, properties{}, "length: missing required property: want a whole number"},
		{passwordToken, properties{"length": "16"}, "length: is string, want a whole number"},
		{passwordToken, properties{"length": 1.5}, "length: is number, want a whole number"},
		{passwordToken, properties{"length": 0.0}, "length: is 0, want 1 or more"},
		{passwordToken, properties{"length": 3.0, "minLower": 2.0, "minUpper": 2.0}, "length: is 3, less than minLower, minNumeric, minSpecial and minUpper together (4)"},
		{passwordToken, properties{"length": 8.0, "minLower": -1.0}, "minLower: is -1, want 0 or more"},
		{passwordToken, properties{"length": 8.0, "lower": false, "upper": false, "numeric": false, "special": false}, "lower: lower, upper, numeric and special are all false: no character is left, set at least one to true"},
		{passwordToken, properties{"length": 8.0, "number": true, "numeric": false}, "number: is true while numeric is false: number is the old name of numeric, set numeric only"},
		{passwordToken, properties{"length": 8.0, "lentgh": 9.0}, "lentgh: unknown property; " + passwordToken + " has keepers, length, lower, minLower, minNumeric, minSpecial, minUpper, number, numeric, overrideSpecial, special, upper"},
		{idToken, properties{"byteLength": 0.0}, "byteLength: is 0, want 1 or more"},
		{bytesToken, properties{"length": -1.0}, "length: is -1, want 1 or more"},
		{integerToken, properties{"min": 5.0, "max": 4.0}, "min: is 5, more than max (4)"},
		{shuffleToken, properties{"inputs": []any{1.0}}, "inputs: is [], want a list of strings"},
		{uuidToken, properties{"keepers": "image"}, "keepers: is string, want a map of strings"},
	} {
		failures := c.check(test.token, test.inputs)
		if len(failures) != 1 || failures[0] != test.want {
			t.Errorf("%s %v: %q, want %q", test.token, test.inputs, failures, test.want)
		}
	}
}

func TestUnknownInputsPassTheCheck(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewProperty(""))
	if failures := newClient(t).check(passwordToken, properties{"length": unknown, "minLower": 99.0}); len(failures) != 0 {
		t.Errorf("refused before the value is known: %v", failures)
	}
}

func TestPetsAreRefusedWithAnAlternative(t *testing.T) {
	_, err := newClient(t).p.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn("random:index/randomPet:RandomPet")})
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "use RandomId or RandomString") {
		t.Errorf("error %v", err)
	}
}

func TestOnlyChangedInputsReplace(t *testing.T) {
	c := newClient(t)
	inputs := properties{"length": 16.0, "keepers": map[string]any{"image": "a"}}
	resp, err := c.p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(passwordToken), Properties: c.encode(inputs)})
	if err != nil {
		t.Fatal(err)
	}
	unknown := resource.MakeComputed(resource.NewProperty(""))
	secret := resource.MakeSecret(resource.NewProperty(16.0))
	for name, test := range map[string]struct {
		inputs properties
		want   []string
	}{
		"same":                   {inputs, nil},
		"default spelled out":    {properties{"length": 16.0, "keepers": inputs["keepers"], "lower": true, "minUpper": 0.0, "numeric": true}, nil},
		"old name of numeric":    {properties{"length": 16.0, "keepers": inputs["keepers"], "number": true}, nil},
		"became secret":          {properties{"length": secret, "keepers": inputs["keepers"]}, nil},
		"keeper changed":         {properties{"length": 16.0, "keepers": map[string]any{"image": "b"}}, []string{"keepers"}},
		"keepers removed":        {properties{"length": 16.0}, []string{"keepers"}},
		"length changed":         {properties{"length": 20.0, "keepers": inputs["keepers"]}, []string{"length"}},
		"no digits":              {properties{"length": 16.0, "keepers": inputs["keepers"], "numeric": false}, []string{"number", "numeric"}},
		"other special":          {properties{"length": 16.0, "keepers": inputs["keepers"], "overrideSpecial": "_"}, []string{"overrideSpecial"}},
		"keeper not known yet":   {properties{"length": 16.0, "keepers": map[string]any{"image": unknown}}, []string{"keepers"}},
		"two changes, in order":  {properties{"length": 20.0}, []string{"keepers", "length"}},
		"empty override is none": {properties{"length": 16.0, "keepers": inputs["keepers"], "overrideSpecial": ""}, nil},
	} {
		if got := c.diff(passwordToken, resp.GetProperties(), test.inputs); !slices.Equal(got, test.want) {
			t.Errorf("%s: replaces %v, want %v", name, got, test.want)
		}
	}
}

// States of older official versions lack properties that were added later, and
// states of newer ones have marks of the bridge.
func TestStateOfTheOfficialProviderIsLeftAlone(t *testing.T) {
	c := newClient(t)
	inputs := properties{"length": 16.0}
	for name, state := range map[string]properties{
		"old":       {"length": 16.0, "number": true, "result": "x", "__meta": `{"schema_version":"1"}`},
		"new":       {"length": 16.0, "lower": true, "number": true, "numeric": true, "result": "x", "__pulumi_raw_state_delta": map[string]any{"obj": map[string]any{}}},
		"no length": {"length": 16.0, "result": "x", "id": "none"},
	} {
		if got := c.diff(passwordToken, c.encode(state), inputs); len(got) != 0 {
			t.Errorf("%s state: replaces %v, want nothing", name, got)
		}
	}
}

func TestIgnoredChangesAreIgnored(t *testing.T) {
	c := newClient(t)
	resp, err := c.p.Diff(t.Context(), &pulumirpc.DiffRequest{
		Urn: urn(idToken), Olds: c.encode(properties{"byteLength": 4.0}), News: c.encode(properties{"byteLength": 8.0}), IgnoreChanges: []string{"byteLength"},
	})
	if err != nil || resp.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
		t.Errorf("changes %v and error %v, want none", resp.GetChanges(), err)
	}
}

func TestPreviewDrawsNothing(t *testing.T) {
	c := newClient(t)
	resp, err := c.p.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(passwordToken), Properties: c.encode(properties{"length": 8.0}), Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	result := c.decode(resp.GetProperties())["result"]
	if !result.IsSecret() || !result.SecretValue().Element.IsComputed() {
		t.Errorf("previewed result %v, want a secret that is not known yet", result)
	}
}

func TestRefreshKeepsTheState(t *testing.T) {
	c := newClient(t)
	state := c.encode(properties{"length": 8.0, "result": "abcdefgh"})
	resp, err := c.p.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(passwordToken), Id: "none", Properties: state, Inputs: c.encode(properties{"length": 8.0})})
	if err != nil {
		t.Fatal(err)
	}
	if resp.GetId() != "none" || resp.GetProperties().String() != state.String() {
		t.Errorf("read %q %v, want the state as it was", resp.GetId(), resp.GetProperties())
	}
}

func TestImportedValuesAreKept(t *testing.T) {
	c := newClient(t)
	for _, test := range []struct {
		token, id, newID string
		inputs           properties // that match the import
		outputs          map[string]string
	}{
		{passwordToken, "s3cret!", "none", properties{"length": 7.0}, map[string]string{"result": "s3cret!"}},
		{stringToken, "abc", "abc", properties{"length": 3.0}, map[string]string{"result": "abc"}},
		{idToken, "p-9hUg", "p-9hUg", properties{"byteLength": 4.0}, map[string]string{"b64Url": "p-9hUg", "hex": "a7ef6152"}},
		{idToken, "my-prefix-,p-9hUg", "p-9hUg", properties{"byteLength": 4.0, "prefix": "my-prefix-"}, map[string]string{"b64Url": "my-prefix-p-9hUg"}},
		{bytesToken, "8/fu3q+2DcgSJ19i0jZ5Cw==", "8/fu3q+2DcgSJ19i0jZ5Cw==", properties{"length": 16.0}, map[string]string{"hex": "f3f7eedeafb60dc812275f62d236790b"}},
		{uuidToken, "aabbccdd-eeff-0011-2233-445566778899", "aabbccdd-eeff-0011-2233-445566778899", properties{}, map[string]string{"result": "aabbccdd-eeff-0011-2233-445566778899"}},
		{integerToken, "15390,1,50000", "15390", properties{"min": 1.0, "max": 50000.0}, map[string]string{}},
		{integerToken, "2,1,3,seed", "2", properties{"min": 1.0, "max": 3.0, "seed": "seed"}, map[string]string{}},
	} {
		resp, err := c.p.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(test.token), Id: test.id})
		if err != nil {
			t.Errorf("%s %s: %v", test.token, test.id, err)
			continue
		}
		if resp.GetId() != test.newID {
			t.Errorf("%s %s: id %q, want %q", test.token, test.id, resp.GetId(), test.newID)
		}
		outputs := c.decode(resp.GetProperties())
		for name, want := range test.outputs {
			if got := text(outputs, name); got != want {
				t.Errorf("%s %s: %s is %q, want %q", test.token, test.id, name, got, want)
			}
		}
		if got := c.diff(test.token, resp.GetProperties(), test.inputs); len(got) != 0 {
			t.Errorf("%s %s: a program with the same inputs would replace it because of %v", test.token, test.id, got)
		}
	}
}

func TestIDsThatAreNoValuesAreNotImported(t *testing.T) {
	c := newClient(t)
	for _, test := range []struct{ token, id string }{
		{passwordToken, "none"}, {stringToken, ""}, {idToken, "not base64!"}, {bytesToken, "?"},
		{uuidToken, "1234"}, {integerToken, "5"}, {integerToken, "a,b,c"}, {shuffleToken, "-"},
	} {
		if _, err := c.p.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(test.token), Id: test.id}); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s %q: error %v, want a refusal", test.token, test.id, err)
		}
	}
}

func TestIDIsRenderedFourWays(t *testing.T) {
	_, outputs := newClient(t).create(idToken, properties{"byteLength": 8.0, "prefix": "x-"})
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text(outputs, "b64Url"), "x-"))
	if err != nil || len(raw) != 8 {
		t.Fatalf("b64Url %q: %d bytes, error %v", text(outputs, "b64Url"), len(raw), err)
	}
	_, want := idOutputs(raw, "x-")
	for name, value := range want {
		if !outputs[name].DeepEquals(value) {
			t.Errorf("%s is %v, want %v", name, outputs[name], value)
		}
	}
}

func TestSchemaDescribesEveryKind(t *testing.T) {
	resp, err := NewProvider().GetSchema(context.Background(), &pulumirpc.GetSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Name, Version string
		Resources     map[string]struct {
			Properties map[string]struct{ Secret bool }
		}
	}
	if err := json.Unmarshal([]byte(resp.GetSchema()), &schema); err != nil {
		t.Fatal(err)
	}
	if schema.Name != "random" || schema.Version != Version || len(schema.Resources) != len(kinds) {
		t.Errorf("schema of %s %s has %d resources, want %d", schema.Name, schema.Version, len(schema.Resources), len(kinds))
	}
	if !schema.Resources[passwordToken].Properties["result"].Secret {
		t.Error("the schema does not mark a password's result as secret")
	}
}
