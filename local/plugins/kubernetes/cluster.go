package kubernetes

import (
	"context"
	"net"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
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
}

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
		mapper:           restmapper.NewDeferredDiscoveryRESTMapper(cached),
	}, nil
}

// mapping finds how a kind is served. A kind that is not known is looked for again at the server, because its definition may be new; after
// that the answer is a NoMatch error.
func (c *cluster) mapping(kind schema.GroupVersionKind) (*meta.RESTMapping, error) {
	// The mapper refreshes its discovery itself, once, when it knows no match.
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, c.explain(err)
	}
	return mapping, nil
}

// forget drops what discovery knows, after the set of kinds has changed.
func (c *cluster) forget() {
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
