package golang

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// options are the runtime options of Pulumi.yaml and PulumiPolicy.yaml:
//
//	runtime:
//	  name: go
//	  options:
//	    buildTarget: bin/program
type options struct {
	// binary is a program built beforehand; nothing is compiled.
	binary string
	// buildTarget is where the compiled program is written and kept.
	buildTarget string
}

// parseOptions reads the options, ignoring those it does not know, as the
// official host does. `binary` and `buildTarget` exclude each other.
func parseOptions(raw map[string]any) (options, error) {
	var o options
	for name, field := range map[string]*string{"binary": &o.binary, "buildTarget": &o.buildTarget} {
		value, ok := raw[name]
		if !ok {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return options{}, fmt.Errorf("%s is %v, want a path", name, value)
		}
		*field = text
	}
	if o.binary != "" && o.buildTarget != "" {
		return options{}, fmt.Errorf("binary %q and buildTarget %q exclude each other: keep binary to run a program built beforehand, or buildTarget to have it built there",
			o.binary, o.buildTarget)
	}
	return o, nil
}

// mainPackage is the directory of the package to build. The entry point is a
// file or directory relative to the program's directory, often just ".".
func mainPackage(directory, entryPoint string) string {
	path := filepath.Join(directory, entryPoint)
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

// findBinary locates the program that the option `binary` names: a path
// relative to the program's directory, or a name on PATH.
func findBinary(directory, binary string) (string, error) {
	candidates := []string{binary}
	if !filepath.IsAbs(binary) {
		candidates = []string{filepath.Join(directory, binary)}
		if filepath.Base(binary) == binary {
			for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
				if filepath.IsAbs(dir) {
					candidates = append(candidates, filepath.Join(dir, binary))
				}
			}
		}
	}
	found := slices.IndexFunc(candidates, executable)
	if found < 0 {
		return "", fmt.Errorf("runtime option binary: no executable %q in %s or on PATH; build it first, or use the option buildTarget to have it built", binary, directory)
	}
	return candidates[found], nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
