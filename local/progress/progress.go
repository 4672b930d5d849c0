// Package progress tells a person what long work is doing, how far it is and
// how long it has taken. A terminal gets one live line per running task;
// anything else gets plain lines, one when a task starts and one when it ends.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// redraw is how often a terminal's live lines are drawn anew.
const redraw = 200 * time.Millisecond

// Log shows tasks. Its methods and those of its tasks may be called from any
// goroutine. The nil Log shows nothing, so that quiet callers need no stand-in.
type Log struct {
	mu      sync.Mutex
	out     io.Writer
	live    bool // out is a terminal: running tasks are redrawn in place
	width   int
	drawn   int // live lines on the screen now
	running []*Task
	tick    *time.Ticker
	now     func() time.Time
}

// New returns a log that writes to out, live when out is a terminal that can
// move its cursor.
func New(out io.Writer) *Log {
	l := &Log{out: out, now: time.Now, width: 80}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		l.live = true
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			l.width = w
		}
	}
	return l
}

// Task is one piece of work on show.
type Task struct {
	log     *Log
	name    string
	state   string
	started time.Time
	ended   bool
}

// Start puts a task on show.
func (l *Log) Start(name string) *Task {
	if l == nil {
		return &Task{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &Task{log: l, name: name, started: l.now()}
	l.running = append(l.running, t)
	if !l.live {
		fmt.Fprintf(l.out, "  %s ...\n", name)
		return t
	}
	if l.tick == nil {
		l.tick = time.NewTicker(redraw)
		go l.animate(l.tick)
	}
	l.draw()
	return t
}

// Printf writes a line of its own above the running tasks.
func (l *Log) Printf(format string, args ...any) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	fmt.Fprintf(l.out, format+"\n", args...)
	l.draw()
}

// Update says what the task is doing now. Plain output leaves it out: a
// file should hold results, not frames of an animation.
func (t *Task) Update(format string, args ...any) {
	if t.log == nil {
		return
	}
	t.log.mu.Lock()
	defer t.log.mu.Unlock()
	t.state = fmt.Sprintf(format, args...)
}

// Done ends the task well; the detail may be empty. Only the first of Done
// and Fail counts.
func (t *Task) Done(format string, args ...any) { t.end("✓", fmt.Sprintf(format, args...)) }

// Fail ends the task with its error.
func (t *Task) Fail(err error) { t.end("✗", err.Error()) }

// End is Done or Fail by err, for a deferred call.
func (t *Task) End(err error) {
	if err != nil {
		t.Fail(err)
		return
	}
	t.Done("")
}

func (t *Task) end(mark, detail string) {
	l := t.log
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.ended {
		return
	}
	t.ended = true
	l.erase()
	for i, r := range l.running {
		if r == t {
			l.running = append(l.running[:i], l.running[i+1:]...)
			break
		}
	}
	line := fmt.Sprintf("%s %s (%s)", mark, t.name, round(l.now().Sub(t.started)))
	if detail != "" {
		line += ": " + detail
	}
	fmt.Fprintln(l.out, line)
	if len(l.running) == 0 && l.tick != nil {
		l.tick.Stop()
		l.tick = nil
	}
	l.draw()
}

func (l *Log) animate(tick *time.Ticker) {
	for range tick.C {
		l.mu.Lock()
		if l.tick != tick {
			l.mu.Unlock()
			return
		}
		l.erase()
		l.draw()
		l.mu.Unlock()
	}
}

// erase removes the live lines. The caller holds mu.
func (l *Log) erase() {
	if l.drawn > 0 {
		fmt.Fprintf(l.out, "\x1b[%dA\x1b[J", l.drawn)
		l.drawn = 0
	}
}

// draw writes a line per running task. The caller holds mu.
func (l *Log) draw() {
	if !l.live {
		return
	}
	for _, t := range l.running {
		line := fmt.Sprintf("· %s (%s)", t.name, round(l.now().Sub(t.started)))
		if t.state != "" {
			line += ": " + t.state
		}
		fmt.Fprintln(l.out, truncate(line, l.width-1))
	}
	l.drawn = len(l.running)
}

// truncate keeps a live line on one row: a wrapped line could not be erased.
func truncate(line string, width int) string {
	line = strings.ReplaceAll(line, "\n", " ")
	if r := []rune(line); len(r) > width {
		return string(r[:max(width-1, 0)]) + "…"
	}
	return line
}

// round shortens a duration to what a person reads: 0.3s, 12.4s, 3m20s.
func round(d time.Duration) time.Duration {
	if d >= time.Minute {
		return d.Round(time.Second)
	}
	return d.Round(100 * time.Millisecond)
}
