package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"sync"
	"time"
)

// VisitorOptions say who visits what.
type VisitorOptions struct {
	// Address is host:port of the gateway, Host the Host header, Path what is
	// asked for; as in Options.
	Address, Host, Path string
	// Count is the number of visitors.
	Count int
	// AtOnce is how many of them ask at the same time, 16 by default.
	AtOnce int
	// Timeout is the longest a request may take, 5 s by default.
	Timeout time.Duration
}

// Visit is what became of one request of a visitor.
type Visit struct {
	// Cluster and Variant answered; both are empty when the request failed.
	Cluster, Variant string
	// Error is why it failed.
	Error string
}

// Visitors are people with browsers: each has cookies of its own and comes
// again and again. Connections are shared by all, so nothing but the cookies
// tells them apart.
type Visitors struct {
	options VisitorOptions
	clients []*http.Client
	history [][]Visit
}

// NewVisitors makes visitors that have never been there.
func NewVisitors(options VisitorOptions) (*Visitors, error) {
	if options.Path == "" {
		options.Path = "/api/whoami"
	}
	if options.AtOnce == 0 {
		options.AtOnce = 16
	}
	if options.Timeout == 0 {
		options.Timeout = 5 * time.Second
	}
	var errs []error
	if _, _, err := net.SplitHostPort(options.Address); err != nil {
		errs = append(errs, fmt.Errorf("Address: found %q, want host:port: %w", options.Address, err))
	}
	if options.Host == "" {
		errs = append(errs, errors.New("Host: found none, want the host name of an app"))
	}
	if options.Count <= 0 || options.AtOnce < 0 || options.Timeout < 0 {
		errs = append(errs, fmt.Errorf("found %d visitors, %d at once, for at most %s, want positive numbers", options.Count, options.AtOnce, options.Timeout))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("inviting visitors: %w", err)
	}
	dialer := &net.Dialer{Timeout: options.Timeout}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, options.Address)
		},
		MaxIdleConnsPerHost: options.AtOnce,
		IdleConnTimeout:     30 * time.Second,
	}
	v := &Visitors{options: options, clients: make([]*http.Client, options.Count), history: make([][]Visit, options.Count)}
	for i := range v.clients {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return nil, fmt.Errorf("inviting visitors: %w", err)
		}
		v.clients[i] = &http.Client{Jar: jar, Transport: transport, Timeout: options.Timeout}
	}
	return v, nil
}

// Round lets every visitor come once and returns their visits, by visitor.
// When ctx ends, those that have not come yet fail.
func (v *Visitors) Round(ctx context.Context) []Visit {
	visits := make([]Visit, len(v.clients))
	next := make(chan int)
	var all sync.WaitGroup
	for range v.options.AtOnce {
		all.Go(func() {
			for i := range next {
				visits[i] = v.visit(ctx, v.clients[i])
			}
		})
	}
	for i := range v.clients {
		next <- i
	}
	close(next)
	all.Wait()
	for i, visit := range visits {
		v.history[i] = append(v.history[i], visit)
	}
	return visits
}

// History are all visits so far, by visitor and in order.
func (v *Visitors) History() [][]Visit { return v.history }

func (v *Visitors) visit(ctx context.Context, client *http.Client) Visit {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.options.Host+v.options.Path, nil)
	if err != nil {
		return Visit{Error: err.Error()}
	}
	response, err := client.Do(request)
	if err != nil {
		return Visit{Error: err.Error()}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return Visit{Error: fmt.Sprintf("reading the answer: %v", err)}
	}
	var answer Answer
	if response.StatusCode != http.StatusOK || json.Unmarshal(body, &answer) != nil || answer.Cluster == "" {
		return Visit{Error: fmt.Sprintf("status %d: %s", response.StatusCode, excerpt(body))}
	}
	return Visit{Cluster: answer.Cluster, Variant: answer.Variant}
}
