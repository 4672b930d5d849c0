package images

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// describe lists an archive: name, mode, owner, group, size, day.
func describe(t *testing.T, archive io.Reader) []string {
	t.Helper()
	var entries []string
	reader := tar.NewReader(archive)
	for {
		h, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		require.NoError(t, err)
		entries = append(entries, fmt.Sprintf("%s %o %d %d %d %s", h.Name, h.Mode, h.Uid, h.Gid, h.Size, h.ModTime.UTC().Format(time.DateOnly)))
	}
}
