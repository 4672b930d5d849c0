package images

import (
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// pack makes the image of a definition from files. The same files give the
// same digest everywhere and always.
func (d definition) pack(files []file) (v1.Image, error) {
	content, err := newLayer(files)
	if err != nil {
		return nil, fmt.Errorf("packing image %s: %w", d.title(), err)
	}
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err = mutate.Append(img, mutate.Addendum{
		Layer:     content,
		MediaType: types.OCIUncompressedLayer,
		History:   v1.History{Created: v1.Time{Time: epoch}, CreatedBy: "live-omega/local/images"},
	})
	if err != nil {
		return nil, fmt.Errorf("packing image %s: %w", d.title(), err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("packing image %s: %w", d.title(), err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = platform()
	config.Created = v1.Time{Time: epoch}
	config.Config = v1.Config{
		User:       fmt.Sprintf("%d:%d", user, user),
		Entrypoint: []string{d.Tools[0].Path},
		WorkingDir: "/",
		Labels: map[string]string{
			"org.opencontainers.image.title":       d.Name,
			"org.opencontainers.image.version":     d.Version,
			"org.opencontainers.image.source":      d.Source,
			"org.opencontainers.image.description": d.Description,
		},
	}
	img, err = mutate.ConfigFile(img, config)
	if err != nil {
		return nil, fmt.Errorf("packing image %s: %w", d.title(), err)
	}
	return img, nil
}
