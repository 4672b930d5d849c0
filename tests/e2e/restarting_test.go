//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/e2e/rig"
)

// leaving is the longest that a pod may take to be replaced and gone. A gateway
// waits over a minute for the last of its connections.
const leaving = 3 * time.Minute

func restarting() []Case {
	anApp := func(*testing.T, rig.Kube) (string, string) { return app + "-a", app }
	gateway := func(t *testing.T, k rig.Kube) (string, string) { return "ingress", k.GatewayDeployment(t) }
	restart := func(t *testing.T, k rig.Kube, namespace, name string) { k.Restart(t, namespace, name) }
	deletion := func(t *testing.T, k rig.Kube, namespace, name string) { k.DeletePod(t, namespace, name) }

	var cases []Case
	for _, target := range []struct {
		name, cluster string
		find          func(*testing.T, rig.Kube) (namespace, name string)
	}{
		{"an app", "live", anApp},
		{"the gateway of a cluster", "live", gateway},
		{"the gateway of the edge", "edge", gateway},
	} {
		for _, action := range []struct {
			name string
			do   func(t *testing.T, k rig.Kube, namespace, name string)
		}{
			{"restart", restart},
			{"loss of a pod", deletion},
		} {
			cases = append(cases, Case{
				Name:        action.name + " of " + target.name,
				Description: action.name + " of " + target.name + " under 500 requests/s loses none of them",
				Prove: func(t *testing.T, c *rig.Cloud) {
					kube := c.Kube(t, target.cluster)
					namespace, name := target.find(t, kube)
					kube.WaitSettled(t, namespace, name, leaving)
					sent := send(t, c, "edge")
					until(t, sent.began.Add(3*time.Second))
					began := time.Now()
					action.do(t, kube, namespace, name)
					kube.WaitSettled(t, namespace, name, leaving)
					t.Logf("replaced and gone after %.1f s", time.Since(began).Seconds())
					until(t, time.Now().Add(2*time.Second))
					assert.Zero(t, sent.finish(t).Failed, "lost requests")
				},
			})
		}
	}
	return cases
}
