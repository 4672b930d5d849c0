package ingress

import (
	"fmt"
	"slices"

	"live-omega/components/traefik"
)

// ShadowSuffix is what load balancers of Google Cloud append to the host of a request that they copy
// (requestMirrorPolicy in the reference of URL maps). No app has such a name, so the ingress takes it off
// and asks itself once more: the copy is then routed, and released, like a request.
const ShadowSuffix = "-shadow"

// copiesRouting is the routing of requests that a load balancer copied, a file for Traefik's file provider.
var copiesRouting = fmt.Sprintf(`http:
  routers:
    copies:
      entryPoints: [%[1]s]
      rule: HostRegexp(%[2]s)
      middlewares: [copies]
      service: again
  middlewares:
    copies:
      plugin:
        %[3]s:
          suffix: %[4]s
  services:
    again:
      loadBalancer:
        passHostHeader: true
        servers:
          - url: http://%[5]s:%[6]d
`, entryWeb, "`^.+"+ShadowSuffix+"$`", traefik.HostsName, ShadowSuffix, LoopAddress, Port)

// trusted are the networks whose X-Forwarded-* headers are believed. Copies come from the pod itself, and
// who they are from, and by which protocol, was said before they went round.
func (a Args) trusted() []string {
	if a.Exposure.Kind != NEG {
		return a.TrustedProxies
	}
	return append(slices.Clone(a.TrustedProxies), LoopAddress+"/32")
}
