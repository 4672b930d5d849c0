package blastradius

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"live-omega/tests/recording"
)

// releases has every strategy once, with what it says to each of the objects that it can change.
var releases = []struct {
	release object
	// route is what the app's route does, in words; preview is the variant on the preview host.
	route, preview string
	// ends is whether old pods of variant a end before new ones start.
	ends bool
}{
	{object{"strategy": "recreate"}, "all to a", "", true},
	{object{"strategy": "ramped"}, "all to a", "", false},
	{object{"strategy": "blueGreen", "active": "b"}, "all to b", "a", false},
	{object{"strategy": "canary", "weight": 20, "sticky": true}, "visitors by weight", "", false},
	{object{"strategy": "abTest", "match": []any{object{"headers": object{"x-beta": "yes"}}}}, "by match", "", false},
	{object{"strategy": "shadow", "percent": 5}, "with copies", "", false},
	{object{"strategy": "dark"}, "all to a", "b", false},
}

func TestEveryChangeOfStrategyReachesTheAppsRoutesOnly(t *testing.T) {
	recording.Checkout(t)
	recorded := make([]recording.Recording, len(releases))
	for i, one := range releases {
		cloud := recording.Sample(t)
		at(cloud, "live", "apps", "guestbook")["release"] = one.release
		recorded[i] = cloud.Record(t)["live"]
	}
	for i, from := range releases {
		for j, to := range releases {
			t.Run(from.release["strategy"].(string)+" to "+to.release["strategy"].(string), func(t *testing.T) {
				var want []string
				if from.ends != to.ends {
					want = append(want, deployment+"guestbook-a")
				}
				if from.route != to.route {
					want = append(want, httpRoute+"guestbook")
				}
				if from.preview != to.preview {
					want = append(want, httpRoute+"guestbook-preview")
				}
				assert.Equal(t, want, recording.Changed(recorded[i], recorded[j]))
			})
		}
	}
}
