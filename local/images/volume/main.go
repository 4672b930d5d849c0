// Command volume makes and removes the folder of a volume on a node. The
// local-path-provisioner runs it in its helper pod as setup and teardown
// command, in place of its default shell scripts, so that no image needs a
// shell.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// version is set by the image build.
var version string

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "volume %s: %v\n", version, err)
		os.Exit(1)
	}
}

// run takes the arguments that the provisioner gives to its commands:
// -p path, -s size in bytes, -m volume mode, -a create or delete.
func run(args []string) error {
	flags := flag.NewFlagSet("volume", flag.ContinueOnError)
	path := flags.String("p", "", "absolute path of the volume's folder")
	_ = flags.Int64("s", 0, "size in bytes; folders have no limit, so it is not used")
	mode := flags.String("m", "Filesystem", "volume mode; only Filesystem can be served by a folder")
	action := flags.String("a", "", "create or delete")
	if err := flags.Parse(args); err != nil {
		return err
	}
	clean := filepath.Clean(*path)
	// The folder of all volumes must never be what is removed.
	if !filepath.IsAbs(*path) || filepath.Dir(clean) == "/" || clean == "/" {
		return fmt.Errorf("-p %q: want an absolute path at least two levels deep", *path)
	}
	switch *action {
	case "create":
		if *mode != "Filesystem" {
			return fmt.Errorf("-m %q: a folder can only be a volume of mode Filesystem", *mode)
		}
		return create(clean)
	case "delete":
		if err := os.RemoveAll(clean); err != nil {
			return fmt.Errorf("removing the volume: %w", err)
		}
		return nil
	default:
		return fmt.Errorf("-a %q: want create or delete", *action)
	}
}

// create makes a folder that pods of any user may write to, since a folder
// knows nothing of fsGroup. A chmod follows: mkdir's mode is cut by the umask.
func create(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return fmt.Errorf("making the volume: %w", err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		return fmt.Errorf("opening the volume to all users: %w", err)
	}
	return nil
}
