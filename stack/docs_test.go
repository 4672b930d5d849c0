package stack_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

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

// Other pages show parts of stack files; a comment says of which. Laid over the committed file each loads.
func TestTheConfigOnOtherPagesLoads(t *testing.T) {
	for _, page := range []string{"gke.md", "gke-costs.md", "communities.md", "moving-traffic.md", "operating-systems.md"} {
		t.Run(page, func(t *testing.T) {
			shown := configOn(t, page)
			require.NotEmpty(t, shown)
			for _, part := range shown {
				_, err := stack.Load(part)
				assert.NoError(t, err)
			}
		})
	}
}

// stackFile is a block of YAML that begins with the name of a stack file.
var stackFile = regexp.MustCompile("(?ms)^ *```yaml\n *# Pulumi\\.([a-z-]+)\\.yaml[^\n]*\n(.*?)^ *```")

// configOn are the stack files of a page, what it shows laid over what is committed.
func configOn(t *testing.T, page string) []stack.Raw {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(recording.Root(t), "docs", page))
	require.NoError(t, err)
	committed := recording.Committed(t)
	maps.Copy(committed, recording.CommittedOnGKE(t))
	var found []stack.Raw
	for _, block := range stackFile.FindAllStringSubmatch(string(content), -1) {
		var shown map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(block[2]), &shown), block[0])
		require.Contains(t, committed, block[1])
		config := map[string]any{}
		for key, value := range committed[block[1]] {
			config[stack.Namespace+":"+key] = value
		}
		values := map[string]string{}
		for key, value := range laidOver(config, shown) {
			values[strings.TrimPrefix(key, stack.Namespace+":")] = recording.Encode(t, value)
		}
		found = append(found, stack.Raw{Stack: block[1], Values: values})
	}
	return found
}

// laidOver replaces what is on top, and keeps of objects what is not.
func laidOver(below, above map[string]any) map[string]any {
	both := maps.Clone(below)
	for key, value := range above {
		under, isObject := both[key].(map[string]any)
		if over, ok := value.(map[string]any); ok && isObject {
			value = laidOver(under, over)
		}
		both[key] = value
	}
	return both
}
