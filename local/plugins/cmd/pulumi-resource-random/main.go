// Command pulumi-resource-random is a resource provider for random values, for
// machines that cannot download the official one; see package random. The pulumi
// CLI starts it, and finds it in $PULUMI_HOME/plugins/resource-random-v4.21.2.
package main

import (
	"fmt"
	"os"

	"live-omega/local/plugins/random"
	"live-omega/local/plugins/serve"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	err := serve.Plugin(func(server *grpc.Server, _ string) func() {
		pulumirpc.RegisterResourceProviderServer(server, random.NewProvider())
		return nil
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-random: %v\n", err)
		os.Exit(1)
	}
}
