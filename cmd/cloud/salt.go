package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"live-omega/local/layout"
)

// Pulumi writes the line when it makes a stack. The salt belongs to the
// passphrase: neither is of use without the other.
var (
	saltLine   = regexp.MustCompile(`(?m)^encryptionsalt: .*\n?`)
	secureLine = regexp.MustCompile(`(?m)^\s*secure:|[{,]\s*secure:`)
)

// stackFiles are the local stacks' config files with their content.
func (c clone) stackFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, stage := range localStacks {
		for _, name := range stage {
			path := c.root.Path("Pulumi." + name + ".yaml")
			content, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("reading stack config: %w", err)
			}
			files[path] = content
		}
	}
	return files, nil
}

// saltedFiles names the stack files that hold a salt.
func (c clone) saltedFiles() ([]string, error) {
	files, err := c.stackFiles()
	if err != nil {
		return nil, err
	}
	var salted []string
	for path, content := range files {
		if saltLine.Match(content) {
			salted = append(salted, filepath.Base(path))
		}
	}
	return salted, nil
}

// shareSalt gives the salt of one stack to those that have none yet, before
// Pulumi makes one for each. Under one passphrase the salts then lead to one
// key: the edge, which reads three states, derives it once instead of three
// times, and that is a quarter of a second of CPU each.
func (c clone) shareSalt() error {
	files, err := c.stackFiles()
	if err != nil {
		return err
	}
	var salt []byte
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if salt = saltLine.Find(files[path]); salt != nil {
			break
		}
	}
	if salt == nil {
		return nil
	}
	for path, content := range files {
		if saltLine.Match(content) {
			continue
		}
		content = append(bytes.TrimRight(content, "\n"), '\n')
		if err := layout.WriteFile(path, append(content, salt...), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// removeState removes .local, and the salts with the passphrase that lies
// there. Both stay while a config file holds a value that only they can read.
func (c clone) removeState() error {
	files, err := c.stackFiles()
	if err != nil {
		return err
	}
	for path, content := range files {
		if secureLine.Match(content) {
			c.log.Printf("%s holds a secure: value: its salt and %s are kept", filepath.Base(path), c.root.Passphrase())
			return c.removeLocal(filepath.Base(c.root.Passphrase()))
		}
	}
	if err := c.removeLocal(""); err != nil {
		return err
	}
	for path, content := range files {
		if err := layout.WriteFile(path, saltLine.ReplaceAll(content, nil), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// removeLocal removes .local, or all in it but one name.
func (c clone) removeLocal(keep string) error {
	if keep == "" {
		return os.RemoveAll(c.root.Local())
	}
	entries, err := os.ReadDir(c.root.Local())
	if err != nil {
		return fmt.Errorf("removing .local: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == keep {
			continue
		}
		if err := os.RemoveAll(c.root.Local(entry.Name())); err != nil {
			return fmt.Errorf("removing .local: %w", err)
		}
	}
	return nil
}
