package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"
)

// maxWait bounds both shutdown phases: a pod that needs longer than this to
// leave holds up every rollout of its app.
const maxWait = 5 * time.Minute

// identity says who answered a request. The platform gives it to every app
// container through the environment.
type identity struct {
	Cluster string `json:"cluster"`
	App     string `json:"app"`
	Variant string `json:"variant"`
	Version string `json:"version"`
	Pod     string `json:"pod"`
}

// config is everything the service reads from its environment.
type config struct {
	identity
	// namespace is where the pod runs, "" outside a cluster.
	namespace string
	// port serves requests, metricsPort serves /metrics. Zero picks a free one.
	port, metricsPort int
	// drainDelay is how long requests are still accepted after SIGTERM, while
	// the gateways in front learn that this pod is leaving.
	drainDelay time.Duration
	// shutdownTimeout is how long running requests may take after that.
	shutdownTimeout time.Duration
	logLevel        slog.Level
	faults          faults
}

// loadConfig reads the environment through getenv. It reports every bad
// variable at once, each with the value found and what to write instead.
func loadConfig(getenv func(string) string, build string) (config, error) {
	env := environment{getenv: getenv}
	cfg := config{
		identity: identity{
			Cluster: env.text("CLOUD_CLUSTER", "none"),
			App:     env.text("CLOUD_APP", "demo"),
			Variant: env.text("CLOUD_VARIANT", "a"),
			Version: build,
			Pod:     env.text("POD_NAME", hostname()),
		},
		namespace:       env.text("POD_NAMESPACE", ""),
		port:            env.port("PORT", 8080),
		metricsPort:     env.port("METRICS_PORT", 8081),
		drainDelay:      env.duration("DRAIN_DELAY", 5*time.Second, maxWait),
		shutdownTimeout: env.duration("SHUTDOWN_TIMEOUT", 15*time.Second, maxWait),
		logLevel:        env.level("LOG_LEVEL", slog.LevelInfo),
		faults: faults{
			hang:   env.boolean("FAULT_HANG"),
			delay:  env.duration("FAULT_DELAY", 0, maxDelay),
			errors: env.percent("FAULT_ERRORS"),
		},
	}
	// A build without a version believes what it was told.
	if build == "" {
		cfg.Version = env.text("CLOUD_VERSION", "dev")
	}
	if cfg.port != 0 && cfg.port == cfg.metricsPort {
		env.fail("METRICS_PORT", strconv.Itoa(cfg.metricsPort), "want another port than PORT")
	}
	return cfg, errors.Join(env.errs...)
}

// environment reads variables and collects what is wrong with them.
type environment struct {
	getenv func(string) string
	errs   []error
}

func (e *environment) fail(name, found, remedy string) {
	e.errs = append(e.errs, fmt.Errorf("%s: found %q, %s", name, found, remedy))
}

func (e *environment) text(name, fallback string) string {
	if value := e.getenv(name); value != "" {
		return value
	}
	return fallback
}

func (e *environment) port(name string, fallback int) int {
	value := e.getenv(name)
	if value == "" {
		return fallback
	}
	port, err := strconv.Atoi(value)
	if err != nil || port < 0 || port > 65535 {
		e.fail(name, value, "want a port from 1 to 65535, or 0 for any free one")
	}
	return port
}

func (e *environment) duration(name string, fallback, most time.Duration) time.Duration {
	value := e.getenv(name)
	if value == "" {
		return fallback
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > most {
		e.fail(name, value, fmt.Sprintf("want a duration from 0s to %s, such as 5s", most))
	}
	return d
}

func (e *environment) boolean(name string) bool {
	value := e.getenv(name)
	if value != "" && value != "true" && value != "false" {
		e.fail(name, value, "want true or false")
	}
	return value == "true"
}

func (e *environment) percent(name string) int {
	value := e.getenv(name)
	if value == "" {
		return 0
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 100 {
		e.fail(name, value, "want a percentage from 0 to 100, such as 5")
	}
	return n
}

func (e *environment) level(name string, fallback slog.Level) slog.Level {
	value := e.getenv(name)
	if value == "" {
		return fallback
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(value)); err != nil {
		e.fail(name, value, "want debug, info, warn or error")
	}
	return level
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}
