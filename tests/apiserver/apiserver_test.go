//go:build integration

package apiserver

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestControllersFinishANamespaceAndEverythingStopsWithTheTest(t *testing.T) {
	var s *Server
	t.Run("running", func(t *testing.T) {
		begin := time.Now()
		s = Start(t)
		t.Logf("started in %s", time.Since(begin).Round(time.Millisecond))
		s.request(t, http.MethodPost, "/api/v1/namespaces", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"here"}}`, http.StatusCreated)
		s.request(t, http.MethodDelete, "/api/v1/namespaces/here", "", http.StatusOK)
		deadline := time.Now().Add(time.Minute)
		for s.get(t.Context(), "/api/v1/namespaces/here") == nil {
			if time.Now().After(deadline) {
				t.Fatal("the namespace controller has not removed the namespace in a minute")
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	for _, p := range s.processes {
		if err := p.cmd.Process.Signal(syscall.Signal(0)); err == nil {
			t.Errorf("%s still runs after the test's cleanup", p.name)
		}
	}
	if _, err := os.Stat(s.Kubeconfig); !os.IsNotExist(err) {
		t.Errorf("the kubeconfig is still there after the cleanup: %v", err)
	}
}

func (s *Server) request(t *testing.T, method, path, body string, want int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		var text bytes.Buffer
		if _, err := io.Copy(&text, response.Body); err != nil {
			t.Error(err)
		}
		t.Fatalf("%s %s: %s, want %d: %s", method, path, response.Status, want, &text)
	}
}
