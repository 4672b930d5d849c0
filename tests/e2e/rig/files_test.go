package rig

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/placement"
	"live-omega/local/layout"
)

// The nodes of the local cloud say their pool by themselves; the program must mean the same label.
func TestTheProgramAndTheLocalCloudMeanTheSameLabel(t *testing.T) {
	assert.Equal(t, layout.PoolLabel, placement.PoolLabel)
}

// The tests edit the committed files in these places; a file that is laid out
// in another way must be noticed without a running cloud.
func TestTheCommittedConfigCanBeEditedWhereTheTestsEditIt(t *testing.T) {
	root, err := layout.Find(".")
	require.NoError(t, err)
	c := &Cloud{Root: root}
	for stack, paths := range map[string][][]string{
		"edge":  {{"config", "live-omega:traffic", "default", "live"}, {"config", "live-omega:traffic", "default", "omega"}},
		"live":  {{"config", "live-omega:apps", "guestbook", "release", "weight"}},
		"omega": {{"config", "live-omega:apps", "guestbook", "release", "weight"}},
	} {
		text, err := os.ReadFile(c.Config(stack))
		require.NoError(t, err)
		for _, path := range paths {
			edited, err := Apply(text, Edit{path, "42"})
			require.NoError(t, err, stack)
			value, err := Lookup(edited, path...)
			require.NoError(t, err)
			assert.Equal(t, "42", value)
		}
	}
	for _, stack := range []string{"live", "omega"} {
		for _, variant := range []string{"a", "b"} {
			at := []string{"config", "live-omega:apps", "guestbook", "variants", variant}
			assert.Contains(t, c.Read(t, stack, append(at, "image")...), "@sha256:")
			assert.NotEmpty(t, c.Read(t, stack, append(at, "version")...))
		}
	}
	assert.NotEmpty(t, c.Domain(t))
}
