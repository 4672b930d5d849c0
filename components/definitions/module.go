package definitions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// Module is where definitions come from.
type Module struct {
	// Path of the Go module.
	Path string
	// Version and Sum pin a module that is not in go.mod: because nothing of it is compiled, and its
	// dependencies would meet ours. Sum is the hash of its files as in a go.sum, "h1:...". Both are empty
	// for a module that go.mod and go.sum pin.
	Version, Sum string
	// Files are a pattern below the module's folder; each file holds one definition.
	Files string
}

// Read reads the definitions of a module, sorted by file name, without the descriptions in their schemas.
func Read(ctx context.Context, module Module) ([]Definition, error) {
	folder, err := module.folder(ctx)
	if err != nil {
		return nil, err
	}
	return read(filepath.Join(folder, module.Files))
}

// folder asks the go command for the module's folder. It downloads the module where that is still to be
// done, and verifies it.
func (m Module) folder(ctx context.Context) (string, error) {
	query := m.Path
	if m.Version != "" {
		query += "@" + m.Version
	}
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", query)
	if m.Version != "" {
		// Outside of every module, so that the program's go.mod and go.sum neither matter nor change.
		command.Dir = os.TempDir()
		command.Env = append(command.Environ(), "GOWORK=off")
	}
	out, err := command.Output()
	var info struct{ Dir, Sum, Error string }
	if decodeErr := yaml.Unmarshal(out, &info); decodeErr == nil && info.Error != "" {
		return "", fmt.Errorf("downloading module %s: %s", query, info.Error)
	}
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return "", fmt.Errorf("go mod download %s: %w: %s", query, err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("go mod download %s: %w; is the go command on PATH?", query, err)
	}
	if info.Dir == "" {
		return "", fmt.Errorf("go mod download %s named no folder", query)
	}
	if m.Sum != "" && info.Sum != m.Sum {
		return "", fmt.Errorf("module %s has the hash %s, want %s: these are not the files that were reviewed", query, info.Sum, m.Sum)
	}
	return info.Dir, nil
}
