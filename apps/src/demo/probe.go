package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// probed is what became of one target, a line of the output of `demo probe`.
type probed struct {
	Target string `json:"target"`
	// OK says that the target answered, whatever it said.
	OK bool `json:"ok"`
	// Error is why it did not.
	Error string `json:"error,omitempty"`
	// Status is that of an HTTP answer.
	Status int `json:"status,omitempty"`
	// Body is the begin of what was answered; of a name, its addresses.
	Body string `json:"body,omitempty"`
}

const probeUsage = `usage: demo probe [-timeout 2s] [-excerpt 200] TARGET...
Tries what a pod can reach; the image has no shell to do it from. All targets
are tried at once, one line of JSON each, in their order.
  tcp://HOST:PORT                 connects
  http://HOST[:PORT]/PATH         gets; with ?host=NAME under another Host header
  udp://HOST:PORT/NAME            asks a DNS server for a name; no such name is an answer too
  dns://NAME                      looks a name up as the app does
`

// probe is the subcommand. It fails only where it could not try: what cannot
// be reached is a result.
func probe(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("probe", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, probeUsage) }
	timeout := flags.Duration("timeout", 2*time.Second, "longest that a target may take to answer")
	excerpt := flags.Int("excerpt", 200, "bytes of an HTTP answer that are shown")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	var errs []error
	if *timeout <= 0 {
		errs = append(errs, fmt.Errorf("-timeout: found %s, want a positive duration", *timeout))
	}
	if *excerpt < 0 {
		errs = append(errs, fmt.Errorf("-excerpt: found %d, want 0 or more bytes", *excerpt))
	}
	if flags.NArg() == 0 {
		errs = append(errs, errors.New("found no target"))
	}
	tries := make([]try, flags.NArg())
	for i, target := range flags.Args() {
		var err error
		if tries[i], err = parseTarget(target, *excerpt); err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", target, err))
		}
	}
	if len(errs) > 0 {
		fmt.Fprintf(stderr, "demo probe: %v\n%s", errors.Join(errs...), probeUsage)
		return exitUsage
	}

	results := make([]probed, len(tries))
	var all sync.WaitGroup
	for i, try := range tries {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), *timeout)
			defer cancel()
			results[i] = try(ctx)
			results[i].Target = flags.Arg(i)
		})
	}
	all.Wait()
	lines := json.NewEncoder(stdout)
	for _, result := range results {
		if err := lines.Encode(result); err != nil {
			fmt.Fprintf(stderr, "demo probe: writing the results: %v\n", err)
			return exitFailed
		}
	}
	return 0
}

// try reaches for one target until ctx ends.
type try func(ctx context.Context) probed

func parseTarget(target string, excerpt int) (try, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	if u.Hostname() == "" {
		return nil, errors.New("found no host")
	}
	if (u.Scheme == "tcp" || u.Scheme == "udp") && u.Port() == "" {
		return nil, errors.New("found no port")
	}
	name := strings.Trim(u.Path, "/")
	switch u.Scheme {
	case "tcp":
		return func(ctx context.Context) probed { return probeTCP(ctx, u.Host) }, nil
	case "http":
		return func(ctx context.Context) probed { return probeHTTP(ctx, *u, excerpt) }, nil
	case "dns":
		return func(ctx context.Context) probed { return named(net.DefaultResolver.LookupHost(ctx, u.Hostname())) }, nil
	case "udp":
		if name == "" {
			return nil, errors.New("found no name to ask for, want udp://HOST:PORT/NAME")
		}
		return func(ctx context.Context) probed { return probeServer(ctx, u.Host, name) }, nil
	}
	return nil, fmt.Errorf("found scheme %q, want tcp, http, udp or dns", u.Scheme)
}

func failedProbe(err error) probed { return probed{Error: err.Error()} }

func probeTCP(ctx context.Context, address string) probed {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return failedProbe(err)
	}
	conn.Close()
	return probed{OK: true}
}

func probeHTTP(ctx context.Context, u url.URL, excerpt int) probed {
	query := u.Query()
	host := query.Get("host")
	query.Del("host")
	u.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return failedProbe(err)
	}
	request.Host = host
	client := &http.Client{
		// No proxy of the environment, no connection of before.
		Transport: &http.Transport{DisableKeepAlives: true},
		// A redirect is an answer of its own.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return failedProbe(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(excerpt)))
	if err != nil {
		return probed{Status: response.StatusCode, Error: fmt.Sprintf("reading the answer: %v", err)}
	}
	return probed{OK: true, Status: response.StatusCode, Body: string(body)}
}

// named is the result of a lookup.
func named(addresses []string, err error) probed {
	if err != nil {
		return failedProbe(err)
	}
	slices.Sort(addresses)
	return probed{OK: true, Body: strings.Join(addresses, " ")}
}

// probeServer asks one DNS server over UDP. The dot at the end keeps the
// search domains of the pod out of it.
func probeServer(ctx context.Context, address, name string) probed {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", address)
	}}
	addresses, err := resolver.LookupHost(ctx, strings.TrimSuffix(name, ".")+".")
	var unknown *net.DNSError
	if errors.As(err, &unknown) && unknown.IsNotFound {
		return probed{OK: true, Body: "no such name"}
	}
	return named(addresses, err)
}
