package clusters_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/clusters"
)

func TestTheCatalogueOfImages(t *testing.T) {
	assert.Equal(t, []string{"cos", "ubuntu"}, clusters.ImageNames())
	for _, name := range clusters.ImageNames() {
		image, ok := clusters.LookupImage(name)
		assert.True(t, ok, name)
		assert.Equal(t, name, image.Name)
		assert.NotEmpty(t, image.Type, name)
		assert.NotEmpty(t, image.Notes, name)
	}
	_, ok := clusters.LookupImage("")
	assert.False(t, ok)
}

func TestAnImageThatTheNodesCannotHaveSaysWhatToWrite(t *testing.T) {
	tests := []struct {
		image, version string
		want           *clusters.Problem
	}{
		{"cos", "1.33.5-gke.1080000", nil},
		{"ubuntu", "1.33.5-gke.1080000", nil},
		{"ubuntu", "1.24.0-gke.1", nil},
		{"cos", "latest", nil},
		{"debian", "1.33.5-gke.1080000", &clusters.Problem{Found: `found "debian"`, Remedy: "write one of cos, ubuntu"}},
		{"COS", "1.33.5-gke.1080000", &clusters.Problem{Found: `found "COS"`, Remedy: "write one of cos, ubuntu"}},
		{"", "", &clusters.Problem{Found: `found ""`, Remedy: "write one of cos, ubuntu"}},
		{"cos", "1.23.17-gke.1", &clusters.Problem{
			Found:  `found "cos" with version 1.23.17-gke.1`,
			Remedy: "write a version from 1.24 on; the image is not for older ones",
		}},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, clusters.CheckImage(test.image, test.version), "%s with %s", test.image, test.version)
	}
}
