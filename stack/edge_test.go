package stack_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

type object = map[string]any

// edgeWith runs the edge with some traffic, beside clusters that have the output apps.
func edgeWith(t *testing.T, traffic object, live, omega object) recording.Recording {
	t.Helper()
	recording.Checkout(t)
	config := recording.Sample(t)["edge"]
	config["traffic"] = traffic
	outputs := map[string]resource.PropertyMap{}
	for name, apps := range map[string]object{"live": live, "omega": omega} {
		outputs[name] = resource.NewPropertyMapFromMap(object{"gateway": "10.0.0.1:80", "apps": apps})
	}
	recorded, err := recording.Stack(t, "edge", config, outputs)
	require.NoError(t, err)
	return recorded
}

func TestTheEdgesRouteOfAnAppHasTheNamesThatTheClustersKnow(t *testing.T) {
	tests := []struct {
		name        string
		live, omega object
		want        []any
	}{
		{"an app that is nowhere yet", object{}, object{}, nil},
		{"a cluster that does not say", object{"guestbook": object{}}, object{}, nil},
		{"its own names again", object{"guestbook": object{
			"hosts": []any{"guestbook.live-omega.test"}, "preview": "guestbook-preview.live-omega.test"}}, object{}, nil},
		{"names of its community, on either cluster",
			object{"guestbook": object{"hosts": []any{"guestbook.live-omega.test", "visitors.test"}}},
			object{"guestbook": object{"hosts": []any{"book.test", "visitors.test"}}, "hello": object{"hosts": []any{"hello.test"}}},
			[]any{"book.test", "visitors.test"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			recorded := edgeWith(t, object{"default": object{"live": 100}, "apps": object{"guestbook": object{"live": 50, "omega": 50}}}, test.live, test.omega)
			route := recorded.Resources["kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::app-guestbook"]
			own := []any{"guestbook.live-omega.test", "guestbook-preview.live-omega.test"}
			assert.Equal(t, append(own, test.want...), route.Inputs["spec"].(object)["hostnames"])
		})
	}
}

func TestOutputsSayEverythingAboutTheTraffic(t *testing.T) {
	recorded := edgeWith(t, object{
		"default": object{"live": 100},
		"apps":    object{"hello": object{"live": 90, "omega": 10, "sticky": true, "pin": true, "mirror": object{"to": "omega", "percent": 5}}},
	}, object{}, object{})
	assert.Equal(t, object{
		"default": object{"live": 100.0, "omega": 0.0, "sticky": false, "pin": false},
		"apps": object{"hello": object{
			"live": 90.0, "omega": 10.0, "sticky": true, "pin": true, "mirror": object{"to": "omega", "percent": 5.0},
		}},
	}, recorded.Outputs["traffic"])
}
