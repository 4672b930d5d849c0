// Command cloud does what pulumi alone does not: look across the stacks of a
// live-omega cloud, and run the machine's own clusters.
//
// Results go to stdout and progress to stderr. Exit codes: 0 done, 1 failed,
// 2 wrong usage, 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"live-omega/local/layout"
	"live-omega/local/progress"
)

const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C ends the process at once: stop gives the signals back.
	context.AfterFunc(ctx, stop)

	err := newCommand().ExecuteContext(ctx)
	switch {
	case err == nil:
	case errors.As(err, new(usageError)):
		fmt.Fprintln(os.Stderr, "cloud:", err)
		os.Exit(exitUsage)
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "cloud: interrupted; nothing is lost, run the same command again to go on")
		os.Exit(exitInterrupted)
	default:
		fmt.Fprintln(os.Stderr, "cloud:", err)
		os.Exit(exitFailed)
	}
}

// usageError is what the caller typed wrong.
type usageError struct{ error }

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "cloud",
		Short:         "Look across the stacks of a live-omega cloud, and run its local clusters",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          usage(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.AddCommand(newStatusCommand(), newLocalCommand())
	return root
}

// usage marks the errors of an argument check as wrong usage.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}

// clone is what every command works on: the clone it is run in, and where
// progress is shown.
type clone struct {
	root layout.Root
	log  *progress.Log
}

func openClone() (clone, error) {
	root, err := layout.Find(".")
	if err != nil {
		return clone{}, err
	}
	return clone{root: root, log: progress.New(os.Stderr)}, nil
}
