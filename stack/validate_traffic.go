package stack

import (
	"fmt"
	"maps"
	"slices"

	"live-omega/apps"
	"live-omega/stack/strict"
)

func (v *validator) traffic() {
	traffic := v.config.Traffic
	if traffic == nil {
		return
	}
	if traffic.Default == nil {
		v.report("traffic.default", "missing", "write {live: 100, omega: 0}")
	} else {
		v.split("traffic.default", *traffic.Default)
	}
	for _, name := range slices.Sorted(maps.Keys(traffic.Apps)) {
		path := strict.Join("traffic.apps", name)
		if v.oneOf(path, name, apps.Names()) {
			v.split(path, traffic.Apps[name])
		}
	}
}

func (v *validator) split(path string, split Split) {
	weights := split.weights()
	sum, before := 0, len(v.problems)
	for _, cluster := range ClusterNames {
		if weights[cluster] < 0 || weights[cluster] > 100 {
			v.report(strict.Join(path, cluster), fmt.Sprintf("found %d", weights[cluster]), "write a percentage from 0 to 100")
		}
		sum += weights[cluster]
	}
	if len(v.problems) == before && sum != 100 {
		v.report(path, fmt.Sprintf("weights sum to %d, want 100", sum), "change them so that they do")
	}
	if split.Mirror != nil {
		v.mirror(strict.Join(path, "mirror"), *split.Mirror, weights)
	}
	if len(v.problems) == before {
		v.unsupported(path, split)
	}
}

// mirror also finds a mirror that would copy nothing: copies are made of what the other cluster answers.
func (v *validator) mirror(path string, mirror Mirror, weights map[string]int) {
	if v.oneOf(path+".to", mirror.To, ClusterNames) {
		for _, cluster := range ClusterNames {
			if cluster != mirror.To && weights[cluster] == 0 {
				v.report(path+".to", fmt.Sprintf("found %s, but %s gets 0 %% of the requests, so there is nothing to copy", quote(mirror.To), cluster),
					fmt.Sprintf("give %s 1 or more, write to: %s, or remove mirror", cluster, cluster))
			}
		}
	}
	switch {
	case mirror.Percent == nil:
		v.report(path+".percent", "missing", "write the percentage of requests to copy, 1 to 100")
	case *mirror.Percent < 1 || *mirror.Percent > 100:
		v.report(path+".percent", fmt.Sprintf("found %d", *mirror.Percent), "write a percentage from 1 to 100, or remove mirror")
	}
}

// weights are the percentages by cluster.
func (s Split) weights() map[string]int {
	return map[string]int{"live": *s.Live, "omega": *s.Omega}
}
