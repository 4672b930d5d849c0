//go:build integration

package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"live-omega/tests/apiserver"
)

// object is a Kubernetes object as the program would send it.
type object = map[string]any

// monitor plays the engine: it keeps what a program registers, in its order.
type monitor struct {
	mutex   sync.Mutex
	objects []object
}

func (m *monitor) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

func (m *monitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if strings.HasPrefix(args.TypeToken, "kubernetes:") {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.objects = append(m.objects, args.Inputs.Mappable())
	}
	return args.Name, args.Inputs, nil
}

// program runs a part of the program and returns the objects that it makes.
func program(t testing.TB, run pulumi.RunFunc) []object {
	t.Helper()
	engine := &monitor{}
	require.NoError(t, pulumi.RunErr(run, pulumi.WithMocks("live-omega", "test", engine)))
	return viaJSON(t, engine.objects)
}

// viaJSON gives a value the types that JSON has.
func viaJSON[T any](t testing.TB, value T) T {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	var plain T
	require.NoError(t, json.Unmarshal(encoded, &plain))
	return plain
}

func providers(ctx *pulumi.Context) pulumi.ResourceOption {
	provider, err := kubernetes.NewProvider(ctx, "cluster", nil)
	if err != nil {
		panic(err) // of a provider without arguments
	}
	return pulumi.Providers(provider)
}

// cluster is an API server and what was sent to it.
type cluster struct {
	server  *apiserver.Server
	config  *rest.Config
	dynamic dynamic.Interface
	sent    map[string]object
}

func newCluster(t testing.TB) *cluster {
	t.Helper()
	server := apiserver.Start(t)
	config, err := clientcmd.BuildConfigFromFlags("", server.Kubeconfig)
	require.NoError(t, err)
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	return &cluster{server: server, config: config, dynamic: client, sent: map[string]object{}}
}

// of is the client for the kind and namespace of an object.
func (c *cluster) of(o *unstructured.Unstructured) dynamic.ResourceInterface {
	resource, _ := meta.UnsafeGuessKindToResource(o.GroupVersionKind())
	if o.GetKind() == "Gateway" {
		resource.Resource = "gateways" // which the guess gets wrong
	}
	if o.GetNamespace() == "" {
		return c.dynamic.Resource(resource)
	}
	return c.dynamic.Resource(resource).Namespace(o.GetNamespace())
}

// apply sends objects, in their order. A kind is waited for that the API server does not serve yet.
func (c *cluster) apply(t testing.TB, objects ...object) {
	t.Helper()
	for _, sent := range objects {
		o := &unstructured.Unstructured{Object: sent}
		deadline := time.Now().Add(patience)
		for {
			_, err := c.of(o).Apply(t.Context(), o.GetName(), o, metav1.ApplyOptions{FieldManager: "test", Force: true})
			if err == nil {
				break
			}
			if !strings.Contains(err.Error(), "could not find the requested resource") || time.Now().After(deadline) {
				require.NoError(t, err, "%s %s", o.GetKind(), o.GetName())
			}
			time.Sleep(20 * time.Millisecond)
		}
		c.sent[fmt.Sprintf("%s %s/%s", o.GetKind(), o.GetNamespace(), o.GetName())] = sent
	}
}

func (c *cluster) remove(t testing.TB, sent object) {
	t.Helper()
	o := &unstructured.Unstructured{Object: sent}
	require.NoError(t, c.of(o).Delete(t.Context(), o.GetName(), metav1.DeleteOptions{}))
}

// stored is an object as the API server has it.
func (c *cluster) stored(t testing.TB, sent object) object {
	t.Helper()
	o := &unstructured.Unstructured{Object: maps.Clone(sent)}
	found, err := c.of(o).Get(t.Context(), o.GetName(), metav1.GetOptions{})
	require.NoError(t, err)
	return viaJSON(t, found.Object)
}

// kubeconfig is that of a ServiceAccount, so that what it may not do fails.
func (c *cluster) kubeconfig(t testing.TB, namespace, account string) string {
	t.Helper()
	core, err := v1.NewForConfig(c.config)
	require.NoError(t, err)
	token, err := core.ServiceAccounts(namespace).CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	require.NoError(t, err)
	content, err := os.ReadFile(c.server.Kubeconfig)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(content), c.server.Token, token.Status.Token)), 0o600))
	return path
}
