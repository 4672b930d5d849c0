package cluster

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVersionsMoveOneMinorAtATime(t *testing.T) {
	cases := []struct {
		from, to  string
		downgrade bool
		problem   string
	}{
		{from: "v1.34.2", to: "v1.34.2"},
		{from: "v1.34.2", to: "v1.34.9"},
		{from: "v1.34.9", to: "v1.34.2"},
		{from: "v1.34.2", to: "v1.35.4"},
		{from: "v1.35.4", to: "v1.34.2", downgrade: true},
		{from: "v1.33.5", to: "v1.35.4", problem: "go by v1.34 first"},
		{from: "v1.35.4", to: "v1.33.5", problem: "go by v1.34 first"},
		{from: "v1.34.2", to: "v2.34.2", problem: "more than one minor version"},
		{from: "v1.34.2", to: "1.35.4", problem: `"1.35.4": want one like v1.34.2`},
		{from: "v1.34.2", to: "v1.35", problem: `"v1.35": want one like v1.34.2`},
		{from: "v1.34.2", to: "v1.35.x", problem: `"v1.35.x": want one like v1.34.2`},
		{from: "", to: "v1.35.4", problem: `"": want one like v1.34.2`},
	}
	for _, c := range cases {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			s, err := checkStep(c.from, c.to)
			if c.problem != "" {
				require.ErrorContains(t, err, c.problem)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.downgrade, s.downgrade)
		})
	}
}

// A process may never be newer than the API server, at no point of a move.
func TestNothingIsEverNewerThanTheAPIServer(t *testing.T) {
	for _, move := range []struct{ from, to string }{{"v1.34.2", "v1.35.4"}, {"v1.35.4", "v1.34.2"}} {
		s, err := checkStep(move.from, move.to)
		require.NoError(t, err)
		now := allAt(move.from)
		for _, stage := range stages(s.downgrade) {
			for _, name := range stage {
				now[name] = move.to
			}
			api, err := parseVersion(now[APIServer])
			require.NoError(t, err)
			for name, v := range now {
				other, err := parseVersion(v)
				require.NoError(t, err)
				assert.LessOrEqual(t, other.minor, api.minor, "%s from %s to %s, after %v", name, move.from, move.to, stage)
			}
		}
		assert.Equal(t, allAt(move.to), now, "everything has moved")
	}
}

func TestAMixOfVersionsIsSaid(t *testing.T) {
	r := record{Kubernetes: "v1.34.2", Processes: allAt("v1.34.2")}
	assert.Empty(t, r.mixed())
	r.Processes[APIServer] = "v1.35.4"
	assert.Equal(t, "kube-apiserver v1.35.4, kube-controller-manager v1.34.2, kube-proxy v1.34.2, kube-scheduler v1.34.2, kubelet v1.34.2", r.mixed())
}
