// Command pulumi-resource-kubernetes is a Pulumi plugin for Kubernetes objects. It stands in for the official plugin of this name
// where that cannot be downloaded; see package kubernetes for what it covers.
package main

import (
	"flag"
	"fmt"
	"os"

	"live-omega/local/plugins/kubernetes"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-kubernetes:", err)
		os.Exit(1)
	}
}

func run() error {
	// A set of its own, because libraries define flags of the same names. The engine's logging and tracing change nothing here.
	flags := flag.NewFlagSet("pulumi-resource-kubernetes", flag.ContinueOnError)
	flags.Bool("logtostderr", false, "ignored")
	flags.Int("v", 0, "ignored")
	flags.String("tracing", "", "ignored")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	return kubernetes.Serve(flags.Args())
}
