package rig

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/restmapper"
)

// Object is a Kubernetes object that a stack has made.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	// Body is what the program asked for, in the API's form.
	Body map[string]any
}

func (o Object) String() string {
	return fmt.Sprintf("%s %s/%s", o.Kind, o.Namespace, o.Name)
}

// State is a stack's deployment, as `pulumi stack export` shows it.
func (c *Cloud) State(t testing.TB, stack string) []StateResource {
	t.Helper()
	cmd := c.pulumi("stack", "export", "--show-secrets", "--stack", stack)
	cmd.Env = append(cmd.Environ(), c.Root.PulumiEnv(envPath())...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "pulumi stack export -s %s: %s", stack, stderr.String())
	var state struct {
		Deployment struct{ Resources []StateResource }
	}
	require.NoError(t, json.Unmarshal(out, &state))
	return state.Deployment.Resources
}

// StateResource is one resource in a stack's state.
type StateResource struct {
	URN, Type, ID string
	Custom        bool
	Inputs        map[string]any
	Outputs       map[string]any
}

// Objects are the Kubernetes objects in a stack's state. Inputs do not always
// hold the names that were made up for them, so those come from the outputs.
func (c *Cloud) Objects(t testing.TB, stack string) []Object {
	t.Helper()
	var objects []Object
	for _, resource := range c.State(t, stack) {
		if object, ok := object(resource); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

func object(resource StateResource) (Object, bool) {
	if !resource.Custom || !strings.HasPrefix(resource.Type, "kubernetes:") {
		return Object{}, false
	}
	text := func(from map[string]any, key string) string {
		value, _ := from[key].(string)
		return value
	}
	// Outputs of a Secret are a secret as a whole.
	outputs, _ := plain(resource.Outputs).(map[string]any)
	metadata, _ := outputs["metadata"].(map[string]any)
	body := map[string]any{}
	for key, value := range resource.Inputs {
		if !strings.HasPrefix(key, "__") {
			body[key] = plain(value)
		}
	}
	wanted := map[string]any{"name": text(metadata, "name")}
	if given, ok := body["metadata"].(map[string]any); ok {
		for _, key := range []string{"labels", "annotations"} {
			if given[key] != nil {
				wanted[key] = given[key]
			}
		}
	}
	if namespace := text(metadata, "namespace"); namespace != "" {
		wanted["namespace"] = namespace
	}
	body["metadata"] = wanted
	return Object{
		APIVersion: text(outputs, "apiVersion"), Kind: text(outputs, "kind"),
		Namespace: text(metadata, "namespace"), Name: text(metadata, "name"), Body: body,
	}, outputs["kind"] != nil
}

// secretKey marks a secret in Pulumi's state, whose value lies beside it as
// JSON when the state is exported with --show-secrets
// (sdk/v3/go/common/resource.SecretSig).
const secretKey = "4dabf18193072939515e22adb298388d"

// plain replaces the secrets in a value of the state by what they hold.
func plain(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if _, ok := value[secretKey]; ok {
			var inner any
			text, _ := value["plaintext"].(string)
			if json.Unmarshal([]byte(text), &inner) != nil {
				return nil
			}
			return plain(inner)
		}
		opened := make(map[string]any, len(value))
		for key, item := range value {
			opened[key] = plain(item)
		}
		return opened
	case []any:
		opened := make([]any, len(value))
		for i, item := range value {
			opened[i] = plain(item)
		}
		return opened
	}
	return value
}

// Resources maps the objects of a cluster to the API's resources, as it is
// now: a later change of the cluster's CRDs does not reach the mapping.
func (c *Cloud) Resources(t testing.TB, cluster string) func(Object) schema.GroupVersionResource {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(c.RESTConfig(t, cluster))
	require.NoError(t, err)
	groups, err := restmapper.GetAPIGroupResources(client)
	require.NoError(t, err)
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	return func(object Object) schema.GroupVersionResource {
		t.Helper()
		kind := schema.FromAPIVersionAndKind(object.APIVersion, object.Kind)
		mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
		require.NoError(t, err, "%s", object)
		return mapping.Resource
	}
}
