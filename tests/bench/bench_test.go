//go:build e2e

// Package bench measures what the running local cloud takes: time to start, to
// preview, to deploy and to move traffic, as the number of apps grows. It
// prints numbers and asserts none; how good they must be is for its reader.
package bench

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"live-omega/tests/e2e/rig"
)

// sizes are the numbers of apps in the stack that is measured.
var sizes = []int{2, 20, 100}

// stack is the one that grows. Omega has no traffic unless it is given some.
const stack = "omega"

// line is what was measured at one number of apps.
type line struct {
	apps, objects   int
	up, noop        time.Duration
	preview, dryRun time.Duration
	shift           shift
}

func TestBench(t *testing.T) {
	cloud := rig.Open(t)
	began := time.Now()
	cloud.Run(t, "local", "down")
	stopped := time.Since(began)
	start := cloud.Run(t, "local", "up")
	memory := idleMemory(t)

	project := newProject(t, cloud)
	var lines []line
	for _, n := range sizes {
		lines = append(lines, measure(t, cloud, project, n))
	}
	report(os.Stdout, firstStart(t), stopped, start, memory, lines)
}

func measure(t *testing.T, cloud *rig.Cloud, project project, apps int) line {
	t.Helper()
	project.grow(t, apps)
	l := line{apps: apps}
	l.up = project.run(t, "up", "--yes")
	l.noop = project.run(t, "up", "--yes")
	l.preview = median(3, func() time.Duration { return project.run(t, "preview") })
	objects := cloud.Objects(t, stack)
	l.objects = len(objects)
	apply := newDryRun(t, cloud, stack, objects)
	l.dryRun = median(3, func() time.Duration { return apply(t) })
	l.shift = measureShift(t, cloud)
	t.Logf("%+v", l)
	return l
}

// median of n runs: one slow run of a busy machine does not count.
func median(n int, run func() time.Duration) time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = run()
	}
	slices.Sort(times)
	return times[n/2]
}

func report(w io.Writer, first string, stopped, start time.Duration, memory int64, lines []line) {
	fmt.Fprintf(w, "\nfirst start     %s s  of this clone, from nothing in .local; cold if Go's caches were empty too\n", first)
	fmt.Fprintf(w, "warm start      %.1f s  from stopped clusters to a cloud that serves, everything built, nothing to deploy\n", start.Seconds())
	fmt.Fprintf(w, "stop            %.1f s\n", stopped.Seconds())
	fmt.Fprintf(w, "idle memory     %.2f GiB  of all processes of the three clusters, pods included (PSS)\n\n", float64(memory)/(1<<30))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, strings.Join([]string{"apps", "objects", "up to here", "up, no-op", "preview, no-op", "SSA dry run", "ratio", "shift", "of it pulumi", "lost", ""}, "\t"))
	for _, l := range lines {
		fmt.Fprintf(table, "%d\t%d\t%s\t%s\t%s\t%s\t%.1f\t%s\t%s\t%d of %d\t\n", l.apps, l.objects, seconds(l.up), seconds(l.noop), seconds(l.preview),
			seconds(l.dryRun), l.preview.Seconds()/l.dryRun.Seconds(), seconds(l.shift.last), seconds(l.shift.command), l.shift.lost, l.shift.requests)
	}
	table.Flush()
	fmt.Fprint(w, `
up to here   pulumi up from the line before
SSA dry run  the calls of kubectl apply --server-side --dry-run=server, one object after the other
ratio        preview, no-op to SSA dry run
shift        from the start of pulumi up -s edge until the last request that the old cluster answered
`)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
