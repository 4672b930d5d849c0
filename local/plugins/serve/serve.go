// Package serve is the part that all Pulumi plugins have in common: how the CLI
// starts them, talks to them, and how they end.
package serve

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"google.golang.org/grpc"
)

// Plugin serves until the CLI ends or says to stop. register adds the plugin's
// services to the server; it is given the engine's address (host:port, empty
// when the CLI passes none) and returns what to do at the end, or nil.
//
// The plugin ends with the process that started it, even when that is killed and
// can tell nobody.
func Plugin(register func(server *grpc.Server, engineAddress string) (stop func())) error {
	engineAddress, err := parseArguments(os.Args[1:])
	if err != nil {
		return err
	}

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	parent, err := parentDeath()
	if err != nil {
		return err
	}

	var stop func()
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(s *grpc.Server) error {
			stop = register(s, engineAddress)
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("serving the plugin protocol: %w", err)
	}
	if stop != nil {
		defer stop()
	}
	// The protocol wants the port on the first line of standard output.
	fmt.Println(server.Port)

	select {
	case err := <-server.Done:
		return err
	case <-signals:
	case <-parent:
	}
	return nil
}

// parseArguments returns the engine's address, the last argument. The CLI passes
// its own logging and tracing flags on; there is nothing to log or trace.
func parseArguments(args []string) (string, error) {
	flags := flag.NewFlagSet("plugin", flag.ContinueOnError)
	flags.Bool("logtostderr", false, "accepted for compatibility")
	flags.Int("v", 0, "accepted for compatibility")
	flags.String("tracing", "", "accepted for compatibility")
	if err := flags.Parse(args); err != nil {
		return "", fmt.Errorf("reading the arguments: %w", err)
	}
	return flags.Arg(0), nil
}
