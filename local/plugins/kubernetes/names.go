package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Annotations that a program may set; their meaning is the official plugin's.
const (
	annotationAutonamed    = "pulumi.com/autonamed"
	annotationSkipAwait    = "pulumi.com/skipAwait"
	annotationWaitFor      = "pulumi.com/waitFor"
	annotationTimeout      = "pulumi.com/timeoutSeconds"
	annotationPatchForce   = "pulumi.com/patchForce"
	annotationFieldManager = "pulumi.com/patchFieldManager"
	annotationPropagation  = "pulumi.com/deletionPropagationPolicy"
)

// autoname makes an object's name from its resource's: <logical name>-<8 hex digits>, random by the engine's seed, or what the engine's
// own autonaming proposes.
func autoname(urn resource.URN, seed []byte, options *pulumirpc.CheckRequest_AutonamingOptions) (string, error) {
	if options != nil {
		switch options.Mode {
		case pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
			return "", fmt.Errorf("%s: autonaming is disabled: set metadata.name", urn.Name())
		case pulumirpc.CheckRequest_AutonamingOptions_ENFORCE, pulumirpc.CheckRequest_AutonamingOptions_PROPOSE:
			return options.ProposedName, nil
		}
	}
	return resource.NewUniqueName(seed, urn.Name()+"-", 8, 0, nil)
}

// fieldManager is the name under which a resource's fields are applied: the annotation's, else the one in state (also the official plugin's
// random one), else one derived from the URN, so that an update that was killed before its state was saved finds its own work again.
func fieldManager(urn resource.URN, state, inputs map[string]any) string {
	if name := annotation(inputs, annotationFieldManager); name != "" {
		return name
	}
	if name, _ := state[keyFieldManager].(string); name != "" {
		return name
	}
	sum := sha256.Sum256([]byte(urn))
	return "pulumi-kubernetes-" + hex.EncodeToString(sum[:4])
}

// objectID is a resource's id: <namespace>/<name>, or <name> where there is no namespace.
func objectID(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

func parseID(id string) (namespace, name string, err error) {
	namespace, name, found := strings.Cut(id, "/")
	if !found {
		namespace, name = "", id
	}
	if name == "" || strings.Contains(name, "/") {
		return "", "", fmt.Errorf("id %q is not of the form <name> or <namespace>/<name>", id)
	}
	return namespace, name, nil
}
