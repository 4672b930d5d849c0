// Command pulumi-language-go is a language host for Go, for machines that cannot
// download the official one; see package golang. The pulumi CLI starts it, and
// finds it next to itself or on PATH.
package main

import (
	"fmt"
	"os"

	"live-omega/local/plugins/golang"
	"live-omega/local/plugins/serve"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	err := serve.Plugin(func(server *grpc.Server, engineAddress string) func() {
		host := golang.NewHost(engineAddress)
		pulumirpc.RegisterLanguageRuntimeServer(server, host)
		return host.Close
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-go: %v\n", err)
		os.Exit(1)
	}
}
