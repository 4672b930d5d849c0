package ingress

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A connection that is left when Traefik is told to stop can carry a request that nobody answers.
func TestDrainingOutlivesEveryConnection(t *testing.T) {
	assert.Greater(t, public.seconds, readSeconds, "connections on which nothing was sent are closed after readSeconds")
	assert.Greater(t, public.seconds, public.keepAliveSeconds)
	assert.Greater(t, behindEdge.seconds, behindEdge.keepAliveSeconds)
}

// Google's load balancers keep idle connections for 600 s, and pods stay in their group for up to a minute.
func TestBehindALoadBalancerItAloneClosesConnections(t *testing.T) {
	args := Args{Exposure: Exposure{Kind: NEG, Group: "live-ingress"}}
	assert.Subset(t, args.flags(), []string{
		"--entrypoints.web.transport.keepalivemaxtime=0s",
		"--entrypoints.web.transport.respondingtimeouts.readtimeout=620s",
		"--entrypoints.web.transport.respondingtimeouts.idletimeout=620s",
	})
	assert.Greater(t, args.drain().seconds, 60)
	assert.Greater(t, args.settleProbes(), 1)
}

func TestAPodIsKilledOnlyAfterEveryStepOfItsEndHadItsTime(t *testing.T) {
	for name, args := range map[string]Args{"public": {Public: true}, "behind the edge": {}, "behind a load balancer": {Exposure: Exposure{Kind: NEG}}} {
		t.Run(name, func(t *testing.T) {
			assert.Greater(t, args.terminationSeconds(), args.drain().seconds+acceptSeconds+graceSeconds)
		})
	}
}

func TestAPublicGatewayClosesConnectionsDuringItsDrain(t *testing.T) {
	args := Args{Public: true, Exposure: Exposure{Kind: ExternalIP, Address: "10.0.0.1"}}
	assert.Subset(t, args.flags(), []string{
		"--entrypoints.web.transport.keepalivemaxtime=30s",
		"--entrypoints.web.transport.respondingtimeouts.readtimeout=60s",
		"--entrypoints.web.transport.respondingtimeouts.idletimeout=60s",
	})
	args.Public = false
	assert.Contains(t, args.flags(), "--entrypoints.web.transport.keepalivemaxtime=4s")
}

func TestOnlyAGatewayBehindTheEdgeWaitsForTheAppsToSettle(t *testing.T) {
	assert.Equal(t, 1, Args{Public: true}.settleProbes())
	assert.Greater(t, Args{}.settleProbes(), 1)
}
