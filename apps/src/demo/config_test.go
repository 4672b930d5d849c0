package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func env(pairs ...string) func(string) string {
	values := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

func TestConfigComesFromTheEnvironment(t *testing.T) {
	cfg, err := loadConfig(env("CLOUD_CLUSTER=live", "CLOUD_APP=guestbook", "CLOUD_VARIANT=b",
		"CLOUD_VERSION=v1.0.0", "POD_NAME=guestbook-1", "POD_NAMESPACE=guestbook-b", "PORT=9000",
		"METRICS_PORT=9001", "DRAIN_DELAY=1500ms", "SHUTDOWN_TIMEOUT=2s", "LOG_LEVEL=debug"), "v2.0.0")
	require.NoError(t, err)
	assert.Equal(t, config{
		identity:  identity{Cluster: "live", App: "guestbook", Variant: "b", Version: "v2.0.0", Pod: "guestbook-1"},
		namespace: "guestbook-b", port: 9000, metricsPort: 9001,
		drainDelay: 1500 * time.Millisecond, shutdownTimeout: 2 * time.Second, logLevel: slog.LevelDebug,
	}, cfg, "the version is what was built, whatever the config says")
}

func TestConfigHasDefaults(t *testing.T) {
	cfg, err := loadConfig(env("POD_NAME=p", "CLOUD_VERSION=v3.0.0"), "")
	require.NoError(t, err)
	assert.Equal(t, config{
		identity: identity{Cluster: "none", App: "demo", Variant: "a", Version: "v3.0.0", Pod: "p"},
		port:     8080, metricsPort: 8081, drainDelay: 5 * time.Second, shutdownTimeout: 15 * time.Second,
	}, cfg)
}

func TestFaultsComeFromTheEnvironment(t *testing.T) {
	cfg, err := loadConfig(env("FAULT_HANG=true", "FAULT_DELAY=200ms", "FAULT_ERRORS=5"), "v1.0.0")
	require.NoError(t, err)
	assert.Equal(t, faults{hang: true, delay: 200 * time.Millisecond, errors: 5}, cfg.faults)
	cfg, err = loadConfig(env("FAULT_HANG=false"), "v1.0.0")
	require.NoError(t, err)
	assert.False(t, cfg.faults.any())
}

func TestBadEnvironmentNamesVariableFoundAndRemedy(t *testing.T) {
	for _, c := range []struct{ env, want string }{
		{"PORT=http", `PORT: found "http", want a port from 1 to 65535, or 0 for any free one`},
		{"PORT=65536", `PORT: found "65536", want a port from 1 to 65535, or 0 for any free one`},
		{"METRICS_PORT=-1", `METRICS_PORT: found "-1", want a port from 1 to 65535, or 0 for any free one`},
		{"METRICS_PORT=8080", `METRICS_PORT: found "8080", want another port than PORT`},
		{"DRAIN_DELAY=5", `DRAIN_DELAY: found "5", want a duration from 0s to 5m0s, such as 5s`},
		{"DRAIN_DELAY=-1s", `DRAIN_DELAY: found "-1s", want a duration from 0s to 5m0s, such as 5s`},
		{"SHUTDOWN_TIMEOUT=1h", `SHUTDOWN_TIMEOUT: found "1h", want a duration from 0s to 5m0s, such as 5s`},
		{"FAULT_HANG=yes", `FAULT_HANG: found "yes", want true or false`},
		{"FAULT_DELAY=31s", `FAULT_DELAY: found "31s", want a duration from 0s to 30s, such as 5s`},
		{"FAULT_ERRORS=50%", `FAULT_ERRORS: found "50%", want a percentage from 0 to 100, such as 5`},
		{"FAULT_ERRORS=101", `FAULT_ERRORS: found "101", want a percentage from 0 to 100, such as 5`},
		{"LOG_LEVEL=loud", `LOG_LEVEL: found "loud", want debug, info, warn or error`},
	} {
		t.Run(c.env, func(t *testing.T) {
			_, err := loadConfig(env(c.env), "v1.0.0")
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestBadEnvironmentIsReportedAtOnceAndExitsWith2(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(env("PORT=x", "DRAIN_DELAY=y", "LOG_LEVEL=z"), &stdout, &stderr)
	assert.Equal(t, 2, code)
	assert.Empty(t, stdout.String())
	assert.Equal(t, `demo: bad environment:
PORT: found "x", want a port from 1 to 65535, or 0 for any free one
DRAIN_DELAY: found "y", want a duration from 0s to 5m0s, such as 5s
LOG_LEVEL: found "z", want debug, info, warn or error
`, stderr.String())
}
