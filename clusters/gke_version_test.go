package clusters_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/clusters"
)

func TestOnlyExactVersionsAreVersions(t *testing.T) {
	tests := []struct {
		text string
		want clusters.GKEVersion
		ok   bool
	}{
		{"1.33.5-gke.1080000", clusters.GKEVersion{Minor: 33, Patch: 5, Build: 1080000}, true},
		{"1.24.0-gke.1", clusters.GKEVersion{Minor: 24, Build: 1}, true},
		{"", clusters.GKEVersion{}, false},
		{"latest", clusters.GKEVersion{}, false},
		{"-", clusters.GKEVersion{}, false},
		{"1.33", clusters.GKEVersion{}, false},
		{"1.33.5", clusters.GKEVersion{}, false},
		{"v1.33.5-gke.1080000", clusters.GKEVersion{}, false},
		{"2.0.0-gke.1", clusters.GKEVersion{}, false},
		{"1.33.5-gke.1080000\n", clusters.GKEVersion{}, false},
		{"1.33.5-gke.1080000.1", clusters.GKEVersion{}, false},
		{"1.33.5-gke.99999999999999999999", clusters.GKEVersion{}, false},
	}
	for _, test := range tests {
		found, ok := clusters.ParseGKEVersion(test.text)
		assert.Equal(t, test.ok, ok, test.text)
		assert.Equal(t, test.want, found, test.text)
	}
}

func TestNodesAreAtMostTwoMinorVersionsBehindAndNeverAhead(t *testing.T) {
	const older = "write a version from 1.31 on; upgrade nodes before the control plane leaves them behind"
	const newer = "upgrade the control plane first, or write its version"
	tests := []struct {
		name, nodes string
		want        *clusters.Problem
	}{
		{"the same", "1.33.5-gke.1080000", nil},
		{"one minor version behind", "1.32.9-gke.9999999", nil},
		{"two minor versions behind", "1.31.0-gke.1", nil},
		{"no version", "newest", nil},
		{"three minor versions behind", "1.30.9-gke.1", &clusters.Problem{
			Found: "found 1.30.9-gke.1, which is 3 minor versions older than the control plane's 1.33.5-gke.1080000", Remedy: older}},
		{"a minor version ahead", "1.34.0-gke.1", &clusters.Problem{
			Found: "found 1.34.0-gke.1, which is newer than the control plane's 1.33.5-gke.1080000", Remedy: newer}},
		{"a patch ahead", "1.33.6-gke.1", &clusters.Problem{
			Found: "found 1.33.6-gke.1, which is newer than the control plane's 1.33.5-gke.1080000", Remedy: newer}},
		{"a build ahead", "1.33.5-gke.1080001", &clusters.Problem{
			Found: "found 1.33.5-gke.1080001, which is newer than the control plane's 1.33.5-gke.1080000", Remedy: newer}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, clusters.CheckSkew("1.33.5-gke.1080000", test.nodes))
		})
	}
	assert.Nil(t, clusters.CheckSkew("newest", "1.33.5-gke.1080000"), "a problem of its own")
}
