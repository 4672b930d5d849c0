// Package dns stands for the package of the same name in lego, the ACME client
// in Traefik, which brings the SDKs of 165 DNS services: most of the modules that
// Traefik needs, and none that a local cluster can use. Traefik built with it
// does everything but DNS challenges.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

// NewDNSChallengeProviderByName knows no provider: the error says why.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("DNS challenge with %q: this Traefik was built without DNS providers, use the HTTP or TLS challenge", name)
}
