// Package load sends requests at a constant rate and accounts for every one of
// them: who answered, how long it took, and what went wrong.
//
// The load is open loop: a slow answer does not hold back the next request, so
// a gateway that hangs for a second is seen as hundreds of waiting requests
// and not as one.
package load

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Options say what to send and where. The zero value of each field has the
// meaning given with it.
type Options struct {
	// Address is host:port of the gateway that gets the connections.
	Address string
	// Host is the Host header, which chooses the app.
	Host string
	// Path is asked for; it must answer with the JSON of the demo service.
	// Default "/api/echo", which takes every method.
	Path string
	// Streams are the requests to send, all at the same time.
	Streams []Stream
	// Timeout is the longest a request may take, 5 s by default.
	Timeout time.Duration
}

// Stream is one kind of request at a constant rate.
type Stream struct {
	// Name tells streams apart that have the same method; see Report.Of.
	Name string
	// Host and Path are in the place of the run's where they are not empty.
	Host, Path string
	// Query is put behind the path, "beta=1&x=2".
	Query string
	// Headers by name; cookies are the header "Cookie", "beta=1; x=2".
	Headers map[string]string
	// Method of the requests. Go's HTTP client, as browsers do, silently
	// repeats a GET whose kept connection was closed under it; it does not
	// repeat a POST, which makes POST the stricter test.
	Method string
	// Rate is requests per second.
	Rate int
	// Fresh makes a new connection for each request; else connections are
	// kept and used again.
	Fresh bool
}

func (s Stream) String() string {
	text := s.Method + " on a kept connection"
	if s.Fresh {
		text = s.Method + " on a fresh connection"
	}
	if s.Name != "" {
		text = s.Name + ": " + text
	}
	return text
}

// target is the stream's request.
func (s Stream) target(options Options) vegeta.Target {
	address := "http://" + cmp.Or(s.Host, options.Host) + cmp.Or(s.Path, options.Path)
	if s.Query != "" {
		address += "?" + s.Query
	}
	header := http.Header{}
	for name, value := range s.Headers {
		header.Set(name, value)
	}
	return vegeta.Target{Method: s.Method, URL: address, Header: header}
}

// Mixed is traffic as a public gateway sees it, at rate requests per second:
// most of it GET on kept connections, some POST, some on fresh connections.
func Mixed(rate int) []Stream {
	fifth := rate / 5
	return []Stream{
		{Method: http.MethodGet, Rate: rate - 2*fifth},
		{Method: http.MethodPost, Rate: fifth},
		{Method: http.MethodGet, Rate: fifth, Fresh: true},
	}
}

// Rate is how many requests are sent per second in all.
func (o Options) Rate() int {
	rate := 0
	for _, stream := range o.Streams {
		rate += stream.Rate
	}
	return rate
}

func (o Options) withDefaults() (Options, error) {
	if o.Path == "" {
		o.Path = "/api/echo"
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	var errs []error
	if _, _, err := net.SplitHostPort(o.Address); err != nil {
		errs = append(errs, fmt.Errorf("Address: found %q, want host:port: %w", o.Address, err))
	}
	if o.Host == "" {
		errs = append(errs, errors.New("Host: found none, want the host name of an app"))
	}
	if len(o.Streams) == 0 {
		errs = append(errs, errors.New("Streams: found none, want at least one, such as Mixed(500)"))
	}
	for i, stream := range o.Streams {
		if stream.Method == "" || stream.Rate <= 0 {
			errs = append(errs, fmt.Errorf("Streams[%d]: found method %q at %d/s, want a method and a positive rate", i, stream.Method, stream.Rate))
		}
	}
	if o.Timeout < 0 {
		errs = append(errs, fmt.Errorf("Timeout: found %s, want a positive duration", o.Timeout))
	}
	return o, errors.Join(errs...)
}

// Answer is who answered a request.
type Answer struct {
	Cluster string `json:"cluster"`
	App     string `json:"app"`
	Variant string `json:"variant"`
	Version string `json:"version"`
}

// result is one request. failed is nil when it was answered as it should be.
type result struct {
	at      time.Time
	latency time.Duration
	stream  string
	answer  *Answer
	failed  *Failure
}

// Failure is a request that was not answered with 2xx by an app in time.
type Failure struct {
	// At is when the request was sent, counted from the start of the run.
	At time.Duration
	// Latency is how long the client waited.
	Latency time.Duration
	// Status is the status code, 0 when there was no answer.
	Status int
	// Error is what the client saw.
	Error string
	// Stream says which kind of request it was.
	Stream Stream
}

func (f Failure) String() string {
	return fmt.Sprintf("at %.3fs after %s, %s: %s", f.At.Seconds(), f.Latency.Round(time.Millisecond), f.Stream, f.Error)
}

// Run is a load that is going on.
type Run struct {
	options   Options
	started   time.Time
	attackers []*vegeta.Attacker
	collected sync.WaitGroup
	release   func() bool

	mu      sync.Mutex
	results []result
	// answers holds each distinct answer once: a minute of load has a handful.
	answers map[Answer]*Answer
}

// Start begins to send. The load goes on until Stop is called or ctx ends; it
// is Stop that returns what happened.
func Start(ctx context.Context, options Options) (*Run, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("starting the load: %w", err)
	}
	run := &Run{options: options, started: time.Now(), answers: map[Answer]*Answer{}}
	for _, stream := range options.Streams {
		run.attack(stream)
	}
	run.release = context.AfterFunc(ctx, run.stopSending)
	return run, nil
}

func (r *Run) attack(stream Stream) {
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{
			Timeout:   r.options.Timeout,
			Transport: r.transport(stream.Fresh),
			// A redirect is an answer of its own, not a reason to ask again.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		vegeta.MaxBody(64<<10),
	)
	target := vegeta.NewStaticTargeter(stream.target(r.options))
	pace := vegeta.ConstantPacer{Freq: stream.Rate, Per: time.Second}
	results := attacker.Attack(target, pace, 0, "")
	r.attackers = append(r.attackers, attacker)
	r.collected.Go(func() {
		for result := range results {
			r.record(result, stream)
		}
	})
}

// transport connects to the gateway's address whatever the URL says, so that
// the URL can carry the Host and no DNS is needed.
func (r *Run) transport(fresh bool) *http.Transport {
	dialer := &net.Dialer{Timeout: r.options.Timeout}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, r.options.Address)
		},
		DisableKeepAlives:   fresh,
		MaxIdleConnsPerHost: 1000,
		// As Go's default client. A gateway that closes connections sooner
		// than its clients is part of what is tested.
		IdleConnTimeout: 90 * time.Second,
	}
}

func (r *Run) record(from *vegeta.Result, stream Stream) {
	answer, failure := judge(from)
	entry := result{at: from.Timestamp, latency: from.Latency, stream: stream.Name}
	if failure != nil {
		failure.At, failure.Latency, failure.Stream = from.Timestamp.Sub(r.started), from.Latency, stream
		entry.failed = failure
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if failure == nil {
		known, ok := r.answers[answer]
		if !ok {
			known = &answer
			r.answers[answer] = known
		}
		entry.answer = known
	}
	r.results = append(r.results, entry)
}

// judge decides whether a request was answered as it should be. It is where
// the meaning of "no request lost" lies: an app said who it is, with 2xx.
func judge(from *vegeta.Result) (Answer, *Failure) {
	status := int(from.Code)
	if status < 200 || status > 299 {
		message := from.Error
		if status != 0 {
			message = fmt.Sprintf("status %d: %s", status, excerpt(from.Body))
		}
		return Answer{}, &Failure{Status: status, Error: message}
	}
	if from.Error != "" {
		return Answer{}, &Failure{Status: status, Error: from.Error}
	}
	var answer Answer
	if err := json.Unmarshal(from.Body, &answer); err != nil || answer.Cluster == "" {
		return Answer{}, &Failure{Status: status, Error: fmt.Sprintf("status %d, but the answer does not say who gave it: %s", status, excerpt(from.Body))}
	}
	return answer, nil
}

func excerpt(body []byte) string {
	const most = 120
	if len(body) > most {
		return fmt.Sprintf("%q…", body[:most])
	}
	return fmt.Sprintf("%q", body)
}

// Window is what is known so far of the requests sent from `from` up to, not
// including, `to`. Requests that still wait for their answer are not in it.
func (r *Run) Window(from, to time.Time) Window {
	r.mu.Lock()
	defer r.mu.Unlock()
	return window(r.results, from, to)
}

func (r *Run) stopSending() {
	for _, attacker := range r.attackers {
		attacker.Stop()
	}
}

// Stop ends the load, waits for the answers still out, which takes at most the
// timeout, and reports. It may be called again, with the same report.
func (r *Run) Stop() *Report {
	r.release()
	r.stopSending()
	r.collected.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return newReport(r.options, r.started, r.results)
}
