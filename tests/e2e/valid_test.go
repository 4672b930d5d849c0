//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"live-omega/local/layout"
	"live-omega/stack"
	"live-omega/tests/e2e/rig"
)

// A case whose config is refused should not need a cloud to be found.
func TestTheConfigsOfTheCasesAreValid(t *testing.T) {
	root, err := layout.Find(".")
	require.NoError(t, err)
	c := &rig.Cloud{Root: root}
	var live, edge [][]rig.Set
	for _, s := range strategyTable {
		live = append(live, []rig.Set{release(s.release)})
	}
	for _, form := range forms {
		live = append(live, []rig.Set{release(form.first)}, []rig.Set{release(form.second)})
	}
	live = append(live,
		[]rig.Set{{Path: at("variants", "b", "env"), Value: `{FAULT_HANG: "true"}`}},
		[]rig.Set{{Path: at("variants", "a", "replicas"), Value: "3"}},
		[]rig.Set{{Path: at("variants", "b")}, release("{strategy: ramped}")})
	for _, x := range crossingTable {
		edge = append(edge, []rig.Set{split("%s", x.split)})
	}
	edge = append(edge, []rig.Set{split("{live: 50, omega: 50, sticky: true}")})

	cluster, err := layout.ClusterNamed("live")
	require.NoError(t, err)
	live = append(live, []rig.Set{twoPools(cluster), active("b"), {Path: at("variants", "b", "pool"), Value: "b"}})

	for name, edits := range map[string][][]rig.Set{"live": live, "omega": live, "edge": edge} {
		text, err := os.ReadFile(c.Config(name))
		require.NoError(t, err)
		for _, sets := range edits {
			edited, err := rig.Rewrite(text, sets...)
			require.NoError(t, err)
			assert.NoError(t, accepted(t, name, edited), "%v", sets)
		}
	}
}

// accepted is what the program says of a config file.
func accepted(t *testing.T, name string, text []byte) error {
	t.Helper()
	var file struct {
		Config map[string]any `json:"config"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	raw := stack.Raw{Stack: name, Values: map[string]string{}}
	for key, value := range file.Config {
		key, ok := strings.CutPrefix(key, stack.Namespace+":")
		if !ok {
			continue
		}
		if text, ok := value.(string); ok {
			raw.Values[key] = text
			continue
		}
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		raw.Values[key] = string(encoded)
	}
	_, err := stack.Load(raw)
	return err
}
