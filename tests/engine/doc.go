// Package engine tests the program with what a person uses: the real pulumi CLI,
// the real plugins and real Kubernetes API servers. Only the nodes are missing;
// a loop stands in for them and calls every pod ready.
//
//	go test -tags integration ./tests/engine
package engine
