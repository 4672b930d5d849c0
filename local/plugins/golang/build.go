package golang

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// slowBuild is how long a build may take before the user is told about it.
const slowBuild = time.Second

// buildCommand leaves the repository's revision out of the binary: with it, every
// commit and every edit of a config file would relink the program.
var buildCommand = []string{"build", "-trimpath", "-buildvcs=false"}

// builder compiles programs. The output is kept between runs: Go relinks a
// program (3 s for one with the Kubernetes SDK) unless the file it would write
// is there already and up to date.
type builder struct {
	processes *processes
	mu        sync.Mutex // one build at a time: two of the same target would race
}

// executable returns the path of the program, built when it has to be. report
// is called with what is going on when that takes long enough to wonder.
func (b *builder) executable(ctx context.Context, p program, report func(string)) (string, error) {
	if p.options.binary != "" {
		return findBinary(p.directory, p.options.binary)
	}
	target, err := buildTarget(p)
	if err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return target, b.build(ctx, p, target, report)
}

// build brings target up to date. The fingerprint is taken before compiling, so
// that an edit made meanwhile is noticed by the next run.
func (b *builder) build(ctx context.Context, p program, target string, report func(string)) error {
	record := target + ".inputs"
	if upToDate(record, p, target) {
		return nil
	}
	before, embeds, fingerprintErr := fingerprint(p, target)

	slow := time.AfterFunc(slowBuild, func() { report("Compiling the program ...") })
	defer slow.Stop()
	var output bytes.Buffer
	args := append(slices.Clone(buildCommand), "-o", target, ".")
	cmd := exec.Command("go", args...)
	cmd.Dir = p.pkg
	// Like -trimpath, this is how everything else of a clone is built: large
	// SDKs are compiled once and not once for each set of flags.
	if _, set := os.LookupEnv("CGO_ENABLED"); !set {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	cmd.Stdout, cmd.Stderr = &output, &output
	code, err := b.processes.run(ctx, cmd)
	if err != nil {
		return fmt.Errorf("compiling the program in %s: %w", p.pkg, err)
	}
	if code != 0 {
		return fmt.Errorf("the program in %s does not compile (go %s):\n%s", p.pkg, strings.Join(args, " "), strings.TrimRight(output.String(), "\n"))
	}
	if !slow.Stop() {
		report("Compiled the program")
	}

	if fingerprintErr != nil {
		// The inputs cannot be told apart cheaply: the next run compiles again,
		// which costs time and nothing else.
		_ = os.Remove(record)
		return nil
	}
	return before.save(record, embeds, target)
}

// buildTarget is where the program goes: where the option says, else a path in
// the user's cache that stays the same for the same program.
func buildTarget(p program) (string, error) {
	if target := p.options.buildTarget; target != "" {
		if !filepath.IsAbs(target) {
			target = filepath.Join(p.directory, target)
		}
		return target, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("choosing where to build the program (or set the runtime option buildTarget): %w", err)
	}
	sum := sha256.Sum256([]byte(p.pkg))
	name := filepath.Base(p.pkg) + "-" + hex.EncodeToString(sum[:8])
	target := filepath.Join(cache, "pulumi-language-go", name)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return "", fmt.Errorf("making the directory of the built program: %w", err)
	}
	return target, nil
}
