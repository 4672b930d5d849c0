package clusters

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"
)

// fromKubeconfig reaches a cluster by the path of its kubeconfig. The path goes to the provider and
// not the contents, so that no credential gets into Pulumi's state.
func fromKubeconfig(ctx *pulumi.Context, args Args, _ ...pulumi.ResourceOption) (*Cluster, error) {
	path, err := expandHome(args.Kubeconfig)
	if err != nil {
		return nil, err
	}
	if err := checkContext(path, args.Context); err != nil {
		return nil, err
	}
	provider, err := kubernetes.NewProvider(ctx, "cluster", &kubernetes.ProviderArgs{
		Kubeconfig: pulumi.String(path),
		Context:    pulumi.String(args.Context),
		// The cluster is who it is by its name. A moved file or a new address must never look like
		// another cluster, because then everything in it would be made anew.
		ClusterIdentifier: pulumi.String(args.Name),
		// What the program declares is the program's: a field that somebody changed by hand is put right
		// by the next update, and not refused as another manager's.
		EnablePatchForce: pulumi.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("creating the provider: %w", err)
	}
	cluster := &Cluster{Provider: provider}
	if args.Nodes == nil {
		return cluster, nil
	}
	return cluster, labelNodes(ctx, cluster, *args.Nodes)
}

// expandHome replaces a leading "~/", which people write and only shells understand.
func expandHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding the home folder for kubeconfig %s: %w", path, err)
	}
	return filepath.Join(home, rest), nil
}

// checkContext finds out before anything is changed whether the file is there and has the context.
func checkContext(path, context string) error {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("kubeconfig %s does not exist; start the local clusters with `make clusters`, or write the path of your own in live-omega:cluster.kubeconfig", path)
	}
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	var config struct {
		Contexts []struct {
			Name string `json:"name"`
		} `json:"contexts"`
	}
	if err := yaml.Unmarshal(content, &config); err != nil {
		// The parser's message may quote the file, and the file holds credentials.
		return fmt.Errorf("kubeconfig %s is no YAML; write it anew with the tool that made it", path)
	}
	var names []string
	for _, found := range config.Contexts {
		names = append(names, found.Name)
	}
	if slices.Contains(names, context) {
		return nil
	}
	if len(names) == 0 {
		return fmt.Errorf("kubeconfig %s has no contexts; write it anew with the tool that made it", path)
	}
	return fmt.Errorf("kubeconfig %s has no context %q; write one of %s in live-omega:cluster.context",
		path, context, strings.Join(sortedUnique(names), ", "))
}
