package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/match"

	local "live-omega/local/layout"
	"live-omega/local/progress"
	"live-omega/local/toolchain"
)

// Annotations of the built images in the OCI layout's index, which is the list
// of what was built.
const (
	refAnnotation   = "org.opencontainers.image.ref.name" // name:version
	stampAnnotation = "live-omega/stamp"                  // what it was made from
)

// Image is a built image.
type Image struct {
	Name    string
	Version string
	// Digest of the manifest, sha256:….
	Digest string
	stamp  string
}

// Ref is how config names the image, name@sha256:…. The registry is a prefix
// that belongs to the cluster.
func (i Image) Ref() string { return i.Name + "@" + i.Digest }

// Build packs the named images, all of them if none is named, after making the
// tools they consist of. Images that are up to date are left alone. It returns
// the named images, in the table's order.
func Build(ctx context.Context, root local.Root, log *progress.Log, names ...string) ([]Image, error) {
	tools, err := Tools(names...)
	if err != nil {
		return nil, err
	}
	if err := toolchain.Ensure(ctx, root, log, tools...); err != nil {
		return nil, err
	}
	chosen, err := choose(names)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root.Images(), 0o755); err != nil {
		return nil, fmt.Errorf("building images: %w", err)
	}
	unlock, err := toolchain.Lock(ctx, root.Images(".lock"))
	if err != nil {
		return nil, fmt.Errorf("waiting for another process that builds images: %w", err)
	}
	defer unlock()
	store, err := openStore(root)
	if err != nil {
		return nil, err
	}
	built := make([]Image, 0, len(chosen))
	changed := false
	for _, d := range chosen {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("building images: %w", context.Cause(ctx))
		}
		img, fresh, err := store.build(root, log, d)
		if err != nil {
			return nil, err
		}
		built, changed = append(built, img), changed || fresh
	}
	if changed {
		return built, store.prune()
	}
	return built, nil
}

// choose returns the definitions of the named images, all if none is named.
func choose(names []string) ([]definition, error) {
	var chosen []definition
	known := map[string]bool{}
	for _, d := range definitions() {
		known[d.Name] = true
		if len(names) == 0 || slices.Contains(names, d.Name) {
			chosen = append(chosen, d)
		}
	}
	for _, n := range names {
		if !known[n] {
			return nil, fmt.Errorf("no image %q: want some of %s", n, strings.Join(imageNames(), ", "))
		}
	}
	return chosen, nil
}

func imageNames() []string {
	var names []string
	for _, d := range definitions() {
		if !slices.Contains(names, d.Name) {
			names = append(names, d.Name)
		}
	}
	return names
}

// store is the folder of built images, an OCI layout.
type store struct{ path layout.Path }

func openStore(root local.Root) (store, error) {
	path, err := layout.FromPath(root.Images())
	if errors.Is(err, fs.ErrNotExist) {
		path, err = layout.Write(root.Images(), empty.Index)
	}
	if err != nil {
		return store{}, fmt.Errorf("opening the built images in %s: %w", root.Images(), err)
	}
	return store{path}, nil
}

// build makes an image unless it is there, made from the same.
func (s store) build(root local.Root, log *progress.Log, d definition) (img Image, fresh bool, err error) {
	stamp, err := d.stamp(root)
	if err != nil {
		return Image{}, false, err
	}
	have, err := s.list()
	if err != nil {
		return Image{}, false, err
	}
	for _, i := range have {
		if i.Name == d.Name && i.Version == d.Version && i.stamp == stamp && s.whole(i) {
			return i, false, nil
		}
	}
	task := log.Start("packing image " + d.title())
	img, err = s.add(d, d.files(root), stamp)
	if err != nil {
		task.Fail(err)
		return Image{}, false, err
	}
	task.Done("%s", img.Digest[:len("sha256:")+12])
	return img, true, nil
}

// stamp identifies what an image is made from.
func (d definition) stamp(root local.Root) (string, error) {
	h := sha256.New()
	encoded, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("building image %s: %w", d.title(), err)
	}
	fmt.Fprintf(h, "%s\n%s\n", packing, encoded)
	for _, p := range d.Tools {
		tool, err := toolchain.Stamp(root, p.Tool)
		if err != nil {
			return "", fmt.Errorf("building image %s: %w", d.title(), err)
		}
		h.Write([]byte(tool))
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// add packs files and puts the image in the place of an older one of the same
// name and version.
func (s store) add(d definition, files []file, stamp string) (Image, error) {
	packedImage, err := d.pack(files)
	if err != nil {
		return Image{}, err
	}
	digest, err := packedImage.Digest()
	if err != nil {
		return Image{}, fmt.Errorf("building image %s: %w", d.title(), err)
	}
	ref := d.Name + ":" + d.Version
	err = s.path.ReplaceImage(packedImage, match.Annotation(refAnnotation, ref),
		layout.WithAnnotations(map[string]string{refAnnotation: ref, stampAnnotation: stamp}))
	if err != nil {
		return Image{}, fmt.Errorf("storing image %s: %w", d.title(), err)
	}
	return Image{Name: d.Name, Version: d.Version, Digest: digest.String(), stamp: stamp}, nil
}

// list returns what was built, in the order of the index.
func (s store) list() ([]Image, error) {
	manifest, err := s.manifest()
	if err != nil {
		return nil, err
	}
	var all []Image
	for _, m := range manifest.Manifests {
		name, version, ok := strings.Cut(m.Annotations[refAnnotation], ":")
		if ok {
			all = append(all, Image{Name: name, Version: version, Digest: m.Digest.String(), stamp: m.Annotations[stampAnnotation]})
		}
	}
	return all, nil
}

func (s store) manifest() (*v1.IndexManifest, error) {
	index, err := s.path.ImageIndex()
	if err != nil {
		return nil, fmt.Errorf("reading the built images: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("reading the built images: %w", err)
	}
	return manifest, nil
}

// whole tells whether every blob of an image is there with its full size.
func (s store) whole(i Image) bool {
	hash, err := v1.NewHash(i.Digest)
	if err != nil {
		return false
	}
	img, err := s.path.Image(hash)
	if err != nil {
		return false
	}
	manifest, err := img.Manifest()
	if err != nil {
		return false
	}
	for _, d := range append(manifest.Layers, manifest.Config) {
		r, err := s.path.Blob(d.Digest)
		if err != nil {
			return false
		}
		f, ok := r.(*os.File)
		var info fs.FileInfo
		if ok {
			info, err = f.Stat()
		}
		if closed := r.Close(); !ok || err != nil || closed != nil || info.Size() != d.Size {
			return false
		}
	}
	return true
}

// prune drops images that no definition makes any more, and then every blob
// that no image needs.
func (s store) prune() error {
	current := map[string]bool{}
	for _, d := range definitions() {
		current[d.Name+":"+d.Version] = true
	}
	err := s.path.RemoveDescriptors(func(d v1.Descriptor) bool { return !current[d.Annotations[refAnnotation]] })
	if err != nil {
		return fmt.Errorf("dropping old images: %w", err)
	}
	unused, err := s.path.GarbageCollect()
	if err != nil {
		return fmt.Errorf("finding blobs of old images: %w", err)
	}
	for _, hash := range unused {
		if err := s.path.RemoveBlob(hash); err != nil {
			return fmt.Errorf("dropping blobs of old images: %w", err)
		}
	}
	return nil
}
