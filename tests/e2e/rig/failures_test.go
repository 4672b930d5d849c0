package rig

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const verbose = `=== RUN   TestCloud
=== RUN   TestCloud/fine
    cases_test.go:39: a promise
=== RUN   TestCloud/broken_a
    cases_test.go:39: another promise
    moving_test.go:90: 
        	Error Trace:	/src/moving_test.go:90
        	Error:      	Should be zero, but was 3
        	Test:       	TestCloud/broken_a
        	Messages:   	lost requests
    pulumi.go:115: pulumi up -s edge: 5.0 s
=== RUN   TestCloud/broken_b
    x_test.go:1: said without an assertion
        over two lines
--- FAIL: TestCloud (9.00s)
    --- PASS: TestCloud/fine (1.00s)
    --- FAIL: TestCloud/broken_a (5.00s)
    --- FAIL: TestCloud/broken_b (3.00s)
FAIL
`

const summary = `
What failed, once more:
--- TestCloud/broken_a (5.00s)
    moving_test.go:90: 
        	Error Trace:	/src/moving_test.go:90
        	Error:      	Should be zero, but was 3
        	Test:       	TestCloud/broken_a
        	Messages:   	lost requests
--- TestCloud/broken_b (3.00s)
`

func TestTheSummaryHasEveryFailedCaseWithItsAssertions(t *testing.T) {
	// In pieces of every size, as a pipe delivers them.
	for _, size := range []int{1, 7, len(verbose)} {
		failures := &Failures{}
		for text := verbose; text != ""; {
			n := min(size, len(text))
			written, err := failures.Write([]byte(text[:n]))
			require.NoError(t, err)
			require.Equal(t, n, written)
			text = text[n:]
		}
		assert.Equal(t, summary, failures.String())
	}
}

func TestNothingIsSaidWhenNothingFailed(t *testing.T) {
	failures := &Failures{}
	_, err := failures.Write([]byte("=== RUN   TestCloud\n--- PASS: TestCloud (9.00s)\nPASS\n"))
	require.NoError(t, err)
	assert.Empty(t, failures.String())
}

type fakeTests struct{}

func (fakeTests) Run() int {
	fmt.Print(verbose)
	return 1
}

func TestTheSummaryIsTheLastThingPrinted(t *testing.T) {
	stdout := os.Stdout
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer file.Close()
	os.Stdout = file
	code := Main(fakeTests{})
	os.Stdout = stdout
	assert.Equal(t, 1, code)
	printed, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.Equal(t, verbose+summary, string(printed))
}
