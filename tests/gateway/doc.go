// Package gateway tests what the routes of the program do in a real Traefik that reads them from a real
// API server. The objects are those that the components make; only the pods are played, by HTTP
// servers of the test. It needs the binaries in .local/bin, and no cluster: `go test -tags integration`.
package gateway
