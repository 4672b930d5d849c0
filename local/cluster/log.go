package cluster

import (
	"fmt"
	"os"
	"strings"
)

// tailLines and tailBytes bound what is quoted from a log.
const (
	tailLines = 8
	tailBytes = 16 << 10
)

// tail quotes the end of a log for an error message.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "it left no log at " + path
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "its log " + path + " cannot be read"
	}
	buffer := make([]byte, min(info.Size(), tailBytes))
	n, _ := f.ReadAt(buffer, info.Size()-int64(len(buffer)))
	lines := strings.Split(strings.TrimSpace(string(buffer[:n])), "\n")
	lines = lines[max(0, len(lines)-tailLines):]
	return fmt.Sprintf("the end of %s:\n    %s", path, strings.Join(lines, "\n    "))
}
