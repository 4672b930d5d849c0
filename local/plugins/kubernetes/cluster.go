package kubernetes

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubeconfigs with auth providers and exec plugins
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// dialTimeout bounds the connection to an API server: one that does not answer by then is down.
const dialTimeout = 5 * time.Second

// cluster is a connection to one API server. It is safe for concurrent use.
type cluster struct {
	description      string // for messages: URL and where it is configured
	defaultNamespace string
	requestTimeout   time.Duration
	dynamic          dynamic.Interface
	discovery        discovery.CachedDiscoveryInterface
	mapper           meta.ResettableRESTMapper
	fresh            discovery.DiscoveryInterface // discovery past the cache

	mu       sync.Mutex // guards discovery, which asks one at a time anyway
	downAt   time.Time  // when discovery last found nobody
	downWith error
}

// outageMemory is for how long a cluster that did not answer is not asked again what it serves. Without it a stack of a hundred resources
// would wait a hundred times for the connection to time out, one after the other.
const outageMemory = 10 * time.Second

func newCluster(s settings) (*cluster, error) {
	config, namespace, err := s.restConfig()
	if err != nil {
		return nil, err
	}
	config.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	dynamicClient, err := dynamic.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, err
	}
	discoveryClient, err := discovery.NewDiscoveryClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, err
	}
	cached := memory.NewMemCacheClient(discoveryClient)
	return &cluster{
		description:      config.Host + " (" + s.describeKubeconfig() + ")",
		defaultNamespace: namespace,
		requestTimeout:   s.requestTimeout(),
		dynamic:          dynamicClient,
		discovery:        cached,
		fresh:            discoveryClient,
		mapper:           restmapper.NewDeferredDiscoveryRESTMapper(cached),
	}, nil
}

// mapping finds how a kind is served, by what discovery knows. A kind that it does not know is a NoMatch error.
func (c *cluster) mapping(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	return c.find(kind.GroupKind(), kind.Version)
}

func (c *cluster) find(kind schema.GroupKind, versions ...string) (*meta.RESTMapping, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.downAt) < outageMemory {
		return nil, c.downWith
	}
	mapping, err := c.mapper.RESTMapping(kind, versions...)
	err = c.explain(err)
	if isUnreachable(err) {
		c.downAt, c.downWith = time.Now(), err
	}
	return mapping, err
}

// serves asks the server, past the cache, whether it serves a kind of which the cache knows nothing. Only its clear no counts: that an object is
// gone because its kind is must not be concluded from an answer that was old or half.
func (c *cluster) serves(kind schema.GroupVersionKind) (bool, error) {
	if mapping, err := c.find(kind.GroupKind()); err == nil {
		return false, fmt.Errorf("the cluster serves %s as %s and not as %s: change apiVersion in the program, with the old type as an alias",
			kind.Kind, mapping.GroupVersionKind.GroupVersion(), kind.GroupVersion())
	}
	list, err := c.fresh.ServerResourcesForGroupVersion(kind.GroupVersion().String())
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, c.explain(err)
	}
	return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Kind == kind.Kind }), nil
}

// forget drops what discovery knows, after the set of kinds has changed.
func (c *cluster) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mapper.Reset()
}

// objects gives the client for a kind's objects in a namespace; an object without a namespace goes into the default one if its kind has
// namespaces, and a namespace is ignored if it has none.
func (c *cluster) objects(kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapping(kind)
	if err != nil {
		return nil, err
	}
	resource := c.dynamic.Resource(mapping.Resource)
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return resource, nil
	}
	if namespace == "" {
		namespace = c.defaultNamespace
	}
	return resource.Namespace(namespace), nil
}

// request bounds one request that is not a watch.
func (c *cluster) request(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.requestTimeout)
}

// explain turns a network error into one that names the cluster; others are given back as they are.
func (c *cluster) explain(err error) error {
	if err == nil || !isNetworkError(err) {
		return err
	}
	return &unreachableError{cluster: c.description, err: err}
}
