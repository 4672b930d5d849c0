package traefik

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/gatewayapi"
)

// What copies may cost the gateway. A copy is sent when the user's response is complete, so the user
// does not wait for it; but Traefik holds it, some 150 KB with its connection, until it is answered, and has no
// bound for how many it holds. These times are the bound.
const (
	// copyDialTimeout is how long a connection for a copy may take.
	copyDialTimeout = "1s"
	// copyAnswerTimeout is how long the answer to a copy may take to begin; then the connection is closed.
	// Nothing bounds how long an answer may last that has begun.
	copyAnswerTimeout = "2s"
	// copyIdleTimeout is shorter than what servers keep idle connections for.
	copyIdleTimeout = "3s"
	// copyConnections are kept open to each pod for the next copies.
	copyConnections = 100
	// copyBodyBytes is the largest body that is copied. Traefik reads that much of every request before
	// it serves it; a request with a larger body is served, and not copied.
	copyBodyBytes = 64 << 10
)

// NewCopies creates a TraefikService that sends every request to main, and a copy of it to the Service
// copies, whose answers are dropped. Which share of requests is copied is said by the weight of the
// TraefikService in a route.
//
// Copies are made of requests with a body of up to 64 KiB, and given up when their answer does not begin
// within 2 s.
func NewCopies(ctx *pulumi.Context, name string, object Object, main, copies gatewayapi.Backend, opts ...pulumi.ResourceOption) (*apiextensions.CustomResource, error) {
	if copies.Traefik != "" {
		return nil, fmt.Errorf("creating TraefikService %s/%s: %w", object.Namespace, object.Name,
			errors.New("copies go to a TraefikService, want a Service: nothing would bound their time"))
	}
	transport, err := newObject(ctx, name, "ServersTransport", object, copyTransport(), opts...)
	if err != nil {
		return nil, err
	}
	return newObject(ctx, name, "TraefikService", object, map[string]any{"mirroring": mirroring(object, main, copies)},
		append(opts, pulumi.DependsOn([]pulumi.Resource{transport}))...)
}

func copyTransport() map[string]any {
	return map[string]any{
		"forwardingTimeouts": map[string]any{
			"dialTimeout":           copyDialTimeout,
			"responseHeaderTimeout": copyAnswerTimeout,
			"idleConnTimeout":       copyIdleTimeout,
		},
		"maxIdleConnsPerHost": copyConnections,
	}
}

func mirroring(object Object, main, copies gatewayapi.Backend) map[string]any {
	mirror := reference(copies)
	// Traefik keeps Services by their names, whichever object refers to them, and the transport is part of
	// what it keeps: without another name, users' requests to the same Service would get the transport
	// too, or copies would not. The provider's suffix changes the name and nothing else.
	mirror["name"] = copies.Name + "@" + provider
	mirror["serversTransport"] = normalized(object.Namespace+"-"+object.Name) + "@" + provider
	mirror["percent"] = 100
	spec := reference(main)
	spec["mirrors"] = []any{mirror}
	spec["mirrorBody"] = true
	spec["maxBodySize"] = copyBodyBytes
	return spec
}
