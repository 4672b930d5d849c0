package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	// writeTimeout leaves room for the longest answer of /api/delay.
	writeTimeout = maxDelay + 15*time.Second
	// idleTimeout is longer than a gateway keeps an unused connection (90 s by
	// default in Traefik and in Go), so that the gateway is the one to close it:
	// the other way round a request can meet a closing connection.
	idleTimeout = 3 * time.Minute
)

// server answers requests on one port and serves metrics on another.
type server struct {
	cfg      config
	log      *slog.Logger
	metrics  *metrics
	draining atomic.Bool

	listener, metricsListener net.Listener
	app, metricsServer        *http.Server
}

// newServer opens both ports, so that an address in use is an error here.
func newServer(cfg config, log *slog.Logger) (*server, error) {
	s := &server{cfg: cfg, log: log, metrics: newMetrics(cfg.identity)}
	var err error
	if s.listener, err = listen(cfg.port); err != nil {
		return nil, fmt.Errorf("opening PORT: %w", err)
	}
	if s.metricsListener, err = listen(cfg.metricsPort); err != nil {
		s.listener.Close()
		return nil, fmt.Errorf("opening METRICS_PORT: %w", err)
	}
	errorLog := slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	s.app = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          errorLog,
	}
	s.metricsServer = &http.Server{
		Handler:           s.metrics.handler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout,
		ErrorLog:          errorLog,
	}
	return s, nil
}

func listen(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(port)))
}

// run serves until ctx ends, then drains. It returns an error when a port
// fails or when requests had to be cut off.
func (s *server) run(ctx context.Context) error {
	failed := make(chan error, 2)
	serve := func(name string, srv *http.Server, l net.Listener) {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serving %s on %s: %w", name, l.Addr(), err)
		}
	}
	go serve("requests", s.app, s.listener)
	go serve("metrics", s.metricsServer, s.metricsListener)
	s.log.Info("serving", "address", s.listener.Addr().String(), "metrics", s.metricsListener.Addr().String())

	// Metrics go last: the final scrape should see the drained requests.
	defer s.metricsServer.Close()
	select {
	case err := <-failed:
		s.app.Close()
		return err
	case <-ctx.Done():
		return s.drain()
	}
}

// drain lets the pod leave without dropping a request. Between SIGTERM and the
// moment the last gateway has taken the pod off its list, requests still come
// in, so for drainDelay they are answered as ever, each asking its connection
// to close. Idle connections stay open for that time: closing one under a
// request that is on its way is how requests get lost.
func (s *server) drain() error {
	s.draining.Store(true)
	s.log.Info("draining", "delay", s.cfg.drainDelay.String(), "timeout", s.cfg.shutdownTimeout.String())
	time.Sleep(s.cfg.drainDelay)

	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.shutdownTimeout)
	defer cancel()
	if err := s.app.Shutdown(ctx); err != nil {
		s.app.Close()
		return fmt.Errorf("requests still running %s after the drain were cut off (raise SHUTDOWN_TIMEOUT): %w",
			s.cfg.shutdownTimeout, err)
	}
	return nil
}
