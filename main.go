// Command live-omega is the Pulumi program of the cloud. What a stack is made of is decided by its
// config; see package stack.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/stack"
)

func main() { pulumi.Run(stack.Deploy) }
