package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"live-omega/local/layout"
)

// link is what is kept for a tag or digest of a repository: which blob is its
// manifest, and under which media type it was pushed.
type link struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
}

// store keeps manifests on disk: their bytes among the blobs, and a link per
// repository and reference.
type store struct{ dir string }

func (s store) blobs() string { return filepath.Join(s.dir, "blobs") }

func (s store) blob(digest string) string {
	return filepath.Join(s.blobs(), "sha256", strings.TrimPrefix(digest, "sha256:"))
}

// links is apart from blobs so that no repository's name can meet them.
func (s store) links() string { return filepath.Join(s.dir, "manifests") }

// linkPath has a suffix: a repository "a" with tag "b" and a repository "a/b"
// may both exist.
func (s store) linkPath(repo, reference string) string {
	return filepath.Join(s.links(), filepath.FromSlash(repo), strings.ReplaceAll(reference, ":", "=")+".json")
}

// put stores a manifest under its digest and the given reference. The bytes
// come first: a link never leads to nothing, also after a crash.
func (s store) put(repo, reference, mediaType string, manifest []byte) error {
	sum := sha256.Sum256(manifest)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if err := layout.WriteFile(s.blob(digest), manifest, 0o644); err != nil {
		return fmt.Errorf("storing manifest %s of %s: %w", reference, repo, err)
	}
	content, err := json.Marshal(link{MediaType: mediaType, Digest: digest})
	if err != nil {
		return fmt.Errorf("storing manifest %s of %s: %w", reference, repo, err)
	}
	for _, r := range []string{digest, reference} {
		if err := layout.WriteFile(s.linkPath(repo, r), content, 0o644); err != nil {
			return fmt.Errorf("storing manifest %s of %s: %w", reference, repo, err)
		}
	}
	return nil
}

func (s store) remove(repo, reference string) error {
	if err := os.Remove(s.linkPath(repo, reference)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing manifest %s of %s: %w", reference, repo, err)
	}
	return nil
}

// stored is one link with the manifest it leads to.
type stored struct {
	repo, reference string
	link
	manifest []byte
}

// replay gives every stored manifest to a handler that keeps them in memory.
// What cannot be read is told to complain and left out: one damaged file must
// not keep every image from being pulled.
func (s store) replay(handler http.Handler, complain func(error)) (int, error) {
	pending, err := s.load(complain)
	if err != nil {
		return 0, err
	}
	count := 0
	// The handler takes an index only after all that it lists, so rounds are
	// made until nothing more is taken.
	for len(pending) > 0 {
		var refused []stored
		for _, m := range pending {
			if putManifest(handler, m) {
				count++
			} else {
				refused = append(refused, m)
			}
		}
		if len(refused) == len(pending) {
			for _, m := range refused {
				complain(fmt.Errorf("manifest %s of %s lists what is not there: push it again", m.reference, m.repo))
			}
			break
		}
		pending = refused
	}
	return count, nil
}

func (s store) load(complain func(error)) ([]stored, error) {
	var all []stored
	err := filepath.WalkDir(s.links(), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".json") {
			return err
		}
		rel, err := filepath.Rel(s.links(), file)
		if err != nil {
			return err
		}
		m := stored{repo: path.Dir(filepath.ToSlash(rel)), reference: strings.ReplaceAll(strings.TrimSuffix(path.Base(rel), ".json"), "=", ":")}
		content, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(content, &m.link)
		}
		if err == nil {
			_, err = v1.NewHash(m.Digest)
		}
		if err == nil {
			m.manifest, err = os.ReadFile(s.blob(m.Digest))
		}
		if err != nil {
			complain(fmt.Errorf("reading manifest %s of %s: %w: push it again", m.reference, m.repo, err))
			return nil
		}
		all = append(all, m)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading stored manifests: %w", err)
	}
	return all, nil
}

func putManifest(handler http.Handler, m stored) bool {
	req := httptest.NewRequest(http.MethodPut, "/v2/"+m.repo+"/manifests/"+m.reference, bytes.NewReader(m.manifest))
	req.Header.Set("Content-Type", m.MediaType)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, req)
	return answer.Code == http.StatusCreated
}
