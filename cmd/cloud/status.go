package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what runs where, at which version, whose it is and who sees it",
		Long: `Show what runs where, at which version, whose it is and who sees it.

The answer comes from the stacks' outputs, so it is there also while a cluster
is dead. A share is the part of all requests to the app that reaches the
variant on that cluster; copies and requests that choose their cluster or
variant by a header are not in it.`,
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

// print writes the overview as tables: clusters, then apps by variant, then communities.
func (o overview) print(w io.Writer) error {
	clusters := slices.Sorted(maps.Keys(o.Clusters))
	header := []string{"APP", "VARIANT", "OWNER", "COMMUNITY", "STRATEGY", "TRAFFIC"}
	for _, name := range clusters {
		header = append(header, strings.ToUpper(name))
	}
	tables := [][][]string{
		append([][]string{{"CLUSTER", "GATEWAY", "TRAFFIC", "DATABASES", "APPS"}}, o.clusterRows(clusters)...),
		append([][]string{header}, o.rows(clusters)...),
	}
	if communities := o.communityRows(clusters); len(communities) > 0 {
		tables = append(tables, append([][]string{{"COMMUNITY", "CONTACT", "MEMBERS", "UNTIL", "ON"}}, communities...))
	}
	for i, table := range tables {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		writer := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range table {
			fmt.Fprintln(writer, strings.Join(row, "\t"))
		}
		if err := writer.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// clusterRows has a row for each cluster. Traffic is that of the apps that have none of their own.
func (o overview) clusterRows(clusters []string) [][]string {
	var rows [][]string
	for _, name := range clusters {
		role := "follows"
		if o.Primary == name {
			role = "primary"
		}
		cluster, split := o.Clusters[name], o.Edge.Traffic.Default
		rows = append(rows, []string{
			name, cluster.Gateway, inWords(fmt.Sprintf("%g %%", split.weight(name)), split, name), role, fmt.Sprint(len(cluster.Apps)),
		})
	}
	return rows
}

// inWords adds to a share what else a split says; copies are told at the cluster that answers, or at
// "" for all.
func inWords(share string, split splitOutput, cluster string) string {
	if split.Sticky {
		share += " sticky"
	}
	words := []string{share}
	if split.Mirror != nil && split.Mirror.To != cluster {
		words = append(words, fmt.Sprintf("copies %g %% → %s", split.Mirror.Percent, split.Mirror.To))
	}
	if split.Pin {
		words = append(words, "pin")
	}
	return strings.Join(words, ", ")
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
		row := []string{k.app, k.variant, a.Owner, a.Community, o.strategy(k.app, clusters), o.traffic(k.app, clusters)}
		for _, cluster := range clusters {
			v, deployed := o.Clusters[cluster].Apps[k.app].Variants[k.variant]
			if !deployed {
				row = append(row, "-")
				continue
			}
			share := o.Edge.Traffic.of(k.app).weight(cluster) * v.Weight / 100
			row = append(row, fmt.Sprintf("%s ×%d %g %%", v.Version, v.Replicas, share))
		}
		rows = append(rows, row)
	}
	return rows
}

// strategy is how an app is released, once if the clusters do it alike.
func (o overview) strategy(app string, clusters []string) string {
	var each, on []string
	for _, cluster := range clusters {
		if a, deployed := o.Clusters[cluster].Apps[app]; deployed {
			each, on = append(each, a.release()), append(on, cluster)
		}
	}
	if len(slices.Compact(slices.Clone(each))) == 1 {
		return each[0]
	}
	for i := range each {
		each[i] = on[i] + ": " + each[i]
	}
	return strings.Join(each, "; ")
}

// release is the strategy with what it says: "canary 10 % sticky", "blueGreen active b".
func (a appOutput) release() string {
	words := a.Strategy
	switch a.Strategy {
	case "blueGreen":
		active := "a"
		if a.Variants["b"].Weight > 0 {
			active = "b"
		}
		words += " active " + active
	case "canary":
		words += fmt.Sprintf(" %g %%", a.Variants["b"].Weight)
	case "shadow":
		words += fmt.Sprintf(" %d %%", a.Percent)
	}
	if a.Sticky {
		words += " sticky"
	}
	if a.Preview != "" {
		words += ", preview"
	}
	if a.Pin {
		words += ", pin"
	}
	return words
}

// traffic is how the edge divides the requests of an app, if the app differs.
func (o overview) traffic(app string, clusters []string) string {
	split, differs := o.Edge.Traffic.Apps[app]
	if !differs {
		return "default"
	}
	shares := make([]string, len(clusters))
	for i, cluster := range clusters {
		shares[i] = fmt.Sprintf("%s %g %%", cluster, split.weight(cluster))
	}
	return inWords(strings.Join(shares, " "), split, "")
}

// communityRows has a row for each community, sorted, as the first cluster that has it knows it.
func (o overview) communityRows(clusters []string) [][]string {
	known, on := map[string]communityOutput{}, map[string][]string{}
	for _, cluster := range clusters {
		for name, community := range o.Clusters[cluster].Communities {
			if _, seen := known[name]; !seen {
				known[name] = community
			}
			on[name] = append(on[name], cluster)
		}
	}
	rows := make([][]string, 0, len(known))
	for _, name := range slices.Sorted(maps.Keys(known)) {
		community := known[name]
		rows = append(rows, []string{
			name, community.Contact, fmt.Sprint(len(community.Members)), community.stay(), strings.Join(on[name], ", "),
		})
	}
	return rows
}

// stay is how long a community stays, in words.
func (c communityOutput) stay() string {
	switch {
	case c.Until == "":
		return "stays"
	case c.Expired:
		return c.Until + ", expired"
	}
	return c.Until
}
