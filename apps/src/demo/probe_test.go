package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tryAll runs `demo probe` and returns its lines.
func tryAll(t *testing.T, args ...string) []probed {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Zero(t, probe(args, &stdout, &stderr), stderr.String())
	assert.Empty(t, stderr.String())
	var results []probed
	for lines := json.NewDecoder(&stdout); ; {
		var result probed
		if err := lines.Decode(&result); err == io.EOF {
			return results
		} else {
			require.NoError(t, err)
		}
		results = append(results, result)
	}
}

// closedPort is an address that refuses connections.
func closedPort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func TestProbeSaysOfEachTargetInOrderWhetherItAnswers(t *testing.T) {
	var seen http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = *r
		w.Header().Set("Location", "http://nowhere.invalid/")
		w.WriteHeader(http.StatusFound)
		_, _ = w.Write([]byte("0123456789"))
	}))
	defer server.Close()
	open := strings.TrimPrefix(server.URL, "http://")
	closed := closedPort(t)

	results := tryAll(t, "-excerpt", "4", "tcp://"+closed, "tcp://"+open, server.URL+"/path?host=wiki.test&x=1", "dns://localhost", "http://"+closed+"/")
	require.Len(t, results, 5)
	assert.Equal(t, probed{Target: "tcp://" + open, OK: true}, results[1])
	assert.Equal(t, probed{Target: server.URL + "/path?host=wiki.test&x=1", OK: true, Status: 302, Body: "0123"}, results[2])
	assert.Equal(t, "wiki.test", seen.Host)
	assert.Equal(t, "/path?x=1", seen.RequestURI)
	assert.True(t, results[3].OK, results[3].Error)
	assert.Contains(t, results[3].Body, "127.0.0.1")
	for _, i := range []int{0, 4} {
		assert.False(t, results[i].OK)
		assert.Contains(t, results[i].Error, "connection refused")
	}
}

func TestProbeGivesUpOnAllTargetsTogether(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	began := time.Now()
	args := []string{"-timeout", "1s"}
	for range 100 {
		args = append(args, silent.URL+"/")
	}
	results := tryAll(t, args...)
	assert.Len(t, results, 100)
	assert.Less(t, time.Since(began), 50*time.Second, "one after another would take 100 s")
	for _, result := range results {
		assert.False(t, result.OK)
		assert.Contains(t, result.Error, "context deadline exceeded")
	}
}

// A name server that knows no name: the answer is the question with the flag
// of a response and the code NXDOMAIN (RFC 1035, section 4.1.1).
func TestANameServerThatKnowsNoSuchNameHasAnswered(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(packet)
			if err != nil {
				return
			}
			packet[2] |= 0x80
			packet[3] = 3
			_, _ = server.WriteTo(packet[:n], from)
		}
	}()
	results := tryAll(t, "udp://"+server.LocalAddr().String()+"/wiki.test")
	assert.Equal(t, "no such name", results[0].Body, results[0].Error)
	assert.True(t, results[0].OK)

	results = tryAll(t, "-timeout", "300ms", "udp://"+closedPort(t)+"/wiki.test")
	assert.False(t, results[0].OK)
}

func TestWhatCannotBeTriedIsReportedAtOnce(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"found no target", "usage: demo probe"}},
		{[]string{"-timeout", "0s", "-excerpt", "-1", "ftp://x/", "tcp://x", "udp://x:53", "http:///"}, []string{
			"-timeout: found 0s, want a positive duration", "-excerpt: found -1, want 0 or more bytes",
			`"ftp://x/": found scheme "ftp", want tcp, http, udp or dns`, `"tcp://x": found no port`,
			`"udp://x:53": found no name to ask for`, `"http:///": found no host`,
		}},
		{[]string{"-wait"}, []string{"flag provided but not defined: -wait"}},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, exitUsage, probe(c.args, &stdout, &stderr))
		assert.Empty(t, stdout.String())
		for _, want := range c.want {
			assert.Contains(t, stderr.String(), want)
		}
	}
}
