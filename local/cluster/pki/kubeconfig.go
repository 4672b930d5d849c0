package pki

import (
	"fmt"
	"os"
	"path/filepath"

	"live-omega/local/layout"

	"sigs.k8s.io/yaml"
)

// Processes with a kubeconfig of their own in the folder of certificates, named
// <component>.kubeconfig: those of the control plane, and those of every node.
var (
	controllers    = []string{ControllerManager, Scheduler}
	nodeComponents = []string{Kubelet, Proxy, NetworkPolicy}
)

// ComponentKubeconfig is the path of a component's kubeconfig.
func ComponentKubeconfig(dir, component string) string {
	return filepath.Join(dir, component+".kubeconfig")
}

// EnsureKubeconfigs writes the components' kubeconfigs, which name the files
// in dir so that a renewed certificate is picked up while they run, and the
// admin's at the given path, mode 0600, which holds its certificate and key
// itself so that it can be copied elsewhere. server is the API server's URL.
func EnsureKubeconfigs(dir, admin, server string, names Names) error {
	if err := ensureComponents(dir, server, names, controllers); err != nil {
		return err
	}
	if err := EnsureNodeKubeconfigs(dir, server, names); err != nil {
		return err
	}
	var files [3][]byte
	for i, name := range []string{CA + ".crt", Admin + ".crt", Admin + ".key"} {
		var err error
		if files[i], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("writing the admin's kubeconfig: %w", err)
		}
	}
	content, err := kubeconfig(names.Cluster, Admin+"@"+names.Cluster, server,
		map[string]any{"certificate-authority-data": files[0]},
		map[string]any{"client-certificate-data": files[1], "client-key-data": files[2]})
	if err != nil {
		return fmt.Errorf("writing the admin's kubeconfig: %w", err)
	}
	return layout.WriteFile(admin, content, 0o600)
}

// EnsureNodeKubeconfigs writes the kubeconfigs of the processes that every
// node has.
func EnsureNodeKubeconfigs(dir, server string, names Names) error {
	return ensureComponents(dir, server, names, nodeComponents)
}

func ensureComponents(dir, server string, names Names, components []string) error {
	for _, c := range components {
		content, err := kubeconfig(names.Cluster, c, server, map[string]any{
			"certificate-authority": filepath.Join(dir, CA+".crt"),
		}, map[string]any{
			"client-certificate": filepath.Join(dir, c+".crt"),
			"client-key":         filepath.Join(dir, c+".key"),
		})
		if err != nil {
			return fmt.Errorf("writing the kubeconfig of %s: %w", c, err)
		}
		if err := layout.WriteFile(ComponentKubeconfig(dir, c), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func kubeconfig(cluster, user, server string, trust, credentials map[string]any) ([]byte, error) {
	trust["server"] = server
	return yaml.Marshal(map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"clusters":        []any{map[string]any{"name": cluster, "cluster": trust}},
		"users":           []any{map[string]any{"name": user, "user": credentials}},
		"contexts":        []any{map[string]any{"name": cluster, "context": map[string]any{"cluster": cluster, "user": user}}},
		"current-context": cluster,
	})
}
