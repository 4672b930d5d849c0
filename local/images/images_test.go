package images

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	local "live-omega/local/layout"
	"live-omega/local/registry"
)

// program writes a file to pack, with a time and mode of its own.
func program(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o700))
	return path
}

func tiny(version string) definition {
	return definition{
		Name: "demo", Version: version, Description: "A program", Source: own,
		Tools: []packed{{"demo", "/bin/demo"}},
	}
}

func contents(source string) []file {
	return []file{{Path: "/tmp", Mode: 0o1777}, {Path: "/bin/demo", Source: source, Mode: 0o755}}
}

func TestTheSameFilesGiveTheSameDigestAnywhere(t *testing.T) {
	one, err := tiny("v1.0.0").pack(contents(program(t, "content")))
	require.NoError(t, err)
	two, err := tiny("v1.0.0").pack(contents(program(t, "content")))
	require.NoError(t, err)
	oneDigest, err := one.Digest()
	require.NoError(t, err)
	twoDigest, err := two.Digest()
	require.NoError(t, err)
	require.Equal(t, oneDigest, twoDigest)
	// A literal, so that a new version of a library or of Go that packs other
	// bytes is noticed before every config has to change. It holds on amd64.
	_, arch := platform()
	if arch == "amd64" {
		require.Equal(t, "sha256:69600b2805647ac7d8d70a45b4b1b68da8db6c04baa876a524dd6d443b98adae", oneDigest.String())
	}
	manifest, err := one.Manifest()
	require.NoError(t, err)
	l, err := one.LayerByDigest(manifest.Layers[0].Digest)
	require.NoError(t, err)
	content, err := l.Compressed()
	require.NoError(t, err)
	digest, size, err := v1.SHA256(content)
	require.NoError(t, err)
	require.Equal(t, manifest.Layers[0].Digest, digest)
	require.Equal(t, manifest.Layers[0].Size, size)
}

func TestAnotherContentOrVersionGivesAnotherDigest(t *testing.T) {
	source := program(t, "content")
	digests := map[string]bool{}
	for _, img := range []struct {
		d     definition
		files []file
	}{
		{tiny("v1.0.0"), contents(source)},
		{tiny("v2.0.0"), contents(source)},
		{tiny("v1.0.0"), contents(program(t, "other"))},
	} {
		packedImage, err := img.d.pack(img.files)
		require.NoError(t, err)
		digest, err := packedImage.Digest()
		require.NoError(t, err)
		digests[digest.String()] = true
	}
	require.Len(t, digests, 3)
}

func TestImagesRunWithoutRights(t *testing.T) {
	img, err := tiny("v1.0.0").pack(contents(program(t, "content")))
	require.NoError(t, err)
	config, err := img.ConfigFile()
	require.NoError(t, err)
	require.Equal(t, "65532:65532", config.Config.User)
	require.Equal(t, []string{"/bin/demo"}, config.Config.Entrypoint)
	require.Equal(t, map[string]string{
		"org.opencontainers.image.title": "demo", "org.opencontainers.image.version": "v1.0.0",
		"org.opencontainers.image.source": "live-omega", "org.opencontainers.image.description": "A program",
	}, config.Config.Labels)
	require.True(t, config.Created.Time.Equal(epoch))
}

func TestReadingALayerPartlyLeavesNothingBehind(t *testing.T) {
	l, err := newLayer(contents(program(t, strings.Repeat("x", 1<<20))))
	require.NoError(t, err)
	r, err := l.Compressed()
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, r, 100)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	_, err = r.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestEveryImageIsMadeOfToolsInTheTable(t *testing.T) {
	for _, d := range definitions() {
		for i, f := range d.files("/clone") {
			require.NotEmpty(t, f.Path, "%s, file %d", d.title(), i)
			if f.Source != "" {
				require.True(t, strings.HasPrefix(f.Source, "/clone/.local/"), "%s: %s", d.title(), f.Source)
			}
		}
	}
	_, err := Tools("demo", "nginx")
	require.EqualError(t, err, `no image "nginx": want some of pause, coredns, local-path-provisioner, traefik, demo`)
}

// built puts the demo image in two versions and traefik into a clone.
func built(t *testing.T, root local.Root) []Image {
	t.Helper()
	require.NoError(t, os.MkdirAll(root.Images(), 0o755))
	s, err := openStore(root)
	require.NoError(t, err)
	for _, d := range definitions() {
		if d.Name == "demo" || d.Name == "traefik" {
			_, err := s.add(d, contents(program(t, d.title())), "made from "+d.title())
			require.NoError(t, err)
		}
	}
	all, err := List(root)
	require.NoError(t, err)
	require.Len(t, all, 3)
	return all
}

func TestARebuiltImageTakesThePlaceOfTheOldOneAndItsBlobsGo(t *testing.T) {
	root := local.Root(t.TempDir())
	before := built(t, root)
	s, err := openStore(root)
	require.NoError(t, err)
	demo := before[2]
	require.Equal(t, "v2.0.0", demo.Version)
	var definitionOfDemo definition
	for _, d := range definitions() {
		if d.Name == demo.Name && d.Version == demo.Version {
			definitionOfDemo = d
		}
	}
	_, err = s.add(tiny("v0.9.0"), contents(program(t, "of a version that is no more")), "")
	require.NoError(t, err)
	_, err = s.add(definitionOfDemo, contents(program(t, "changed")), "made from something else")
	require.NoError(t, err)
	require.NoError(t, s.prune())

	after, err := List(root)
	require.NoError(t, err)
	require.Equal(t, before[:2], after[:2])
	require.NotEqual(t, demo.Digest, after[2].Digest)
	blobs, err := os.ReadDir(root.Images("blobs", "sha256"))
	require.NoError(t, err)
	require.Len(t, blobs, 9, "manifest, config and layer of three images")
	for _, i := range after {
		require.True(t, s.whole(i), i.Ref())
	}
}

func TestAnImageWithADamagedBlobIsNotWhole(t *testing.T) {
	root := local.Root(t.TempDir())
	images := built(t, root)
	s, err := openStore(root)
	require.NoError(t, err)
	blobs, err := filepath.Glob(root.Images("blobs", "sha256", "*"))
	require.NoError(t, err)
	for _, b := range blobs {
		if info, err := os.Stat(b); err == nil && info.Size() > 2000 {
			require.NoError(t, os.Truncate(b, 1000))
		}
	}
	for _, i := range images {
		require.False(t, s.whole(i), i.Ref())
	}
}

func TestPushSendsOnlyWhatTheRegistryLacks(t *testing.T) {
	root := local.Root(t.TempDir())
	images := built(t, root)
	handler, err := registry.New(t.TempDir(), log.New(io.Discard, "", 0))
	require.NoError(t, err)
	uploads := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPatch {
			uploads++
		}
		handler.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1") // nothing listens there

	require.NoError(t, Push(context.Background(), root, nil, host, images))
	require.Equal(t, 6, uploads, "config and layer of three images")
	require.NoError(t, Push(context.Background(), root, nil, host, images))
	require.Equal(t, 6, uploads)
	for _, i := range images {
		ref, err := name.NewDigest(host + "/" + i.Ref())
		require.NoError(t, err)
		img, err := remote.Image(ref)
		require.NoError(t, err)
		layers, err := img.Layers()
		require.NoError(t, err)
		require.Len(t, layers, 1)
		content, err := layers[0].Compressed() // verifies its digest
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, content)
		require.NoError(t, err)
		require.NoError(t, content.Close())
	}
}

func TestLookupNamesWhatThereIs(t *testing.T) {
	root := local.Root(t.TempDir())
	_, err := Lookup(root, "demo", "")
	require.ErrorContains(t, err, `no image "demo" is built: run `+"`make images`")
	images := built(t, root)
	newest, err := Lookup(root, "demo", "")
	require.NoError(t, err)
	require.Equal(t, images[2], newest)
	old, err := Lookup(root, "demo", "v1.0.0")
	require.NoError(t, err)
	require.Equal(t, images[1], old)
	_, err = Lookup(root, "demo", "v3.0.0")
	require.EqualError(t, err, `no image demo of version "v3.0.0" is built: want one of v1.0.0, v2.0.0`)
}

func TestLayersHoldFilesOfNoOneAndNoTime(t *testing.T) {
	l, err := newLayer(contents(program(t, "content")))
	require.NoError(t, err)
	var archive bytes.Buffer
	require.NoError(t, l.write(&archive))
	require.Equal(t, []string{
		"tmp/ 1777 0 0 0 1970-01-01", "bin/ 755 0 0 0 1970-01-01", "bin/demo 755 0 0 7 1970-01-01",
	}, describe(t, &archive))
}
