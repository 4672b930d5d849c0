package clusters

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAnUpdateMayTakeAsLongAsItsNodesNeedOneAfterTheOther(t *testing.T) {
	tests := []struct {
		name  string
		pool  GKEPool
		zones int
		want  time.Duration
	}{
		{"one node", GKEPool{Max: 1, Upgrade: Upgrade{MaxSurge: 1}}, 1, 90 * time.Minute},
		{"no node", GKEPool{Max: 0, Upgrade: Upgrade{MaxSurge: 1}}, 1, 90 * time.Minute},
		{"three nodes, one by one", GKEPool{Max: 3, Upgrade: Upgrade{MaxSurge: 1}}, 1, 210 * time.Minute},
		{"in each of three zones", GKEPool{Max: 3, Upgrade: Upgrade{MaxSurge: 1}}, 3, 570 * time.Minute},
		{"two at a time", GKEPool{Max: 3, Upgrade: Upgrade{MaxSurge: 1, MaxUnavailable: 1}}, 1, 150 * time.Minute},
		{"never more than 20 at a time", GKEPool{Max: 40, Upgrade: Upgrade{MaxSurge: 20, MaxUnavailable: 20}}, 1, 150 * time.Minute},
		{"with a day after each batch and the last", GKEPool{Max: 3, Upgrade: Upgrade{BlueGreen: true, BatchNodes: 2, SoakMinutes: 24 * 60}}, 1, 74*time.Hour + 30*time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, test.pool.updateTime(test.zones)) })
	}
}
