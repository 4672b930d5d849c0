package progress

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func logAt(clock *time.Time, live bool) (*Log, *bytes.Buffer) {
	out := &bytes.Buffer{}
	return &Log{out: out, live: live, width: 40, now: func() time.Time { return *clock }}, out
}

func TestPlainOutputHasOneLineAtTheStartAndOneAtTheEnd(t *testing.T) {
	clock := time.Unix(0, 0)
	log, out := logAt(&clock, false)
	task := log.Start("live: etcd")
	task.Update("waiting")
	clock = clock.Add(1234 * time.Millisecond)
	task.Done("ready")
	failing := log.Start("omega: etcd")
	clock = clock.Add(90 * time.Second)
	failing.Fail(errors.New("port 2379 is taken"))
	assert.Equal(t, "  live: etcd ...\n✓ live: etcd (1.2s): ready\n  omega: etcd ...\n✗ omega: etcd (1m30s): port 2379 is taken\n", out.String())
}

func TestATaskEndsOnce(t *testing.T) {
	clock := time.Unix(0, 0)
	log, out := logAt(&clock, false)
	task := log.Start("build")
	task.Fail(errors.New("first"))
	task.Done("second")
	assert.Equal(t, 1, strings.Count(out.String(), "build (0s)"))
	assert.NotContains(t, out.String(), "second")
}

func TestLiveLinesAreErasedBeforeTheyAreDrawnAgain(t *testing.T) {
	clock := time.Unix(0, 0)
	log, out := logAt(&clock, true)
	one, two := log.Start("one"), log.Start("two")
	one.Done("")
	two.Done("")
	const erase1, erase2 = "\x1b[1A\x1b[J", "\x1b[2A\x1b[J"
	assert.Equal(t, 1, strings.Count(out.String(), erase2), "two lines were on the screen when the first task ended")
	assert.True(t, strings.HasSuffix(out.String(), erase1+"✓ two (0s)\n"), "nothing is redrawn after the last task: %q", out.String())
}

func TestALiveLineNeverWraps(t *testing.T) {
	assert.Equal(t, "abcd…", truncate("abcdefgh", 5))
	assert.Equal(t, "a b", truncate("a\nb", 5))
}

func TestTheNilLogIsQuiet(t *testing.T) {
	var log *Log
	task := log.Start("x")
	task.Update("y")
	task.Done("z")
	log.Printf("nothing")
}
