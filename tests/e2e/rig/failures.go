package rig

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Main runs the tests and then says again what failed and why, as the last
// thing that is printed: many minutes of log lie between a broken promise and
// the end, and often only the end is kept.
func Main(tests interface{ Run() int }) int {
	stdout := os.Stdout
	read, write, err := os.Pipe()
	if err != nil {
		fmt.Fprintf(os.Stderr, "cannot listen to the tests: %v\n", err)
		return tests.Run()
	}
	os.Stdout = write
	failures := &Failures{}
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.MultiWriter(stdout, failures), read)
		copied <- err
	}()
	code := tests.Run()
	os.Stdout = stdout
	write.Close()
	if err := <-copied; err != nil {
		fmt.Fprintf(os.Stderr, "listening to the tests: %v\n", err)
	}
	fmt.Fprint(stdout, failures)
	return code
}

// Failures picks from the output of `go test -v`, which is written to it, the
// tests that failed and what their assertions said.
type Failures struct {
	rest []byte
	// entry is the entry of the log that is being read.
	entry []string
	// said are the assertions by test, failed the tests with how long they took.
	said   map[string][]string
	failed []string
}

var (
	logged     = regexp.MustCompile(`^    \S+\.go:\d+: `)
	failedTest = regexp.MustCompile(`^\s*--- FAIL: ((\S+) \(.*\))`)
	testOf     = regexp.MustCompile(`^\s+Test:\s+(\S.*)$`)
)

func (f *Failures) Write(text []byte) (int, error) {
	f.rest = append(f.rest, text...)
	for {
		line, rest, ok := bytes.Cut(f.rest, []byte("\n"))
		if !ok {
			return len(text), nil
		}
		f.read(string(line))
		f.rest = rest
	}
}

// read takes a line. An entry of the log begins with the place in the source
// and goes on with deeper lines.
func (f *Failures) read(line string) {
	switch {
	case len(f.entry) > 0 && strings.HasPrefix(line, "        "):
		f.entry = append(f.entry, line)
		return
	case logged.MatchString(line):
		f.close()
		f.entry = []string{line}
		return
	}
	f.close()
	if match := failedTest.FindStringSubmatch(line); match != nil {
		f.failed = append(f.failed, match[1])
	}
}

// close keeps the entry that was being read, if an assertion wrote it.
func (f *Failures) close() {
	entry := f.entry
	f.entry = nil
	if !slices.ContainsFunc(entry, func(line string) bool { return strings.Contains(line, "Error Trace:") }) {
		return
	}
	for _, line := range entry {
		if match := testOf.FindStringSubmatch(line); match != nil {
			if f.said == nil {
				f.said = map[string][]string{}
			}
			f.said[match[1]] = append(f.said[match[1]], strings.Join(entry, "\n"))
			return
		}
	}
}

// String is the summary, empty when nothing failed.
func (f *Failures) String() string {
	if len(f.failed) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nWhat failed, once more:\n")
	for _, test := range f.failed {
		name, _, _ := strings.Cut(test, " ")
		said := f.said[name]
		if len(said) == 0 && f.hasPart(name) {
			continue
		}
		fmt.Fprintf(&b, "--- %s\n", test)
		for _, entry := range said {
			b.WriteString(entry + "\n")
		}
	}
	return b.String()
}

// hasPart says that a subtest failed: what its parent has to say is that.
func (f *Failures) hasPart(name string) bool {
	return slices.ContainsFunc(f.failed, func(test string) bool { return strings.HasPrefix(test, name+"/") })
}
