//go:build integration

package kubernetes

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"live-omega/tests/apiserver"
)

// shared is one API server for all tests of the package, started by the first that needs it; each test has a namespace of its own in it.
var shared struct {
	once   sync.Once
	server *apiserver.Server
	run    wholeRun
}

func TestMain(m *testing.M) {
	code := m.Run()
	shared.run.finish()
	os.Exit(code)
}

func server() *apiserver.Server {
	shared.once.Do(func() { shared.server = apiserver.Start(&shared.run) })
	return shared.server
}

// wholeRun is a testing.TB that lives as long as all tests together, for what they share.
type wholeRun struct {
	testing.TB
	cleanups []func()
}

func (w *wholeRun) Helper()          {}
func (w *wholeRun) Failed() bool     { return false }
func (w *wholeRun) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *wholeRun) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (w *wholeRun) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (w *wholeRun) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (w *wholeRun) finish() {
	for _, cleanup := range slices.Backward(w.cleanups) {
		cleanup()
	}
}

// recorder keeps the messages that a person would see.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorder) log(_ context.Context, request *pulumirpc.LogRequest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text.WriteString(request.GetMessage() + "\n")
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// stack plays the engine for one provider: it keeps the state of resources by name.
type stack struct {
	t         *testing.T
	provider  *Provider
	messages  *recorder
	namespace string
	resources map[string]*record
}

// record is what an engine keeps of a resource.
type record struct {
	id              string
	inputs, outputs *structpb.Struct
	initErrors      []string
}

func newStack(t *testing.T, settings map[string]string) *stack {
	t.Helper()
	s := &stack{t: t, messages: &recorder{}, resources: map[string]*record{}}
	s.namespace = strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	if len(s.namespace) > 60 {
		s.namespace = s.namespace[:60]
	}
	s.provider = configured(t, s.messages, settings)
	s.raw("v1", "Namespace", "", s.namespace).create(map[string]any{})
	return s
}

func configured(t *testing.T, messages *recorder, settings map[string]string) *Provider {
	t.Helper()
	p := New()
	p.host = messages
	variables := map[string]string{"kubernetes:config:kubeconfig": server().Kubeconfig}
	for key, value := range settings {
		variables["kubernetes:config:"+key] = value
	}
	_, err := p.Configure(t.Context(), &pulumirpc.ConfigureRequest{Variables: variables, AcceptSecrets: true})
	require.NoError(t, err)
	return p
}

func urnOf(token, name string) resource.URN {
	return resource.URN("urn:pulumi:test::live-omega::" + token + "::" + name)
}

func wire(t *testing.T, object map[string]any) *structpb.Struct {
	t.Helper()
	s, err := marshal("test", resource.NewPropertyMapFromMap(object))
	require.NoError(t, err)
	return s
}

// steps is what an engine would do with a resource.
type steps struct {
	s           *stack
	token, name string
	timeout     float64
}

func (s *stack) resource(token, name string) steps { return steps{s: s, token: token, name: name} }

func (r steps) urn() string { return string(urnOf(r.token, r.name)) }

// check gives the checked inputs.
func (r steps) check(inputs map[string]any) *structpb.Struct {
	r.s.t.Helper()
	var olds *structpb.Struct
	if old := r.s.resources[r.name]; old != nil {
		olds = old.inputs
	}
	response, err := r.s.provider.Check(r.s.t.Context(), &pulumirpc.CheckRequest{Urn: r.urn(), Olds: olds, News: wire(r.s.t, inputs), RandomSeed: []byte("seed of 32 bytes seed of 32 bytes")})
	require.NoError(r.s.t, err)
	require.Empty(r.s.t, response.GetFailures())
	return response.GetInputs()
}

func (r steps) diff(inputs *structpb.Struct) *pulumirpc.DiffResponse {
	r.s.t.Helper()
	old := r.s.resources[r.name]
	response, err := r.s.provider.Diff(r.s.t.Context(), &pulumirpc.DiffRequest{Id: old.id, Urn: r.urn(), Olds: old.outputs, OldInputs: old.inputs, News: inputs})
	require.NoError(r.s.t, err)
	return response
}

func (r steps) previewCreate(inputs map[string]any) (map[string]any, error) {
	r.s.t.Helper()
	response, err := r.s.provider.Create(r.s.t.Context(), &pulumirpc.CreateRequest{Urn: r.urn(), Properties: r.check(inputs), Preview: true})
	if err != nil {
		return nil, err
	}
	return tree(r.s.t, response.GetProperties()), nil
}

// up does what `pulumi up` does with one resource and says which way it went.
func (r steps) up(inputs map[string]any) (did string, err error) {
	r.s.t.Helper()
	return r.upContext(r.s.t.Context(), inputs)
}

func (r steps) upContext(ctx context.Context, inputs map[string]any) (did string, err error) {
	r.s.t.Helper()
	checked := r.check(inputs)
	old := r.s.resources[r.name]
	if old == nil {
		return "create", r.create(ctx, checked)
	}
	diff := r.diff(checked)
	switch {
	case len(diff.GetReplaces()) > 0 && diff.GetDeleteBeforeReplace():
		require.NoError(r.s.t, r.delete())
		return "delete-replace", r.create(ctx, checked)
	case len(diff.GetReplaces()) > 0:
		// A replacement is checked without olds, so that it gets a name of its own.
		delete(r.s.resources, r.name)
		if err := r.create(ctx, r.check(inputs)); err != nil {
			return "create-replace", err
		}
		_, err := r.s.provider.Delete(ctx, &pulumirpc.DeleteRequest{Id: old.id, Urn: r.urn(), Properties: old.outputs})
		return "create-replace", err
	case diff.GetChanges() == pulumirpc.DiffResponse_DIFF_NONE && len(old.initErrors) == 0:
		return "same", nil
	}
	response, err := r.s.provider.Update(ctx, &pulumirpc.UpdateRequest{
		Id: old.id, Urn: r.urn(), Olds: old.outputs, OldInputs: old.inputs, News: checked, Timeout: r.timeout,
	})
	return "update", r.keep(old.id, checked, response.GetProperties(), err)
}

func (r steps) create(ctx context.Context, checked *structpb.Struct) error {
	response, err := r.s.provider.Create(ctx, &pulumirpc.CreateRequest{Urn: r.urn(), Properties: checked, Timeout: r.timeout})
	return r.keep(response.GetId(), checked, response.GetProperties(), err)
}

// keep stores a result, also that of an object that is not ready.
func (r steps) keep(id string, inputs, outputs *structpb.Struct, err error) error {
	if err == nil {
		r.s.resources[r.name] = &record{id: id, inputs: inputs, outputs: outputs}
		return nil
	}
	if failed := initFailed(err); failed != nil {
		r.s.resources[r.name] = &record{id: failed.GetId(), inputs: inputs, outputs: failed.GetProperties(), initErrors: failed.GetReasons()}
	}
	return err
}

// initFailed gives the detail of an error that says that an object is there but not ready, nil if it says something else.
func initFailed(err error) *pulumirpc.ErrorResourceInitFailed {
	converted, ok := rpcerror.FromError(err)
	if !ok {
		return nil
	}
	for _, detail := range converted.Details() {
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return failed
		}
	}
	return nil
}

// refresh does what `pulumi refresh` does and gives the paths that drifted.
func (r steps) refresh() (drift []string, err error) {
	r.s.t.Helper()
	old := r.s.resources[r.name]
	response, err := r.s.provider.Read(r.s.t.Context(), &pulumirpc.ReadRequest{Id: old.id, Urn: r.urn(), Properties: old.outputs, Inputs: old.inputs})
	if failed := initFailed(err); failed != nil {
		// An engine warns of this and goes on.
		r.s.resources[r.name] = &record{id: failed.GetId(), inputs: failed.GetInputs(), outputs: failed.GetProperties(), initErrors: failed.GetReasons()}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if response.GetId() == "" {
		delete(r.s.resources, r.name)
		return []string{"gone"}, nil
	}
	r.s.resources[r.name] = &record{id: response.GetId(), inputs: response.GetInputs(), outputs: response.GetProperties()}
	for _, c := range diff(nil, tree(r.s.t, old.inputs), tree(r.s.t, response.GetInputs())) {
		drift = append(drift, c.path.String())
	}
	return drift, nil
}

func (r steps) delete() error {
	r.s.t.Helper()
	old := r.s.resources[r.name]
	_, err := r.s.provider.Delete(r.s.t.Context(), &pulumirpc.DeleteRequest{Id: old.id, Urn: r.urn(), Properties: old.outputs, OldInputs: old.inputs, Timeout: r.timeout})
	if err == nil {
		delete(r.s.resources, r.name)
	}
	return err
}

func (r steps) outputs() map[string]any {
	r.s.t.Helper()
	return tree(r.s.t, r.s.resources[r.name].outputs)
}

func tree(t *testing.T, s *structpb.Struct) map[string]any {
	t.Helper()
	m, err := unmarshal("test", s)
	require.NoError(t, err)
	return plain(m)
}

// object works on an object past the provider, as other people and controllers do.
type object struct {
	s         *stack
	kind      schema.GroupVersionKind
	namespace string
	name      string
}

func (s *stack) raw(apiVersion, kind, namespace, name string) object {
	return object{s: s, kind: schema.FromAPIVersionAndKind(apiVersion, kind), namespace: namespace, name: name}
}

func (o object) get() *unstructured.Unstructured {
	o.s.t.Helper()
	live, err := o.s.provider.cluster.get(context.WithoutCancel(o.s.t.Context()), o.kind, o.namespace, o.name)
	require.NoError(o.s.t, err)
	return live
}

func (o object) create(content map[string]any) *unstructured.Unstructured {
	o.s.t.Helper()
	client, err := o.s.provider.cluster.objects(o.kind, o.namespace)
	require.NoError(o.s.t, err)
	u := &unstructured.Unstructured{Object: content}
	u.SetGroupVersionKind(o.kind)
	u.SetName(o.name)
	live, err := client.Create(o.s.t.Context(), u, metav1.CreateOptions{FieldManager: "someone"})
	require.NoError(o.s.t, err)
	return live
}

// patch merges a change under a manager's name; subresource may be "" or "status".
func (o object) patch(manager, subresource, change string) {
	o.s.t.Helper()
	client, err := o.s.provider.cluster.objects(o.kind, o.namespace)
	require.NoError(o.s.t, err)
	var subresources []string
	if subresource != "" {
		subresources = []string{subresource}
	}
	_, err = client.Patch(o.s.t.Context(), o.name, types.MergePatchType, []byte(change), metav1.PatchOptions{FieldManager: manager}, subresources...)
	require.NoError(o.s.t, err)
}

func (o object) delete() {
	o.s.t.Helper()
	client, err := o.s.provider.cluster.objects(o.kind, o.namespace)
	require.NoError(o.s.t, err)
	require.NoError(o.s.t, client.Delete(o.s.t.Context(), o.name, metav1.DeleteOptions{}))
	require.Eventually(o.s.t, func() bool { return o.get() == nil }, time.Minute, 20*time.Millisecond)
}
