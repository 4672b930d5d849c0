package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// uploads takes blobs straight to disk: each upload is a file that grows with
// its PATCH requests and becomes a blob with its last PUT. Nothing but a
// copying buffer is held in memory.
type uploads struct {
	store store
	dir   string
	log   *log.Logger

	mu   sync.Mutex
	busy map[string]bool
}

// newUploads drops what a stopped registry left half uploaded: clients begin
// an upload anew.
func newUploads(s store, logger *log.Logger) (*uploads, error) {
	u := &uploads{store: s, dir: filepath.Join(s.dir, "uploads"), log: logger, busy: map[string]bool{}}
	if err := os.RemoveAll(u.dir); err != nil {
		return nil, fmt.Errorf("dropping unfinished uploads: %w", err)
	}
	for _, dir := range []string{u.dir, filepath.Join(s.blobs(), "sha256")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, fmt.Errorf("preparing for uploads: %w", err)
		}
	}
	return u, nil
}

func (u *uploads) serve(w http.ResponseWriter, req *http.Request, id string) {
	if req.Method == http.MethodPost && id == "" {
		u.begin(w, req)
		return
	}
	// Ids are made here and have one form; anything else was made up.
	if _, err := hex.DecodeString(id); err != nil || len(id) != 32 {
		fail(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "no such upload")
		return
	}
	if !u.claim(id) {
		fail(w, http.StatusConflict, "BLOB_UPLOAD_INVALID", "the upload is being written by another request")
		return
	}
	defer u.free(id)
	switch req.Method {
	case http.MethodPatch:
		u.extend(w, req, id)
	case http.MethodPut:
		u.finish(w, req, id)
	case http.MethodGet:
		u.tell(w, req, id, http.StatusNoContent)
	case http.MethodDelete:
		if err := os.Remove(u.path(id)); err != nil {
			u.failed(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "uploads know POST, PATCH, PUT, GET and DELETE")
	}
}

func (u *uploads) path(id string) string { return filepath.Join(u.dir, id) }

func (u *uploads) claim(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.busy[id] {
		return false
	}
	u.busy[id] = true
	return true
}

func (u *uploads) free(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.busy, id)
}

// begin starts an upload, or takes a whole blob at once if its digest is
// given, or answers at once if another repository has the blob: blobs are kept
// once for all repositories.
func (u *uploads) begin(w http.ResponseWriter, req *http.Request) {
	if mount := req.URL.Query().Get("mount"); mount != "" {
		if h, err := v1.NewHash(mount); err == nil {
			if _, err := os.Stat(u.store.blob(h.String())); err == nil {
				u.created(w, req, h)
				return
			}
		}
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	id := hex.EncodeToString(random[:])
	f, err := os.Create(u.path(id))
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		u.failed(w, err)
		return
	}
	if req.URL.Query().Get("digest") != "" {
		u.finish(w, req, id)
		return
	}
	u.tell(w, req, id, http.StatusAccepted)
}

// tell says where an upload goes on and how much of it is there.
func (u *uploads) tell(w http.ResponseWriter, req *http.Request, id string, status int) {
	info, err := os.Stat(u.path(id))
	if err != nil {
		u.failed(w, err)
		return
	}
	repo, _, _ := cut(req.URL.Path, "/blobs/uploads/")
	w.Header().Set("Location", "/v2/"+repo+"/blobs/uploads/"+id)
	w.Header().Set("Docker-Upload-UUID", id)
	// The specification's Range names the last byte, so an empty upload has
	// the same as one of a single byte.
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(info.Size()-1, 0)))
	w.WriteHeader(status)
}

func (u *uploads) extend(w http.ResponseWriter, req *http.Request, id string) {
	if err := u.write(req, id); err != nil {
		u.failed(w, err)
		return
	}
	u.tell(w, req, id, http.StatusAccepted)
}

// errRange is a chunk that does not follow what is there.
var errRange = errors.New("the chunk's Content-Range does not begin where the upload ends")

func (u *uploads) write(req *http.Request, id string) error {
	f, err := os.OpenFile(u.path(id), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if chunk := req.Header.Get("Content-Range"); chunk != "" {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		var first, last int64
		if _, err := fmt.Sscanf(chunk, "%d-%d", &first, &last); err != nil || first != info.Size() {
			return fmt.Errorf("%w: %q after %d bytes", errRange, chunk, info.Size())
		}
	}
	if _, err := io.Copy(f, req.Body); err != nil {
		return err
	}
	return f.Close()
}

// finish takes the last bytes and makes the upload a blob if it has the digest
// that the client says.
func (u *uploads) finish(w http.ResponseWriter, req *http.Request, id string) {
	want, err := v1.NewHash(req.URL.Query().Get("digest"))
	if err != nil || want.Algorithm != "sha256" {
		fail(w, http.StatusBadRequest, "DIGEST_INVALID", "want a query digest=sha256:...")
		return
	}
	if err := u.write(req, id); err != nil {
		u.failed(w, err)
		return
	}
	got, err := digest(u.path(id))
	if err != nil {
		u.failed(w, err)
		return
	}
	if got != want.Hex {
		err := os.Remove(u.path(id))
		fail(w, http.StatusBadRequest, "DIGEST_INVALID", fmt.Sprintf("got sha256:%s, want %s", got, want))
		if err != nil {
			u.log.Printf("dropping an upload: %v", err)
		}
		return
	}
	if err := os.Rename(u.path(id), u.store.blob(want.String())); err != nil {
		u.failed(w, err)
		return
	}
	u.created(w, req, want)
}

func (u *uploads) created(w http.ResponseWriter, req *http.Request, h v1.Hash) {
	repo, _, _ := cut(req.URL.Path, "/blobs/uploads/")
	w.Header().Set("Location", "/v2/"+repo+"/blobs/"+h.String())
	w.Header().Set("Docker-Content-Digest", h.String())
	w.WriteHeader(http.StatusCreated)
}

func (u *uploads) failed(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fail(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "no such upload: begin again")
	case errors.Is(err, errRange):
		fail(w, http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", err.Error())
	default:
		u.log.Printf("upload: %v", err)
		fail(w, http.StatusInternalServerError, "UNKNOWN", strings.ReplaceAll(err.Error(), u.store.dir, "."))
	}
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
