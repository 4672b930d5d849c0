package blastradius

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/recording"
)

// splits has every way of dividing traffic between the clusters, alone and together with the others.
var splits = []struct {
	name  string
	split object
}{
	{"weights", object{"live": 90, "omega": 10}},
	{"other weights", object{"live": 20, "omega": 80}},
	{"sticky", object{"live": 90, "omega": 10, "sticky": true}},
	{"sticky with other weights", object{"live": 20, "omega": 80, "sticky": true}},
	{"pin", object{"live": 90, "omega": 10, "pin": true}},
	{"copies to omega", object{"live": 90, "omega": 10, "mirror": object{"to": "omega", "percent": 5}}},
	{"copies to live", object{"live": 90, "omega": 10, "mirror": object{"to": "live", "percent": 5}}},
	{"sticky and pin", object{"live": 90, "omega": 10, "sticky": true, "pin": true}},
	{"sticky and copies", object{"live": 90, "omega": 10, "sticky": true, "mirror": object{"to": "omega", "percent": 5}}},
	{"pin and copies", object{"live": 90, "omega": 10, "pin": true, "mirror": object{"to": "omega", "percent": 5}}},
	{"all of them", object{"live": 90, "omega": 10, "sticky": true, "pin": true, "mirror": object{"to": "omega", "percent": 5}}},
}

func TestEveryChangeOfASplitReachesItsRouteOnly(t *testing.T) {
	recording.Checkout(t)
	clusters := map[string]resource.PropertyMap{}
	for name, recorded := range recording.Sample(t).Record(t) {
		clusters[name] = recorded.Raw
	}
	edge := func(edit func(traffic object)) recording.Recording {
		config := recording.Sample(t)["edge"]
		edit(config["traffic"].(object))
		recorded, err := recording.Stack(t, "edge", config, clusters)
		require.NoError(t, err)
		return recorded
	}
	ofDefault, ofApp := make([]recording.Recording, len(splits)), make([]recording.Recording, len(splits))
	for i, one := range splits {
		ofDefault[i] = edge(func(traffic object) { traffic["default"] = one.split })
		ofApp[i] = edge(func(traffic object) { traffic["apps"].(object)["guestbook"] = one.split })
	}
	for i, from := range splits {
		for j, to := range splits {
			if i == j {
				continue
			}
			t.Run(from.name+" to "+to.name, func(t *testing.T) {
				assert.Equal(t, []string{httpRoute + "default"}, recording.Changed(ofDefault[i], ofDefault[j]))
				assert.Equal(t, []string{httpRoute + "app-guestbook"}, recording.Changed(ofApp[i], ofApp[j]))
			})
		}
	}
}

func TestAReleaseInAClusterIsNoneOfTheEdgesBusiness(t *testing.T) {
	recording.Checkout(t)
	before := recording.Sample(t).Record(t)["edge"]
	for _, release := range []object{{"strategy": "blueGreen", "active": "a"}, {"strategy": "dark"}, {"strategy": "ramped"}} {
		t.Run(release["strategy"].(string), func(t *testing.T) {
			cloud := recording.Sample(t)
			at(cloud, "live", "apps", "guestbook")["release"] = release
			assert.Empty(t, recording.Changed(before, cloud.Record(t)["edge"]))
		})
	}
}
