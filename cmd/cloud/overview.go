package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

// variantOutput is what a cluster stack exports of one variant.
type variantOutput struct {
	Image    string  `json:"image"`
	Version  string  `json:"version"`
	Replicas int     `json:"replicas"`
	Weight   float64 `json:"weight"` // percent of the app's requests inside the cluster
}

// appOutput is what a cluster stack exports of one app.
type appOutput struct {
	Owner       string                   `json:"owner"`
	Community   string                   `json:"community"`
	Description string                   `json:"description"`
	Host        string                   `json:"host"`
	Hosts       []string                 `json:"hosts,omitempty"`
	Preview     string                   `json:"preview,omitempty"` // host; "" without
	Strategy    string                   `json:"strategy"`
	Sticky      bool                     `json:"sticky"`
	Pin         bool                     `json:"pin"`
	Percent     int                      `json:"percent,omitempty"` // of the requests that shadow copies
	Variants    map[string]variantOutput `json:"variants"`
}

// memberOutput is what a cluster stack exports of one member of a community.
type memberOutput struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Role string `json:"role"`
}

// communityOutput is what a cluster stack exports of one community. Expired is added here, because it
// depends on the day.
type communityOutput struct {
	Contact    string            `json:"contact"`
	Until      string            `json:"until,omitempty"` // last day, as YYYY-MM-DD; "" stays for good
	Expired    bool              `json:"expired"`
	Members    []memberOutput    `json:"members"`
	Hosts      map[string]string `json:"hosts,omitempty"` // apps by host
	Namespaces []string          `json:"namespaces"`
}

type clusterOutput struct {
	Name        string                     `json:"name"`
	Gateway     string                     `json:"gateway"`
	Apps        map[string]appOutput       `json:"apps"`
	Communities map[string]communityOutput `json:"communities,omitempty"`
}

// mirrorOutput says which cluster gets copies, of what percentage of the requests that the other answers.
type mirrorOutput struct {
	To      string  `json:"to"`
	Percent float64 `json:"percent"`
}

// splitOutput is what the edge stack exports of one split. Live and Omega are percentages, of visitors if
// the split is sticky, of requests otherwise.
type splitOutput struct {
	Live   float64       `json:"live"`
	Omega  float64       `json:"omega"`
	Sticky bool          `json:"sticky"`
	Pin    bool          `json:"pin"`
	Mirror *mirrorOutput `json:"mirror,omitempty"`
}

// weight is the percentage of a cluster.
func (s splitOutput) weight(cluster string) float64 {
	return map[string]float64{"live": s.Live, "omega": s.Omega}[cluster]
}

type trafficOutput struct {
	Default splitOutput            `json:"default"`
	Apps    map[string]splitOutput `json:"apps"`
}

// of is the split of an app.
func (t trafficOutput) of(app string) splitOutput {
	if split, ok := t.Apps[app]; ok {
		return split
	}
	return t.Default
}

type edgeOutput struct {
	Gateway string        `json:"gateway"`
	Traffic trafficOutput `json:"traffic"`
}

// overview is the whole cloud as its stacks' outputs tell it.
type overview struct {
	Primary  string                   `json:"primary"`
	Edge     edgeOutput               `json:"edge"`
	Clusters map[string]clusterOutput `json:"clusters"`
}

// readOverview reads the outputs of all stacks at once.
func (c clone) readOverview(ctx context.Context) (overview, error) {
	var (
		shared      struct{ Primary string }
		edge        edgeOutput
		live, omega clusterOutput
	)
	group, ctx := errgroup.WithContext(ctx)
	for name, value := range map[string]any{"shared": &shared, "edge": &edge, "live": &live, "omega": &omega} {
		group.Go(func() error { return c.outputs(ctx, name, value) })
	}
	if err := group.Wait(); err != nil {
		return overview{}, err
	}
	o := overview{
		Primary: shared.Primary, Edge: edge,
		Clusters: map[string]clusterOutput{"live": live, "omega": omega},
	}
	o.expire(time.Now())
	return o, nil
}

// expire marks the communities whose last day has passed everywhere but behind UTC.
func (o overview) expire(now time.Time) {
	today := now.UTC().Format(time.DateOnly)
	for _, cluster := range o.Clusters {
		for name, community := range cluster.Communities {
			community.Expired = community.Until != "" && community.Until < today
			cluster.Communities[name] = community
		}
	}
}
