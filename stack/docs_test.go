package stack_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/components/abapp"
	"live-omega/stack"
	"live-omega/tests/recording"
)

// The pages of the strategies show config that can be copied.
func TestTheConfigOnThePagesOfTheStrategiesLoads(t *testing.T) {
	pages := map[string]abapp.Strategy{
		"recreate": abapp.Recreate, "ramped": abapp.Ramped, "blue-green": abapp.BlueGreen, "canary": abapp.Canary,
		"ab-test": abapp.ABTest, "shadow": abapp.Shadow, "dark": abapp.Dark,
	}
	for page, strategy := range pages {
		t.Run(page, func(t *testing.T) {
			loaded, err := stack.Load(raw(t, "live", edit("apps", firstBlock(t, page))))
			require.NoError(t, err)
			require.Len(t, loaded.Apps, 1)
			for _, app := range loaded.Apps {
				assert.Equal(t, strategy, app.Release.Strategy)
			}
		})
	}
	assert.Len(t, pages, len(abapp.Strategies()), "every strategy has a page")
}

// firstBlock is the first block of YAML on the page of a strategy, with whole digests.
func firstBlock(t *testing.T, page string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(recording.Root(t), "docs", "strategies", page+".md"))
	require.NoError(t, err)
	_, block, found := strings.Cut(string(content), "```yaml\n")
	require.True(t, found, "the page shows config")
	block, _, _ = strings.Cut(block, "```")
	return strings.ReplaceAll(block, "sha256:…", "sha256:$D")
}
