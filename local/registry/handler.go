package registry

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxManifest is the largest manifest that is taken, in bytes; the
// distribution specification recommends 4 MiB.
const maxManifest = 4 << 20

// New is an OCI registry whose images outlive it, kept in dir. Manifests, tags
// and the catalogue are answered by go-containerregistry's registry, which
// holds them in memory; here they are written down before the client hears that
// they are taken. Blobs go to and from the disk without passing through memory:
// the library's own uploads are collected there.
func New(dir string, logger *log.Logger) (http.Handler, error) {
	s := store{dir: dir}
	if err := os.MkdirAll(s.blobs(), 0o755); err != nil {
		return nil, fmt.Errorf("preparing the registry: %w", err)
	}
	uploads, err := newUploads(s, logger)
	if err != nil {
		return nil, err
	}
	quiet := log.New(io.Discard, "", 0)
	inner := registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(s.blobs())), registry.Logger(quiet))
	count, err := s.replay(inner, func(err error) { logger.Print(err) })
	if err != nil {
		return nil, err
	}
	logger.Printf("serving %d manifests from %s", count, dir)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !cleanPath(req.URL.Path) {
			fail(w, http.StatusBadRequest, "NAME_INVALID", "the path has empty or relative elements")
			return
		}
		if repo, reference, ok := cut(req.URL.Path, "/manifests/"); ok && req.Method != http.MethodGet && req.Method != http.MethodHead {
			s.changeManifest(w, req, inner, repo, reference, logger)
			return
		}
		if strings.HasSuffix(req.URL.Path, "/blobs/uploads") {
			req.URL.Path += "/"
		}
		if _, id, ok := cut(req.URL.Path, "/blobs/uploads/"); ok {
			uploads.serve(w, req, id)
			return
		}
		if _, digest, ok := cut(req.URL.Path, "/blobs/"); ok && (req.Method == http.MethodGet || req.Method == http.MethodHead) {
			s.serveBlob(w, req, digest)
			return
		}
		inner.ServeHTTP(w, req)
	}), nil
}

// cleanPath keeps names from climbing out of the registry's folder.
func cleanPath(path string) bool {
	for element := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if element == "." || element == ".." || element == "" && path != "/" || strings.ContainsAny(element, "\\\x00") {
			return false
		}
	}
	return true
}

// cut splits /v2/<repository>/manifests/<reference> and the like.
func cut(path, middle string) (repo, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, "/v2/")
	if !ok {
		return "", "", false
	}
	i := strings.LastIndex(path, middle)
	if i <= 0 {
		return "", "", false
	}
	return path[:i], path[i+len(middle):], true
}

// serveBlob sends a blob, or the range of it that a resumed pull asks for.
func (s store) serveBlob(w http.ResponseWriter, req *http.Request, digest string) {
	h, err := v1.NewHash(digest)
	if err != nil || h.Algorithm != "sha256" {
		fail(w, http.StatusBadRequest, "DIGEST_INVALID", "want sha256 and 64 hexadecimal digits")
		return
	}
	f, err := os.Open(s.blob(h.String()))
	if err != nil {
		fail(w, http.StatusNotFound, "BLOB_UNKNOWN", "no blob "+h.String())
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Docker-Content-Digest", h.String())
	http.ServeContent(w, req, "", time.Time{}, f)
}

// changeManifest takes or removes a manifest. The registry behind decides
// whether it is acceptable; its answer is held back until the disk agrees.
func (s store) changeManifest(w http.ResponseWriter, req *http.Request, inner http.Handler, repo, reference string, logger *log.Logger) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxManifest))
	if err != nil {
		fail(w, http.StatusRequestEntityTooLarge, "MANIFEST_INVALID", err.Error())
		return
	}
	answer := newHeld()
	inner.ServeHTTP(answer, withBody(req, body))
	switch {
	case req.Method == http.MethodPut && answer.code == http.StatusCreated:
		err = s.put(repo, reference, req.Header.Get("Content-Type"), body)
	case req.Method == http.MethodDelete && answer.code == http.StatusAccepted:
		err = s.remove(repo, reference)
	}
	if err != nil {
		logger.Print(err)
		fail(w, http.StatusInternalServerError, "UNKNOWN", err.Error())
		return
	}
	answer.release(w)
}
