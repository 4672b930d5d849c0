package main

import (
	"flag"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	"live-omega/local/netpol"
)

func newNetworkPolicyCommand() *cobra.Command {
	var config netpol.Config
	cmd := &cobra.Command{
		Use:    "network-policy",
		Short:  "Enforce the NetworkPolicies of a node (started by up, inside the node)",
		Hidden: true,
		Args:   usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewTextHandler(os.Stderr, nil))
			// What client-go has to say goes the same way.
			klog.SetSlogLogger(log)
			return netpol.Run(cmd.Context(), config, log)
		},
	}
	flags := flag.NewFlagSet(cmd.Use, flag.ContinueOnError)
	config.Flags(flags)
	cmd.Flags().AddGoFlagSet(flags)
	return cmd
}
