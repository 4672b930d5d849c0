package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary stand in for the service, so that the drain
// is tested on a real process with a real signal.
func TestMain(m *testing.M) {
	if os.Getenv("DEMO_TEST_SERVE") != "" {
		main()
	}
	os.Exit(m.Run())
}

// process is a running demo service.
type process struct {
	cmd          *exec.Cmd
	url, metrics string
	log          *bufio.Scanner
}

func startProcess(t *testing.T, env ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{"DEMO_TEST_SERVE=1", "PORT=0", "METRICS_PORT=0", "CLOUD_APP=demo"}, env...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })

	p := &process{cmd: cmd, log: bufio.NewScanner(stdout)}
	line := p.next(t, "serving")
	local := func(address any) string { return "http://127.0.0.1:" + strings.TrimPrefix(address.(string), "[::]:") }
	p.url, p.metrics = local(line["address"]), local(line["metrics"])
	return p
}

// scrape reads the metrics that have no labels.
func (p *process) scrape(t *testing.T) map[string]string {
	t.Helper()
	response, err := http.Get(p.metrics + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	values := map[string]string{}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), " "); ok && name != "#" {
			values[name] = value
		}
	}
	return values
}

// next reads the log up to the line with this message.
func (p *process) next(t *testing.T, msg string) map[string]any {
	t.Helper()
	for p.log.Scan() {
		var line map[string]any
		require.NoError(t, json.Unmarshal(p.log.Bytes(), &line), "every line of the log is JSON")
		if line["msg"] == msg {
			return line
		}
	}
	require.Fail(t, "the log ended without "+msg)
	return nil
}

func fetch(client *http.Client, method, url string) error {
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// Clients send for most of the drain delay, as gateways do that have not yet
// heard of the leaving pod. Half of them use POST on kept connections, which no
// HTTP client repeats for us, the others a new connection for each request.
func TestNoRequestIsLostWhileSIGTERMIsHandled(t *testing.T) {
	const drainDelay = 2 * time.Second
	p := startProcess(t, "DRAIN_DELAY="+drainDelay.String(), "SHUTDOWN_TIMEOUT=5s")

	var sent, failed atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			transport := &http.Transport{DisableKeepAlives: i%2 == 1}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
			for {
				select {
				case <-stop:
					return
				default:
				}
				sent.Add(1)
				if err := fetch(client, "POST", p.url+"/api/echo"); err != nil {
					failed.Add(1)
					t.Errorf("request lost: %v", err)
				}
			}
		})
	}
	slow := make(chan error, 1)
	go func() { slow <- fetch(http.DefaultClient, "GET", p.url+"/api/delay?ms=3000") }()
	require.Eventually(t, func() bool { return sent.Load() > 200 }, time.Minute, 5*time.Millisecond)

	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.next(t, "draining")
	before := sent.Load()
	assert.Eventually(t, func() bool { return sent.Load() > before+200 }, drainDelay*3/4, time.Millisecond, "the drain is under load")
	close(stop)
	clients.Wait()

	assert.NoError(t, <-slow, "a request longer than the drain delay")
	assert.Zero(t, failed.Load())
	p.next(t, "stopped")
	assert.NoError(t, p.cmd.Wait(), "exit code")
}

func TestRequestsCutOffAtTheEndAreAnError(t *testing.T) {
	p := startProcess(t, "DRAIN_DELAY=0s", "SHUTDOWN_TIMEOUT=50ms", "LOG_LEVEL=debug")
	lost := make(chan error, 1)
	go func() { lost <- fetch(http.DefaultClient, "GET", p.url+"/api/delay?ms=20000") }()
	require.Eventually(t, func() bool { return p.scrape(t)["http_requests_in_flight"] == "1" }, time.Minute, 10*time.Millisecond)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	line := p.next(t, "stopped with an error")
	assert.Equal(t, "requests still running 50ms after the drain were cut off (raise SHUTDOWN_TIMEOUT): context deadline exceeded", line["error"])
	assert.Error(t, <-lost)
	var exit *exec.ExitError
	require.ErrorAs(t, p.cmd.Wait(), &exit)
	assert.Equal(t, 1, exit.ExitCode())
}

func TestASecondPortInUseIsAnErrorThatNamesTheVariable(t *testing.T) {
	p := startProcess(t)
	var port int
	_, err := fmt.Sscanf(p.url, "http://127.0.0.1:%d", &port)
	require.NoError(t, err)
	_, err = newServer(config{port: port}, nil)
	assert.ErrorContains(t, err, "opening PORT: listen tcp")
}
