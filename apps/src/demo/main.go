// Command demo is the service that the catalogue's demo apps run: it says which
// cluster, app, variant, version and pod answered, and it leaves without
// dropping a request. `GET /` answers with a page or, to clients that do not
// ask for HTML, with JSON.
//
// `demo probe` tries what its pod can reach, for whoever runs it there.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the image build: -ldflags "-X main.version=v1.0.0".
var version string

// Exit codes: 1 is a failure while running, 2 a bad environment.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "probe" {
		os.Exit(probe(os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(run(os.Getenv, os.Stdout, os.Stderr))
}

func run(getenv func(string) string, stdout, stderr io.Writer) int {
	cfg, err := loadConfig(getenv, version)
	if err != nil {
		fmt.Fprintf(stderr, "demo: bad environment:\n%v\n", err)
		return exitUsage
	}
	log := slog.New(slog.NewJSONHandler(stdout, &slog.HandlerOptions{Level: cfg.logLevel})).With(
		"cluster", cfg.Cluster, "app", cfg.App, "variant", cfg.Variant, "version", cfg.Version, "pod", cfg.Pod)
	if told := getenv("CLOUD_VERSION"); told != "" && told != cfg.Version {
		log.Warn("the image is another version than the config says", "config", told)
	}

	if cfg.faults.any() {
		log.Warn("this pod misbehaves on purpose", "hang", cfg.faults.hang, "delay", cfg.faults.delay.String(), "errors", cfg.faults.errors)
	}

	// The signal's context ends at the first SIGTERM; after stop() a second
	// one ends the process at once, for whoever cannot wait.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)

	srv, err := newServer(cfg, log)
	if err != nil {
		log.Error("cannot start", "error", err.Error())
		return exitFailed
	}
	if err := srv.run(ctx); err != nil {
		log.Error("stopped with an error", "error", err.Error())
		return exitFailed
	}
	log.Info("stopped")
	return 0
}
