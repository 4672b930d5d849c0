package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"live-omega/local/cluster"
	"live-omega/local/images"
	"live-omega/local/layout"
	"live-omega/local/registry"
	"live-omega/local/toolchain"
)

func newLocalCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "local",
		Short: "Run the three clusters of this machine",
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newUpCommand(), newToolsCommand(), newImagesCommand(), newUpgradeCommand(),
		clustersCommand("down", "Stop clusters, keep their state", clone.down),
		clustersCommand("kill", "Kill clusters as a power cut would, to see the cloud survive it", clone.kill),
		clustersCommand("status", "Show every process: running or not, since when, where its log is", clone.localStatus),
		newNodeCommand(), newDestroyCommand(), newSuperviseCommand(), newNetworkPolicyCommand(), newServeRegistryCommand())
	return cmd
}

// clustersCommand is a command on the named clusters, on all without a name.
func clustersCommand(name, short string, run func(clone, context.Context, []layout.Cluster) error) *cobra.Command {
	return &cobra.Command{
		Use:               name + " [CLUSTER...]",
		Short:             short,
		ValidArgsFunction: completeClusters,
		RunE: func(cmd *cobra.Command, args []string) error {
			clusters, err := chosen(args)
			if err != nil {
				return err
			}
			c, err := openClone()
			if err != nil {
				return err
			}
			return run(c, cmd.Context(), clusters)
		},
	}
}

func completeClusters(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := make([]string, 0, 3)
	for _, c := range layout.Clusters() {
		names = append(names, c.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// chosen are the clusters of those names, all without a name.
func chosen(names []string) ([]layout.Cluster, error) {
	if len(names) == 0 {
		return layout.Clusters(), nil
	}
	clusters := make([]layout.Cluster, 0, len(names))
	for _, name := range names {
		c, err := layout.ClusterNamed(name)
		if err != nil {
			return nil, usageError{err}
		}
		clusters = append(clusters, c)
	}
	return clusters, nil
}

func newUpCommand() *cobra.Command {
	var noDeploy bool
	cmd := clustersCommand("up", "Start clusters; without a name also build what is missing and deploy all stacks", nil)
	cmd.Flags().BoolVar(&noDeploy, "no-deploy", false, "start the clusters, deploy nothing")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		clusters, err := chosen(args)
		if err != nil {
			return err
		}
		c, err := openClone()
		if err != nil {
			return err
		}
		return c.up(cmd.Context(), clusters, len(args) == 0 && !noDeploy)
	}
	return cmd
}

func newToolsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tools [TOOL...]",
		Short: "Build or find the pinned tools; without a name all that make up needs",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := openClone()
			if err != nil {
				return err
			}
			return toolchain.Ensure(cmd.Context(), c.root, c.log, args...)
		},
	}
}

func newImagesCommand() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "images",
		Short: "Build the images, push them to the local registry, print their digests",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := openClone()
			if err != nil {
				return err
			}
			if err := toolchain.Ensure(cmd.Context(), c.root, c.log); err != nil {
				return err
			}
			built, err := images.Build(cmd.Context(), c.root, c.log)
			if err != nil {
				return err
			}
			if err := c.push(cmd.Context(), built); err != nil {
				return err
			}
			for _, image := range built {
				fmt.Printf("%s %s@%s\n", image.Version, image.Name, image.Digest)
			}
			if write {
				return c.writeDigests()
			}
			return images.CheckConfig(c.root)
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "put the digests into Pulumi.*.yaml where they name other builds of the same images")
	return cmd
}

func newUpgradeCommand() *cobra.Command {
	var version string
	cmd := &cobra.Command{
		Use:   "upgrade CLUSTER --kubernetes VERSION",
		Short: "Move a cluster to another Kubernetes version, in place",
		Long: `Move a cluster to another Kubernetes version, in place: API server, then
controllers, then kubelet and kube-proxy. Running pods stay. Versions that can
be built: ` + strings.Join(toolchain.KubernetesVersions(), ", ") + `.`,
		Args:              usage(cobra.ExactArgs(1)),
		ValidArgsFunction: completeClusters,
		RunE: func(cmd *cobra.Command, args []string) error {
			clusters, err := chosen(args)
			if err != nil {
				return err
			}
			tool, err := toolchain.KubernetesTool(version)
			if err != nil {
				return usageError{err}
			}
			c, err := openClone()
			if err != nil {
				return err
			}
			if err := toolchain.Ensure(cmd.Context(), c.root, c.log, tool); err != nil {
				return err
			}
			options, err := c.clusterOptions()
			if err != nil {
				return err
			}
			return cluster.Upgrade(cmd.Context(), c.root, clusters[0], version, options, c.log)
		},
	}
	cmd.Flags().StringVar(&version, "kubernetes", "", "the version to move to")
	_ = cmd.MarkFlagRequired("kubernetes")
	return cmd
}

func newSuperviseCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "supervise CLUSTER NODE",
		Short:  "Be the parent of a node's processes (started by up)",
		Hidden: true,
		Args:   usage(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return onNode(args, func(c clone, one layout.Cluster, node layout.Node) error {
				return cluster.Supervise(cmd.Context(), c.root, one, node)
			})
		},
	}
}

func newServeRegistryCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "serve-registry",
		Short:  "Be the local image registry (started by up)",
		Hidden: true,
		Args:   usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := openClone()
			if err != nil {
				return err
			}
			return registry.Serve(cmd.Context(), c.root, layout.RegistryAddress)
		},
	}
}

func (c clone) down(ctx context.Context, clusters []layout.Cluster) error {
	err := each(clusters, func(one layout.Cluster) error { return cluster.Down(ctx, c.root, one, c.log) })
	if err == nil && len(clusters) == len(layout.Clusters()) {
		err = registry.Stop(ctx, c.root)
	}
	return err
}

func (c clone) kill(ctx context.Context, clusters []layout.Cluster) error {
	return each(clusters, func(one layout.Cluster) error { return cluster.Kill(ctx, c.root, one, c.log) })
}

func newDestroyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "destroy",
		Short: "Remove every trace: processes, mounts, network, .local",
		Long: `Remove every trace of the local cloud: processes, mounts, network namespaces,
links, and .local with all state. Works also when clusters are broken: it asks
none of them.

Pulumi's salts in Pulumi.*.yaml go with the passphrase in .local that they
belong to. Where a config file holds a "secure:" value, both are kept, or the
value could never be read again.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := openClone()
			if err != nil {
				return err
			}
			return c.destroy(cmd.Context())
		},
	}
}

func (c clone) destroy(ctx context.Context) error {
	err := each(layout.Clusters(), func(one layout.Cluster) error { return cluster.Destroy(ctx, c.root, one, c.log) })
	err = errors.Join(err, registry.Stop(ctx, c.root))
	if err != nil {
		return fmt.Errorf("%w\n.local is kept; run this again", err)
	}
	task := c.log.Start("removing .local")
	err = c.removeState()
	task.End(err)
	return err
}

// writeDigests puts the digests of the built images into the stacks' config.
func (c clone) writeDigests() error {
	changes, err := images.WriteConfig(c.root)
	for _, change := range changes {
		c.log.Printf("%s:%d: %s: %s", filepath.Base(change.File), change.Line, change.Path, change.New)
	}
	return err
}

// each runs f for all clusters at once and returns all errors: one broken
// cluster must not keep the others as they are.
func each(clusters []layout.Cluster, f func(layout.Cluster) error) error {
	errs := make([]error, len(clusters))
	var group errgroup.Group
	for i, one := range clusters {
		group.Go(func() error {
			errs[i] = f(one)
			return nil
		})
	}
	_ = group.Wait()
	return errors.Join(errs...)
}

// executable is this program, which also is the parent of the clusters'
// processes and the registry.
func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program's own path: %w", err)
	}
	return path, nil
}
