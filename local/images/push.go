package images

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	local "live-omega/local/layout"
	"live-omega/local/progress"
)

// List returns the images that were built, in the table's order.
func List(root local.Root) ([]Image, error) {
	path, err := layout.FromPath(root.Images())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the built images in %s: %w", root.Images(), err)
	}
	have, err := store{path}.list()
	if err != nil {
		return nil, err
	}
	var ordered []Image
	for _, d := range definitions() {
		for _, i := range have {
			if i.Name == d.Name && i.Version == d.Version {
				ordered = append(ordered, i)
			}
		}
	}
	return ordered, nil
}

// Lookup returns a built image. An empty version stands for the newest.
func Lookup(root local.Root, imageName, version string) (Image, error) {
	have, err := List(root)
	if err != nil {
		return Image{}, err
	}
	var found Image
	var versions []string
	for _, i := range have {
		if i.Name == imageName {
			versions = append(versions, i.Version)
			if version == "" || version == i.Version {
				found = i
			}
		}
	}
	switch {
	case found.Digest != "":
		return found, nil
	case len(versions) > 0:
		return Image{}, fmt.Errorf("no image %s of version %q is built: want one of %s", imageName, version, strings.Join(versions, ", "))
	default:
		return Image{}, fmt.Errorf("no image %q is built: run `make images`, which builds %s", imageName, strings.Join(imageNames(), ", "))
	}
}

// Push brings built images to a registry ("10.98.0.1:5000"). Only blobs that it
// lacks are sent. Each image is tagged with its version, for people who look;
// config uses digests.
func Push(ctx context.Context, root local.Root, log *progress.Log, registry string, built []Image) error {
	path, err := layout.FromPath(root.Images())
	if err != nil {
		return fmt.Errorf("opening the built images in %s: %w", root.Images(), err)
	}
	task := log.Start("pushing images to " + registry)
	for _, i := range built {
		task.Update("%s %s", i.Name, i.Version)
		if err := push(ctx, path, registry, i); err != nil {
			err = fmt.Errorf("pushing image %s %s to %s: %w", i.Name, i.Version, registry, err)
			task.Fail(err)
			return err
		}
	}
	task.Done("%d images", len(built))
	return nil
}

func push(ctx context.Context, path layout.Path, registry string, i Image) error {
	// Private addresses are spoken to over plain http by the library.
	ref, err := name.NewTag(registry + "/" + i.Name + ":" + i.Version)
	if err != nil {
		return err
	}
	hash, err := v1.NewHash(i.Digest)
	if err != nil {
		return err
	}
	img, err := path.Image(hash)
	if err != nil {
		return err
	}
	// The registry is on this machine: a proxy from the environment could not
	// reach it.
	transport := &http.Transport{Proxy: nil}
	defer transport.CloseIdleConnections()
	return remote.Write(ref, img, remote.WithContext(ctx), remote.WithTransport(transport))
}
