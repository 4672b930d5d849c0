package kubernetes

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// saved is what a stack's state holds of an object, as either plugin wrote it.
type saved struct {
	properties resource.PropertyMap // with secrets
	tree       map[string]any       // the same, plain
	live       map[string]any       // the object as it was last seen
	inputs     map[string]any       // what it was made from
}

// readState reads outputs, and the inputs beside them if the engine sent any; the outputs hold a copy.
func readState(name string, outputs, inputs *structpb.Struct) (saved, error) {
	m, err := unmarshal("the state of "+name, outputs)
	if err != nil {
		return saved{}, err
	}
	s := saved{properties: m, tree: plain(m)}
	s.live = withoutInternals(s.tree)
	s.inputs, _ = s.tree[keyInputs].(map[string]any)
	if len(inputs.GetFields()) > 0 {
		in, err := unmarshal("the old inputs of "+name, inputs)
		if err != nil {
			return saved{}, err
		}
		s.inputs = plain(in)
	}
	return s, nil
}

// initialAPIVersion is the one the object was created with.
func (s saved) initialAPIVersion(fallback string) string {
	if v, _ := s.tree[keyInitialAPIVersion].(string); v != "" {
		return v
	}
	return fallback
}

// outputs writes the state of an object: all of it, and what later operations need. Secret is what is secret in the inputs, and the
// contents of a Secret.
func outputs(live *unstructured.Unstructured, inputs resource.PropertyMap, initialAPIVersion, manager string) (*structpb.Struct, error) {
	object := maps.Clone(live.Object)
	if metadata, ok := object["metadata"].(map[string]any); ok {
		metadata = maps.Clone(metadata)
		delete(metadata, "managedFields")
		object["metadata"] = metadata
	}
	state := properties(object)
	markSecrets(state, inputs)
	kept := make(resource.PropertyMap, len(inputs))
	maps.Copy(kept, inputs)
	markSecrets(kept, nil)
	state[keyInputs] = resource.NewObjectProperty(kept)
	state[keyInitialAPIVersion] = resource.NewStringProperty(initialAPIVersion)
	state[keyFieldManager] = resource.NewStringProperty(manager)
	return marshal("the state of "+live.GetName(), state)
}
