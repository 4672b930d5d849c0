package stack

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAHostWithoutACertificateIsSaid(t *testing.T) {
	running := []any{
		map[string]any{"wiki": map[string]any{"hosts": []any{"wiki.cloud.example.org", "wiki.club.net"}, "preview": "wiki-preview.cloud.example.org"}},
		map[string]any{"board": map[string]any{"hosts": []any{"board.cloud.example.org", "a.board.cloud.example.org"}}, "wiki": map[string]any{"hosts": []any{"wiki.club.net"}}},
	}
	const end = " has no certificate, so users cannot reach it; add it to live-omega:loadBalancer.certificates"
	want := []string{"host a.board.cloud.example.org of app board" + end, "host wiki.club.net of app wiki" + end}
	for covered := range 3 {
		certificates := []string{"a.board.cloud.example.org", "wiki.club.net"}[:covered]
		found, err := uncovered(running, "cloud.example.org", certificates)
		require.NoError(t, err)
		assert.Equal(t, slices.Clone(want[covered:]), append([]string{}, found...))
	}
}
