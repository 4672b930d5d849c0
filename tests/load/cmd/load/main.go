// Command load sends requests through a gateway at a constant rate and says
// every second who answers; at the end it reports what became of each one.
//
//	go run ./tests/load/cmd/load -address 10.98.0.13:80 -host guestbook.live-omega.test -for 1m
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"live-omega/tests/load"
)

func main() {
	var options load.Options
	flag.StringVar(&options.Address, "address", "10.98.0.13:80", "host:port of the gateway")
	flag.StringVar(&options.Host, "host", "guestbook.live-omega.test", "Host header")
	flag.StringVar(&options.Path, "path", "", "path, answered with the demo service's JSON (default /api/echo)")
	rate := flag.Int("rate", 500, "requests per second: 60 % GET and 20 % POST on kept connections, 20 % GET on fresh ones")
	flag.DurationVar(&options.Timeout, "timeout", 5*time.Second, "longest a request may take")
	length := flag.Duration("for", time.Minute, "how long to send")
	flag.Parse()
	options.Streams = load.Mixed(*rate)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	run, err := load.Start(ctx, options)
	if err != nil {
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		os.Exit(2)
	}
	watch(ctx, run)
	report := run.Stop()
	fmt.Print(report)
	if report.Failed > 0 {
		os.Exit(1)
	}
}

// watch prints a line for each second until ctx ends.
func watch(ctx context.Context, run *load.Run) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			w := run.Window(now.Add(-time.Second), now)
			fmt.Fprintf(os.Stderr, "%s  %4d requests, %d failed, clusters %v, variants %v\n",
				now.Format(time.TimeOnly), w.Requests, w.Failed, w.Clusters, w.Variants)
		}
	}
}
