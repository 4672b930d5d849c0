package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"live-omega/local/cluster"
	"live-omega/local/layout"
)

// drainLimit is how long the pods of a node may take to leave it. A gateway
// takes a minute to let go of its connections, and budgets let one pod go
// after the other.
const drainLimit = 10 * time.Minute

func newNodeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "node",
		Short: "Give a cluster a second node, drain one, take it away",
		Long: `Give a cluster a second node, drain one, take it away.

The first node has the cluster's name and runs its control plane; the second is
called CLUSTER-b. They are the node pools a and b: each node says which by its
label ` + layout.PoolLabel + `.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNodeAddCommand(), newNodeRemoveCommand(), newNodeDrainCommand(), newNodeUncordonCommand())
	return cmd
}

func newNodeAddCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "add CLUSTER",
		Short:             "Add the second node, or start it again; returns when it takes pods",
		Args:              usage(cobra.ExactArgs(1)),
		ValidArgsFunction: completeClusters,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onCluster(cmd.Context(), args[0], func(c clone, one layout.Cluster, options cluster.Options) error {
				return cluster.AddNode(cmd.Context(), c.root, one, options, c.log)
			})
		},
	}
}

func newNodeRemoveCommand() *cobra.Command {
	var how cluster.RemoveOptions
	limit := drainLimit
	cmd := &cobra.Command{
		Use:   "remove CLUSTER",
		Short: "Drain the second node and remove every trace of it",
		Long: `Drain the second node and remove every trace of it. It stays if its pods do not
leave, or if the data of a volume lies on it; --force then removes it as if its
machine were lost.`,
		Args:              usage(cobra.ExactArgs(1)),
		ValidArgsFunction: completeClusters,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onCluster(cmd.Context(), args[0], func(c clone, one layout.Cluster, options cluster.Options) error {
				ctx, cancel := context.WithTimeoutCause(cmd.Context(), limit, fmt.Errorf("%s are over", limit))
				defer cancel()
				return cluster.RemoveNode(ctx, c.root, one, options, how, c.log)
			})
		},
	}
	cmd.Flags().BoolVar(&how.Force, "force", false, "kill its pods instead of evicting them, and give up volumes on it")
	cmd.Flags().DurationVar(&limit, "timeout", limit, "how long it may take")
	return cmd
}

func newNodeDrainCommand() *cobra.Command {
	how := cluster.DrainOptions{Limit: drainLimit}
	cmd := &cobra.Command{
		Use:   "drain CLUSTER NODE",
		Short: "Have the pods of a node move to the other one; returns when they have left",
		Long: `Have the pods of a node move to the other one: it takes no new pods, and those
that it has are evicted as their disruption budgets allow. Returns when they
have left. Exits with 1, and names the pods that are left and what keeps each,
if that takes too long; the same command again goes on.`,
		Args:              usage(cobra.ExactArgs(2)),
		ValidArgsFunction: completeNodes,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onNode(args, func(c clone, one layout.Cluster, node layout.Node) error {
				return cluster.Drain(cmd.Context(), c.root, one, node, how, c.log)
			})
		},
	}
	cmd.Flags().BoolVar(&how.Force, "force", false, "evict also pods that nothing makes anew elsewhere")
	cmd.Flags().DurationVar(&how.Limit, "timeout", how.Limit, "how long the pods may take to leave")
	return cmd
}

func newNodeUncordonCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "uncordon CLUSTER NODE",
		Short:             "Let a node take pods again; moves none back",
		Args:              usage(cobra.ExactArgs(2)),
		ValidArgsFunction: completeNodes,
		RunE: func(cmd *cobra.Command, args []string) error {
			return onNode(args, func(c clone, one layout.Cluster, node layout.Node) error {
				return cluster.Uncordon(cmd.Context(), c.root, one, node, c.log)
			})
		},
	}
}

// onCluster runs f for the cluster of that name with what clusters are started
// with, while the registry, from which nodes pull, runs.
func onCluster(ctx context.Context, name string, f func(clone, layout.Cluster, cluster.Options) error) error {
	clusters, err := chosen([]string{name})
	if err != nil {
		return err
	}
	c, err := openClone()
	if err != nil {
		return err
	}
	options, err := c.clusterOptions()
	if err != nil {
		return fmt.Errorf("%w; start the cluster first with: cloud local up %s", err, name)
	}
	if err := c.push(ctx, nil); err != nil {
		return err
	}
	return f(c, clusters[0], options)
}

// onNode runs f for the node that the two arguments name.
func onNode(args []string, f func(clone, layout.Cluster, layout.Node) error) error {
	clusters, err := chosen(args[:1])
	if err != nil {
		return err
	}
	node, err := clusters[0].NodeNamed(args[1])
	if err != nil {
		return usageError{err}
	}
	c, err := openClone()
	if err != nil {
		return err
	}
	return f(c, clusters[0], node)
}

func completeNodes(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completeClusters(cmd, args, typed)
	}
	var names []string
	if c, err := layout.ClusterNamed(args[0]); err == nil && len(args) == 1 {
		for _, n := range c.Nodes() {
			names = append(names, n.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
