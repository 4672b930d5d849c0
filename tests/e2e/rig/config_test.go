package rig

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const example = `# Where requests go.
config:
  live-omega:traffic:
    default: {live: 100, omega: 0} # in percent; é
    apps:
      guestbook: {live: 90, omega: 10}
  live-omega:apps:
    guestbook:
      release:
        strategy: canary
        weight: 10   # percent to b
      image: "quoted"
`

func TestAnEditChangesItsScalarsAndNothingElse(t *testing.T) {
	got, err := Apply([]byte(example),
		Edit{[]string{"config", "live-omega:traffic", "default", "live"}, "0"},
		Edit{[]string{"config", "live-omega:traffic", "default", "omega"}, "100"},
		Edit{[]string{"config", "live-omega:apps", "guestbook", "release", "weight"}, "55"})
	require.NoError(t, err)
	assert.Equal(t, `# Where requests go.
config:
  live-omega:traffic:
    default: {live: 0, omega: 100} # in percent; é
    apps:
      guestbook: {live: 90, omega: 10}
  live-omega:apps:
    guestbook:
      release:
        strategy: canary
        weight: 55   # percent to b
      image: "quoted"
`, string(got))
}

func TestAnEditAfterWideCharactersHitsItsScalar(t *testing.T) {
	got, err := Apply([]byte("a: {ключ: 1, b: 2}\n"), Edit{[]string{"a", "b"}, "3"})
	require.NoError(t, err)
	assert.Equal(t, "a: {ключ: 1, b: 3}\n", string(got))
}

func TestAnEditOfWhatIsNotThereIsAnError(t *testing.T) {
	for _, c := range []struct {
		text string
		path []string
		want string
	}{
		{example, []string{"config", "live-omega:traffic", "default", "edge"}, `editing config.live-omega:traffic.default.edge: no key "edge" in "config.live-omega:traffic.default"`},
		{example, []string{"config", "live-omega:traffic"}, "editing config.live-omega:traffic: line 4 is not a plain scalar"},
		{example, []string{"config", "live-omega:apps", "guestbook", "image"}, "editing config.live-omega:apps.guestbook.image: line 12 is not a plain scalar"},
		{"", []string{"a"}, "editing a: the file is empty"},
		{"a: 1", []string{"a", "b"}, `editing a.b: no key "b" in "a"`},
	} {
		_, err := Apply([]byte(c.text), Edit{c.path, "x"})
		assert.EqualError(t, err, c.want)
	}
}

func TestLookupReadsAScalar(t *testing.T) {
	got, err := Lookup([]byte(example), "config", "live-omega:apps", "guestbook", "release", "strategy")
	require.NoError(t, err)
	assert.Equal(t, "canary", got)
}
