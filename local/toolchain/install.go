package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"live-omega/local/layout"
	"live-omega/local/progress"
)

// policyFile is asked by Debian's packages, while they are being installed,
// whether they may start their services; code 101 forbids it.
const policyFile = "/usr/sbin/policy-rc.d"

// InstallPrerequisites installs the Debian packages that bring what is missing,
// and nothing where apt-get is not there. The error is what is left, as a
// MissingError, or why the installation failed.
//
// The packages' own services (a system-wide containerd) are not started: each
// local cluster runs its own.
func InstallPrerequisites(ctx context.Context, root layout.Root, log *progress.Log, missing MissingError) error {
	packages := missing.Packages()
	apt := lookCommand("apt-get")
	if len(missing) == 0 || len(packages) > 0 && (apt == "" || os.Geteuid() != 0) {
		return orNil(missing)
	}
	if len(packages) > 0 {
		task := log.Start("installing " + strings.Join(packages, ", "))
		err := aptInstall(ctx, root, apt, packages)
		task.End(err)
		if err != nil {
			return err
		}
	}
	var rest MissingError
	for _, m := range missing {
		if len(m.Packages) == 0 && !m.kernel {
			rest = append(rest, m)
		}
	}
	// What the packages brought is asked for again, and what could not be tried
	// without them is tried now.
	m := ThisMachine()
	rest = append(rest, m.commandsMissing()...)
	if len(packages) > 0 && m.UserID == 0 {
		rest = append(rest, m.kernelMissing(ctx)...)
	}
	return orNil(rest)
}

func orNil(missing MissingError) error {
	if len(missing) == 0 {
		return nil
	}
	return missing
}

func aptInstall(ctx context.Context, root layout.Root, apt string, packages []string) (err error) {
	allow, err := forbidServices(policyFile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, allow()) }()
	install := append([]string{"install", "-y", "-q", "--no-install-recommends"}, packages...)
	// The lists may be missing or old; fetching them is only worth it then.
	if err := aptGet(ctx, root, apt, install...); err == nil || ctx.Err() != nil {
		return err
	}
	if err := aptGet(ctx, root, apt, "update", "-q"); err != nil {
		return err
	}
	return aptGet(ctx, root, apt, install...)
}

func aptGet(ctx context.Context, root layout.Root, apt string, args ...string) error {
	logPath := root.Logs("apt.log")
	if err := os.MkdirAll(filepath.Dir(logPath), 0o755); err != nil {
		return fmt.Errorf("running apt-get: %w", err)
	}
	logFile, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("running apt-get: %w", err)
	}
	defer logFile.Close()
	cmd := exec.CommandContext(ctx, apt, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = logFile, logFile
	// dpkg must not be killed half way: it is asked to stop.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w; its output is in %s", strings.Join(args, " "), err, logPath)
	}
	return nil
}

// forbidServices puts a policy in place for the time of an installation. A
// policy of the machine's owner is left as it is.
func forbidServices(path string) (allow func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, os.ErrExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keeping packages from starting services: %w", err)
	}
	_, err = f.WriteString("#!/bin/sh\nexit 101\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("keeping packages from starting services: %w", err), os.Remove(path))
	}
	return func() error { return os.Remove(path) }, nil
}
