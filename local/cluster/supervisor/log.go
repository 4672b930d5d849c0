package supervisor

import (
	"io"
	"os"
	"path/filepath"
	"sync"
)

// logSize is how much a log may hold, in bytes, before it becomes <name>.1
// and a new one begins: at most twice as much is kept.
const logSize = 32 << 20

// logFile is a log that rotates. A log that cannot be written must not stop
// a cluster, so its errors end here.
type logFile struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
	// limit replaces logSize if positive.
	limit int64
}

// Write never fails and never writes a part of p to each of two files.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.limit
	if limit <= 0 {
		limit = logSize
	}
	if l.file == nil {
		l.open()
	}
	if l.file != nil && l.size > 0 && l.size+int64(len(p)) > limit {
		l.file.Close()
		l.file = nil
		_ = os.Rename(l.path, l.path+".1")
		l.open()
	}
	if l.file != nil {
		n, _ := l.file.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

func (l *logFile) open() {
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	l.file, l.size = file, 0
	if info, err := file.Stat(); err == nil {
		l.size = info.Size()
	}
}

// copy takes a process's output until it ends, or until the reader is closed.
func (l *logFile) copy(r io.Reader) { _, _ = io.Copy(l, r) }

func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
