// Command pulumi-resource-gcp is a resource provider whose cloud is a folder; see package gcp. The pulumi CLI
// of the tests starts it.
package main

import (
	"fmt"
	"os"

	"live-omega/local/plugins/serve"
	"live-omega/tests/gcp"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	provider, err := gcp.NewProvider()
	if err == nil {
		err = serve.Plugin(func(server *grpc.Server, _ string) func() {
			pulumirpc.RegisterResourceProviderServer(server, provider)
			return nil
		})
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-gcp: %v\n", err)
		os.Exit(1)
	}
}
