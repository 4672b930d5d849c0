// Package recording runs the program, or a component of it, without an engine and writes down every
// resource that it registers.
package recording

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const stackReference = "pulumi:pulumi:StackReference"

// Resource is one registered resource.
type Resource struct {
	Type, Name string
	// Parent is the type and name of the parent, "" for children of the stack.
	Parent string
	// After are the types and names of what the resource waits for, sorted.
	After []string
	// FormerParents are the types and names of parents in whose place the present one has come.
	FormerParents []string
	// Ignored are the paths of inputs whose changes are ignored.
	Ignored []string
	// Protected is whether the resource can be neither deleted nor replaced.
	Protected bool
	// Inputs as plain values, with Secret in the place of every secret.
	Inputs map[string]any
	// Secrets are the paths of secret inputs.
	Secrets []string
}

// Secret stands in the place of a secret value.
const Secret = "[secret]"

// Recording is what a program registered, by "type::name".
type Recording struct {
	Resources map[string]Resource
	// Outputs of the stack as plain values, with Secret in the place of secrets.
	Outputs map[string]any
	// Raw are the outputs for the stacks that refer to this one.
	Raw resource.PropertyMap
}

// Changed are the keys of the resources that two recordings do not have alike, sorted.
func Changed(one, other Recording) []string {
	var changed []string
	for key := range one.Resources {
		if there, ok := other.Resources[key]; !ok || Canonical(there.Inputs) != Canonical(one.Resources[key].Inputs) {
			changed = append(changed, key)
		}
	}
	for key := range other.Resources {
		if _, ok := one.Resources[key]; !ok {
			changed = append(changed, key)
		}
	}
	slices.Sort(changed)
	return changed
}

// Keys are the keys of all resources of a type, sorted; all resources for "".
func (r Recording) Keys(typeToken string) []string {
	var keys []string
	for key, found := range r.Resources {
		if typeToken == "" || found.Type == typeToken {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// recorder implements Pulumi's mocks. It is called from many goroutines at once.
type recorder struct {
	// stacks are the outputs of other stacks by their full name.
	stacks map[string]resource.PropertyMap

	mutex     sync.Mutex
	resources map[string]Resource
	problems  []error
}

func newRecorder(stacks map[string]resource.PropertyMap) *recorder {
	return &recorder{stacks: stacks, resources: map[string]Resource{}}
}

// NewResource records a resource. Its outputs are its inputs.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if args.TypeToken == stackReference {
		return r.readStack(args)
	}
	key := args.TypeToken + "::" + args.Name
	if _, taken := r.resources[key]; taken {
		r.problems = append(r.problems, fmt.Errorf("%s is registered twice", key))
	}
	// Default providers are disabled; the engine would refuse such a resource.
	if args.Custom && args.Provider == "" && !strings.HasPrefix(args.TypeToken, "pulumi:providers:") {
		r.problems = append(r.problems, fmt.Errorf("%s has no provider", key))
	}
	recorded := Resource{Type: args.TypeToken, Name: args.Name}
	recorded.Inputs, recorded.Secrets = plainMap("", args.Inputs)
	if rpc := args.RegisterRPC; rpc != nil {
		recorded.Parent = shortURN(rpc.GetParent())
		for _, dependency := range rpc.GetDependencies() {
			recorded.After = append(recorded.After, shortURN(dependency))
		}
		slices.Sort(recorded.After)
		recorded.Ignored = rpc.GetIgnoreChanges()
		recorded.Protected = rpc.GetProtect()
		for _, alias := range rpc.GetAliases() {
			if parent := alias.GetSpec().GetParentUrn(); parent != "" {
				recorded.FormerParents = append(recorded.FormerParents, shortURN(parent))
			}
		}
	}
	r.resources[key] = recorded
	return args.Name + "-id", withComputed(args), nil
}

func (r *recorder) readStack(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	name := args.Inputs["name"].StringValue()
	outputs, ok := r.stacks[name]
	if !ok {
		return "", nil, fmt.Errorf("stack %s does not exist; stacks are %v", name, slices.Sorted(maps.Keys(r.stacks)))
	}
	return name, resource.PropertyMap{
		"name":    resource.NewProperty(name),
		"outputs": resource.NewProperty(outputs),
	}, nil
}

// Call fails: the program asks providers for nothing.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return nil, fmt.Errorf("unexpected call of %s", args.Token)
}

// err is what the recorder found wrong.
func (r *recorder) err() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return errors.Join(r.problems...)
}

// withComputed adds the outputs that a provider would make up.
func withComputed(args pulumi.MockResourceArgs) resource.PropertyMap {
	outputs := args.Inputs.Copy()
	switch args.TypeToken {
	case "random:index/randomPassword:RandomPassword":
		outputs["result"] = resource.MakeSecret(resource.NewProperty(PasswordPrefix + args.Name))
	case "kubernetes:core/v1:Service":
		spec := outputs["spec"].ObjectValue().Copy()
		port := spec["ports"].ArrayValue()[0].ObjectValue().Copy()
		port["nodePort"] = resource.NewProperty(NodePort)
		spec["ports"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(port)})
		outputs["spec"] = resource.NewProperty(spec)
		outputs["status"] = resource.NewPropertyValue(map[string]any{
			"loadBalancer": map[string]any{"ingress": []any{map[string]any{"ip": BalancerIP}}},
		})
	default:
		addComputedOnGCP(args, outputs)
	}
	return outputs
}

// NodePort and BalancerIP are what every Service gets.
const (
	NodePort   = 30080.0
	BalancerIP = "192.0.2.1"
)

// PasswordPrefix begins every generated password, so that a test can look for one in plain text.
const PasswordPrefix = "plain-text-password-"

// shortURN is the type and name of a resource, or "" for the stack and for none.
func shortURN(urn string) string {
	if urn == "" || resource.URN(urn).Type() == resource.RootStackType {
		return ""
	}
	return string(resource.URN(urn).Type()) + "::" + resource.URN(urn).Name()
}
