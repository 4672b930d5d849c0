// Package definitions creates CustomResourceDefinitions from the files of a Go module. The module's
// version and the hash of its files are pinned and checked before they are read, so no copy is kept here.
package definitions

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"
)

// Definition is the part of a CustomResourceDefinition that is sent; status belongs to the cluster.
type Definition struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec map[string]any `json:"spec"`
}

// Create creates the definitions, each under its own name.
func Create(ctx *pulumi.Context, definitions []Definition, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	resources := make([]pulumi.Resource, len(definitions))
	for i, definition := range definitions {
		resource, err := apiextensions.NewCustomResource(ctx, definition.Metadata.Name, &apiextensions.CustomResourceArgs{
			ApiVersion: pulumi.String(definition.APIVersion),
			Kind:       pulumi.String(definition.Kind),
			Metadata: &metav1.ObjectMetaArgs{
				Name:        pulumi.String(definition.Metadata.Name),
				Annotations: pulumi.ToStringMap(definition.Metadata.Annotations),
			},
			OtherFields: kubernetes.UntypedArgs{"spec": definition.Spec},
		}, opts...)
		if err != nil {
			return nil, fmt.Errorf("creating CustomResourceDefinition %s: %w", definition.Metadata.Name, err)
		}
		resources[i] = resource
	}
	return resources, nil
}

// read reads one definition from each file that the pattern finds, sorted by file name.
func read(pattern string) ([]Definition, error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no files %s", pattern)
	}
	slices.Sort(files)
	definitions := make([]Definition, len(files))
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
		dropDescriptions(definitions[i].Spec)
	}
	return definitions, nil
}

// dropDescriptions takes the prose out of the schemas below a value. It is most of their bytes (over a
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
