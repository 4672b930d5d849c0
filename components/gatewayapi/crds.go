package gatewayapi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/gateway-api/pkg/consts"
	"sigs.k8s.io/yaml"
)

// module is where the definitions come from. Its version stands in go.mod and go.sum holds the hash of
// its files, which the go command checks before it names their folder; no copy is kept here.
const module = "sigs.k8s.io/gateway-api"

// definition is the part of a CustomResourceDefinition that is sent; status belongs to the cluster.
type definition struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec map[string]any `json:"spec"`
}

// NewDefinitions creates the CustomResourceDefinitions of the Gateway API's standard channel.
func NewDefinitions(ctx *pulumi.Context, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	definitions, err := standardChannel(ctx.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the definitions of the Gateway API: %w", err)
	}
	var resources []pulumi.Resource
	for _, crd := range definitions {
		resource, err := apiextensions.NewCustomResource(ctx, crd.Metadata.Name, &apiextensions.CustomResourceArgs{
			ApiVersion: pulumi.String(crd.APIVersion),
			Kind:       pulumi.String(crd.Kind),
			Metadata: &metav1.ObjectMetaArgs{
				Name:        pulumi.String(crd.Metadata.Name),
				Annotations: pulumi.ToStringMap(crd.Metadata.Annotations),
			},
			OtherFields: kubernetes.UntypedArgs{"spec": crd.Spec},
		}, opts...)
		if err != nil {
			return nil, fmt.Errorf("creating CustomResourceDefinition %s: %w", crd.Metadata.Name, err)
		}
		resources = append(resources, resource)
	}
	return resources, nil
}

// standardChannel reads the definitions from the module, sorted by file name.
func standardChannel(ctx context.Context) ([]definition, error) {
	folder, err := moduleFolder(ctx)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(folder, "config", "crd", "standard", "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("module %s has no files config/crd/standard/*.yaml in %s", module, folder)
	}
	slices.Sort(files)
	definitions := make([]definition, len(files))
	for i, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := yaml.Unmarshal(content, &definitions[i]); err != nil {
			return nil, fmt.Errorf("decoding %s: %w", file, err)
		}
		if definitions[i].Kind != "CustomResourceDefinition" || definitions[i].Metadata.Name == "" {
			return nil, fmt.Errorf("%s holds a %q, want a named CustomResourceDefinition", file, definitions[i].Kind)
		}
		// The folder is asked for while the program runs; a go.mod edited since it was built shows here.
		if found := definitions[i].Metadata.Annotations[consts.BundleVersionAnnotation]; found != consts.BundleVersion {
			return nil, fmt.Errorf("%s is of version %q, but the program was built with %s; build it again", file, found, consts.BundleVersion)
		}
		dropDescriptions(definitions[i].Spec)
	}
	return definitions, nil
}

// dropDescriptions takes the prose out of the schemas below a value. It is most of their bytes (a
// megabyte in all), means nothing to the API server, and every preview would carry it between the engine, its
// state and the plugin. A property that is called "description" is a map, and stays.
func dropDescriptions(value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, child := range value {
			if _, prose := child.(string); prose && key == "description" {
				delete(value, key)
				continue
			}
			dropDescriptions(child)
		}
	case []any:
		for _, child := range value {
			dropDescriptions(child)
		}
	}
}

// moduleFolder asks the go command for the module's folder, downloading and verifying the module where
// that is still to be done.
func moduleFolder(ctx context.Context) (string, error) {
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	out, err := command.Output()
	var info struct{ Dir, Error string }
	if decodeErr := yaml.Unmarshal(out, &info); decodeErr == nil && info.Error != "" {
		return "", fmt.Errorf("downloading module %s: %s", module, info.Error)
	}
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return "", fmt.Errorf("go mod download %s: %w: %s", module, err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("go mod download %s: %w; is the go command on PATH?", module, err)
	}
	if info.Dir == "" {
		return "", fmt.Errorf("go mod download %s named no folder", module)
	}
	return info.Dir, nil
}
