package rig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASetReplacesAWholeValueAndKeepsTheRest(t *testing.T) {
	got, err := Rewrite([]byte(example),
		Set{[]string{"config", "live-omega:traffic", "default"}, "{live: 50, omega: 50, sticky: true}"},
		Set{[]string{"config", "live-omega:traffic", "apps", "guestbook"}, ""},
		Set{[]string{"config", "live-omega:apps", "guestbook", "release"}, `{strategy: abTest, match: [{headers: {X-Beta: "1"}}]}`},
		Set{[]string{"config", "live-omega:apps", "guestbook", "env"}, "{FAULT_HANG: \"true\"}"},
		Set{[]string{"config", "live-omega:apps", "guestbook", "image"}, "name@sha256:0"})
	require.NoError(t, err)
	assert.Equal(t, `# Where requests go.
config:
  live-omega:traffic:
    default: {live: 50, omega: 50, sticky: true}
    apps: {}
  live-omega:apps:
    guestbook:
      release: {strategy: abTest, match: [{headers: {X-Beta: "1"}}]}
      image: name@sha256:0
      env: {FAULT_HANG: "true"}
`, string(got))
	// What was set can be edited as ever.
	edited, err := Apply(got, Edit{[]string{"config", "live-omega:traffic", "default", "live"}, "40"})
	require.NoError(t, err)
	assert.Contains(t, string(edited), "{live: 40, omega: 50, sticky: true}")
}

func TestASetWithoutAValueRemovesItsKeyAlone(t *testing.T) {
	got, err := Rewrite([]byte("a: 1\nb: {x: 2} # two\nc: 3\n"), Set{Path: []string{"b"}})
	require.NoError(t, err)
	assert.Equal(t, "a: 1\nc: 3\n", string(got))
}

func TestASetThatCannotBeMadeIsAnError(t *testing.T) {
	for _, c := range []struct {
		set  Set
		want string
	}{
		{Set{nil, "1"}, "setting : no path"},
		{Set{[]string{"config", "nowhere", "x"}, "1"}, `setting config.nowhere.x: no key "nowhere" in "config"`},
		{Set{[]string{"config", "live-omega:apps", "guestbook", "image", "x"}, "1"}, `setting config.live-omega:apps.guestbook.image.x: "config.live-omega:apps.guestbook.image" is not a mapping`},
		{Set{[]string{"config", "x"}, ""}, `setting config.x: no key "x" to remove`},
		{Set{[]string{"config", "x"}, "{"}, "setting config.x: yaml: line 1: did not find expected node content"},
		{Set{[]string{"config", "x"}, "# nothing"}, `setting config.x: "# nothing" is no value`},
	} {
		_, err := Rewrite([]byte(example), c.set)
		assert.EqualError(t, err, c.want)
	}
}

func TestKeysAreInTheOrderOfTheFile(t *testing.T) {
	got, err := Keys([]byte(example), "config")
	require.NoError(t, err)
	assert.Equal(t, []string{"live-omega:traffic", "live-omega:apps"}, got)
	_, err = Keys([]byte(example), "config", "live-omega:apps", "guestbook", "image")
	assert.EqualError(t, err, "reading config.live-omega:apps.guestbook.image: line 12 is not a mapping")
}
