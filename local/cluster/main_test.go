//go:build cluster

package cluster

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"live-omega/local/cluster/network"
	"live-omega/local/images"
	"live-omega/local/layout"
	"live-omega/local/netpol"
	"live-omega/local/progress"
	"live-omega/local/registry"
)

// spare is a cluster of its own beside live, omega and edge, so that these
// tests can run while the local cloud does.
var spare = layout.Cluster{
	Name:     "spare",
	Netns:    "cloud-spare",
	Address:  netip.MustParseAddr("10.98.0.19"),
	Pods:     netip.MustParsePrefix("10.119.0.0/16"),
	Services: netip.MustParsePrefix("10.219.0.0/16"),
}

var (
	root    layout.Root
	options Options
)

// TestMain makes the test binary its own supervisor and registry, as the cloud
// command is.
func TestMain(m *testing.M) {
	var err error
	if root, err = layout.Find("."); err != nil {
		fail(err)
	}
	ctx := context.Background()
	if len(os.Args) > 2 && os.Args[1] == "local" {
		switch os.Args[2] {
		case "supervise":
			var n layout.Node
			if n, err = spare.NodeNamed(os.Args[4]); err == nil {
				err = Supervise(ctx, root, spare, n)
			}
		case "network-policy":
			var config netpol.Config
			flags := flag.NewFlagSet("network-policy", flag.ContinueOnError)
			config.Flags(flags)
			ending, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
			defer stop()
			if err = flags.Parse(os.Args[3:]); err == nil {
				err = netpol.Run(ending, config, slog.Default())
			}
		case "serve-registry":
			err = registry.Serve(ctx, root, layout.RegistryAddress)
		}
		if err != nil {
			fail(err)
		}
		return
	}
	os.Exit(run(ctx, m))
}

func run(ctx context.Context, m *testing.M) int {
	log := progress.New(os.Stderr)
	self, err := os.Executable()
	if err != nil {
		fail(err)
	}
	if err := network.EnsureBridge(root); err != nil {
		fail(err)
	}
	if !registry.Status(ctx, root, layout.RegistryAddress).Healthy {
		if err := registry.Start(ctx, root, layout.RegistryAddress, self, "local", "serve-registry"); err != nil {
			fail(err)
		}
		defer registry.Stop(ctx, root)
	}
	built, err := images.Build(ctx, root, log, "pause", "coredns", "local-path-provisioner")
	if err == nil {
		err = images.Push(ctx, root, log, layout.RegistryAddress, built)
	}
	if err != nil {
		fail(err)
	}
	options = Options{Kubernetes: "v1.34.2", Executable: self}
	for name, reference := range map[string]*string{
		"pause": &options.Images.Pause, "coredns": &options.Images.CoreDNS,
		"local-path-provisioner": &options.Images.LocalPathProvisioner,
	} {
		image, err := images.Lookup(root, name, "")
		if err != nil {
			fail(err)
		}
		*reference = layout.RegistryAddress + "/" + image.Name + "@" + image.Digest
	}
	defer Destroy(ctx, root, spare, log)
	return m.Run()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
