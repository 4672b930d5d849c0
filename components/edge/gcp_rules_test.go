package edge

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var both = []string{"live", "omega"}

func TestASplitIsRenderedIntoOneMatcher(t *testing.T) {
	cookie := func(cluster string) string {
		return "live-omega-cluster=" + cluster + "; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax"
	}
	all := func(cluster string) []weighted { return []weighted{{cluster: cluster, weight: 1000}} }
	pins := []rule{
		{priority: 100, matches: []headerMatch{{header: "X-Cluster", exact: "live"}}, shares: all("live")},
		{priority: 101, matches: []headerMatch{{header: "X-Cluster", exact: "omega"}}, shares: all("omega")},
	}
	drawnFor := func(priority int, cluster, copies string) rule {
		return rule{priority: priority, copies: copies, shares: all(cluster), matches: []headerMatch{
			{header: "Cookie", exact: "live-omega-cluster=" + cluster},
			{header: "Cookie", prefix: "live-omega-cluster=" + cluster + ";"},
			{header: "Cookie", suffix: "; live-omega-cluster=" + cluster},
		}}
	}
	last := func(shares ...weighted) rule { return rule{priority: 1000, shares: shares} }
	divided := last(weighted{cluster: "live", weight: 900}, weighted{cluster: "omega", weight: 100})
	given := func(shares ...weighted) rule {
		for i := range shares {
			shares[i].cookie = cookie(shares[i].cluster)
		}
		return last(shares...)
	}
	copied := func(one rule, to string) rule { one.copies = to; return one }
	tests := []struct {
		name  string
		live  int
		split Split
		want  []rule
	}{
		{"weights", 90, Split{}, []rule{divided}},
		{"a percent", 1, Split{}, []rule{last(weighted{cluster: "live", weight: 10}, weighted{cluster: "omega", weight: 990})}},
		{"a cluster that gets nothing is left out", 100, Split{}, []rule{last(all("live")...)}},
		{"pin", 90, Split{Pin: true}, append(pins[:2:2], divided)},
		{"sticky", 90, Split{Sticky: true}, []rule{drawnFor(200, "live", ""), drawnFor(201, "omega", ""), given(weighted{cluster: "live", weight: 900}, weighted{cluster: "omega", weight: 100})}},
		{"nobody stays on a cluster that gets nothing", 0, Split{Sticky: true}, []rule{drawnFor(201, "omega", ""), given(all("omega")...)}},
		{"pin before sticky", 100, Split{Sticky: true, Pin: true}, append(pins[:2:2], drawnFor(200, "live", ""), given(all("live")...))},
		{"copies", 100, Split{Mirror: &Mirror{To: "omega", Percent: 100}}, []rule{copied(last(all("live")...), "omega")}},
		{"copies the other way", 0, Split{Mirror: &Mirror{To: "live", Percent: 100}}, []rule{copied(last(all("omega")...), "live")}},
		{"a pinned request is not copied, a sticky one is", 100, Split{Sticky: true, Pin: true, Mirror: &Mirror{To: "omega", Percent: 100}},
			append(pins[:2:2], drawnFor(200, "live", "omega"), copied(given(all("live")...), "omega"))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.split.Weights = Weights{"live": test.live, "omega": 100 - test.live}
			require.Empty(t, test.split.UnsupportedOnGCP("default"))
			got := matchers(both, Traffic{Default: test.split})
			assert.Equal(t, []matcher{{name: "default", rules: test.want}}, got)
		})
	}
}

func TestPrioritiesAreDistinctHoweverManyClusters(t *testing.T) {
	weights, clusters := Weights{}, []string{}
	for i := range 20 {
		cluster := fmt.Sprintf("c%02d", i)
		clusters, weights[cluster] = append(clusters, cluster), 5
	}
	seen := map[int]bool{}
	for _, one := range matchers(clusters, Traffic{Default: Split{Weights: weights, Sticky: true, Pin: true}})[0].rules {
		assert.False(t, seen[one.priority], one.priority)
		seen[one.priority] = true
		assert.True(t, one.priority >= 0 && one.priority <= lastOfMatcher)
	}
	assert.Len(t, seen, 20+20+1)
}

func TestAnEditOfOneAppChangesItsMatcherOnly(t *testing.T) {
	traffic := func(wiki int) Traffic {
		return Traffic{Default: Split{Weights: Weights{"live": 100, "omega": 0}}, Apps: map[string]Split{
			"board": {Weights: Weights{"live": 50, "omega": 50}},
			"wiki":  {Weights: Weights{"live": wiki, "omega": 100 - wiki}, Sticky: true, Pin: wiki == 0},
			"zine":  {Weights: Weights{"live": 20, "omega": 80}},
		}}
	}
	before, after := matchers(both, traffic(30)), matchers(both, traffic(0))
	require.Len(t, after, 4)
	for i, name := range []string{"default", "app-board", "app-wiki", "app-zine"} {
		assert.Equal(t, name, after[i].name)
		assert.Equal(t, name == "app-wiki", !assert.ObjectsAreEqual(before[i], after[i]), name)
	}
}

func TestAnAppHasAllItsHosts(t *testing.T) {
	got, err := hostsOfApps([]string{"board", "wiki"}, "example.org", map[string][]string{
		"wiki": {"wiki.example.org", "wiki.club.net", "wiki-preview.example.org"},
	})
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{
		"board": {"board-preview.example.org", "board.example.org"},
		"wiki":  {"wiki-preview.example.org", "wiki.club.net", "wiki.example.org"},
	}, got)
}

func TestAHostOfTwoAppsIsRefused(t *testing.T) {
	_, err := hostsOfApps([]string{"board", "wiki"}, "example.org", map[string][]string{"board": {"club.net"}, "wiki": {"club.net"}})
	assert.EqualError(t, err, "host club.net is app board's on one cluster and app wiki's on the other; give it to the same app on both")
}

func TestMoreHostsThanARuleHoldsAreRefused(t *testing.T) {
	many := make([]string, 999)
	for i := range many {
		many[i] = fmt.Sprintf("h%d.club.net", i)
	}
	_, err := hostsOfApps([]string{"wiki"}, "example.org", map[string][]string{"wiki": many})
	assert.EqualError(t, err, "app wiki has 1001 hosts, and Google Cloud takes 1000; remove hosts of its community")
	_, err = hostsOfApps([]string{"wiki"}, "example.org", map[string][]string{"wiki": many[:998]})
	assert.NoError(t, err)
}

func TestWhatGoogleCloudCannotDoIsSaid(t *testing.T) {
	traffic := Traffic{
		Default: Split{Weights: Weights{"live": 90, "omega": 10}, Sticky: true, Pin: true},
		Apps: map[string]Split{
			"board": {Weights: Weights{"live": 100, "omega": 0}, Mirror: &Mirror{To: "omega", Percent: 5}},
			"wiki":  {Weights: Weights{"live": 90, "omega": 10}, Mirror: &Mirror{To: "omega", Percent: 100}},
			"zine":  {Weights: Weights{"live": 0, "omega": 100}, Mirror: &Mirror{To: "live", Percent: 100}},
		},
	}
	assert.Equal(t, []Problem{
		{"apps.board.mirror.percent", "found 5", "write 100: on platform gke all requests are copied or none"},
		{"apps.wiki.mirror.to", "found omega, which is sent 10 % of the requests itself",
			"write omega: 0, or remove mirror: on platform gke its own requests would be copied to it too"},
	}, traffic.UnsupportedOnGCP())
}

func TestMoreAppsThanAMapHoldsAreSaid(t *testing.T) {
	traffic := Traffic{Default: Split{Weights: Weights{"live": 100, "omega": 0}}, Apps: map[string]Split{}}
	for i := range 1000 {
		traffic.Apps[fmt.Sprintf("app%d", i)] = traffic.Default
	}
	assert.Equal(t, []Problem{{"apps", "found 1000 apps that differ from the default", "write at most 997; the limit of a URL map is 1000"}}, traffic.UnsupportedOnGCP())
	for i := range 3 {
		delete(traffic.Apps, fmt.Sprintf("app%d", i))
	}
	assert.Empty(t, traffic.UnsupportedOnGCP())
}

func TestOnlyNamesRightBelowTheDomainAreCovered(t *testing.T) {
	for host, want := range map[string]bool{
		"example.org": true, "wiki.example.org": true, "board.club.net": true,
		"a.wiki.example.org": false, "example.net": false, ".example.org": false, "club.net": false, "badexample.org": false,
	} {
		assert.Equal(t, want, CoveredByCertificate(host, "example.org", []string{"board.club.net"}), host)
	}
}
