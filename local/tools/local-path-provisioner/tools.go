//go:build tools

// Package tools pins the local-path-provisioner, which serves the default
// storage class of the local clusters.
package tools

import _ "github.com/rancher/local-path-provisioner"
