package images

import (
	"archive/tar"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user owns nothing and runs everything, as "nonroot" does in other people's
// minimal images.
const user = 65532

// epoch is the time of every file and of the image itself. A build's real time
// would be another digest each time.
var epoch = time.Unix(0, 0).UTC()

// file is one entry of an image: a copy of Source, or an empty folder where
// Source is empty.
type file struct {
	// Path in the image, absolute.
	Path   string
	Source string
	Mode   int64
}

// layer is a tar archive made of files each time it is read, so that it is
// never held in memory. It is not compressed: compressors may give other bytes
// in their next version, and between two processes on one machine compressing
// only costs time.
type layer struct {
	files []file
	hash  v1.Hash
	size  int64
}

// newLayer reads the files once, to know their digest.
func newLayer(files []file) (*layer, error) {
	l := &layer{files: files}
	h := sha256.New()
	counter := &counting{w: h}
	if err := l.write(counter); err != nil {
		return nil, err
	}
	l.hash = v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", h.Sum(nil))}
	l.size = counter.n
	return l, nil
}

type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (l *layer) write(w io.Writer) error {
	archive := tar.NewWriter(w)
	made := map[string]bool{"/": true, ".": true}
	for _, f := range l.files {
		if err := folders(archive, path.Dir(f.Path), made); err != nil {
			return err
		}
		if err := f.write(archive); err != nil {
			return fmt.Errorf("packing %s: %w", f.Path, err)
		}
	}
	return archive.Close()
}

// folders writes the entries of parent folders, which some unpackers would
// otherwise make with a mode and time of their own.
func folders(archive *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := folders(archive, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	return file{Path: dir, Mode: 0o755}.write(archive)
}

func (f file) write(archive *tar.Writer) error {
	header := &tar.Header{Name: f.Path[1:], Mode: f.Mode, ModTime: epoch, Format: tar.FormatPAX}
	if f.Source == "" {
		header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
		return archive.WriteHeader(header)
	}
	source, err := os.Open(f.Source)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	header.Typeflag, header.Size = tar.TypeReg, info.Size()
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, source)
	return err
}

// The methods of v1.Layer. Compressed and uncompressed are the same bytes.

func (l *layer) Digest() (v1.Hash, error)             { return l.hash, nil }
func (l *layer) DiffID() (v1.Hash, error)             { return l.hash, nil }
func (l *layer) Size() (int64, error)                 { return l.size, nil }
func (l *layer) MediaType() (types.MediaType, error)  { return types.OCIUncompressedLayer, nil }
func (l *layer) Compressed() (io.ReadCloser, error)   { return l.open(), nil }
func (l *layer) Uncompressed() (io.ReadCloser, error) { return l.open(), nil }

func (l *layer) open() io.ReadCloser {
	r, w := io.Pipe()
	// A reader that stops early closes r, which ends the writing.
	go func() { w.CloseWithError(l.write(w)) }()
	return r
}
