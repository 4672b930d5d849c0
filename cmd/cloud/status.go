package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
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
	Strategy    string                   `json:"strategy"`
	Variants    map[string]variantOutput `json:"variants"`
}

type clusterOutput struct {
	Name    string               `json:"name"`
	Gateway string               `json:"gateway"`
	Apps    map[string]appOutput `json:"apps"`
}

type trafficOutput struct {
	Default map[string]float64            `json:"default"`
	Apps    map[string]map[string]float64 `json:"apps"`
}

// of returns the percentage of an app's requests that a cluster gets.
func (t trafficOutput) of(app, cluster string) float64 {
	if weights, ok := t.Apps[app]; ok {
		return weights[cluster]
	}
	return t.Default[cluster]
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
	return overview{
		Primary: shared.Primary, Edge: edge,
		Clusters: map[string]clusterOutput{"live": live, "omega": omega},
	}, nil
}

func newStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what runs where, at which version, whose it is and who sees it",
		Long: `Show what runs where, at which version, whose it is and who sees it.

The answer comes from the stacks' outputs, so it is there also while a cluster
is dead. A share is the part of all requests to the app that reaches the
variant on that cluster.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := openClone()
			if err != nil {
				return err
			}
			o, err := c.readOverview(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				encoder := json.NewEncoder(os.Stdout)
				encoder.SetIndent("", "  ")
				return encoder.Encode(o)
			}
			return o.print(os.Stdout)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// print writes the overview as two tables: clusters, then apps by variant.
func (o overview) print(w io.Writer) error {
	clusters := slices.Sorted(maps.Keys(o.Clusters))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CLUSTER\tGATEWAY\tTRAFFIC\tDATABASES\tAPPS")
	for _, name := range clusters {
		role := "follows"
		if o.Primary == name {
			role = "primary"
		}
		cluster := o.Clusters[name]
		fmt.Fprintf(table, "%s\t%s\t%g %%\t%s\t%d\n",
			name, cluster.Gateway, o.Edge.Traffic.Default[name], role, len(cluster.Apps))
	}
	fmt.Fprintln(table)
	header := []string{"APP", "VARIANT", "OWNER", "COMMUNITY", "STRATEGY"}
	for _, name := range clusters {
		header = append(header, strings.ToUpper(name))
	}
	fmt.Fprintln(table, strings.Join(header, "\t"))
	for _, row := range o.rows(clusters) {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

// rows has a row for each variant of each app, sorted. The last columns, one
// for each cluster, say version, replicas and share of the app's requests.
func (o overview) rows(clusters []string) [][]string {
	type key struct{ app, variant string }
	facts := map[key]appOutput{}
	for _, cluster := range clusters {
		for app, a := range o.Clusters[cluster].Apps {
			for variant := range a.Variants {
				if _, seen := facts[key{app, variant}]; !seen {
					facts[key{app, variant}] = a
				}
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(facts), func(x, y key) int {
		return strings.Compare(x.app+"/"+x.variant, y.app+"/"+y.variant)
	})
	rows := make([][]string, 0, len(keys))
	for _, k := range keys {
		a := facts[k]
		row := []string{k.app, k.variant, a.Owner, a.Community, a.Strategy}
		for _, cluster := range clusters {
			v, deployed := o.Clusters[cluster].Apps[k.app].Variants[k.variant]
			if !deployed {
				row = append(row, "-")
				continue
			}
			share := o.Edge.Traffic.of(k.app, cluster) * v.Weight / 100
			row = append(row, fmt.Sprintf("%s ×%d %g %%", v.Version, v.Replicas, share))
		}
		rows = append(rows, row)
	}
	return rows
}
