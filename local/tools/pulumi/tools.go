//go:build tools

// Package tools pins the Pulumi CLI. It has a module of its own so that the
// CLI's dependencies never meet the program's.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
