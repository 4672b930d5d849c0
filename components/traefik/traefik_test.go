package traefik

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"live-omega/components/definitions"
	"live-omega/components/gatewayapi"
)

type object = map[string]any

// monitor plays the engine, and keeps what a program makes by kind.
type monitor struct {
	mutex sync.Mutex
	made  map[string]object
}

func (m *monitor) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

func (m *monitor) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if kind := args.Inputs["kind"]; kind.IsString() {
		m.mutex.Lock()
		defer m.mutex.Unlock()
		m.made[kind.StringValue()] = args.Inputs.Mappable()
	}
	return args.Name, args.Inputs, nil
}

func run(program func(*pulumi.Context, pulumi.ResourceOption) error) (map[string]object, error) {
	engine := &monitor{made: map[string]object{}}
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		provider, err := kubernetes.NewProvider(ctx, "cluster", nil)
		if err != nil {
			return err
		}
		return program(ctx, pulumi.Providers(provider))
	}, pulumi.WithMocks("project", "stack", engine))
	return engine.made, err
}

var (
	place    = Object{Namespace: "wiki-a", Name: "wiki-x"}
	serviceA = gatewayapi.Backend{Namespace: "wiki-a", Name: "wiki", Port: 80}
	serviceB = gatewayapi.Backend{Namespace: "wiki-b", Name: "wiki", Port: 80}
)

func copies(object Object, to gatewayapi.Backend) (map[string]object, error) {
	return run(func(ctx *pulumi.Context, provider pulumi.ResourceOption) error {
		_, err := NewCopies(ctx, "copies", object, serviceA, to, provider)
		return err
	})
}

func TestCopiesAreBounded(t *testing.T) {
	objects, err := copies(place, serviceB)
	require.NoError(t, err)
	assert.Equal(t, object{
		"forwardingTimeouts":  object{"dialTimeout": "1s", "responseHeaderTimeout": "2s", "idleConnTimeout": "3s"},
		"maxIdleConnsPerHost": 100.0,
	}, objects["ServersTransport"]["spec"])
	assert.Equal(t, object{"mirroring": object{
		"kind": "Service", "namespace": "wiki-a", "name": "wiki", "port": 80.0,
		"mirrorBody": true, "maxBodySize": 65536.0,
		"mirrors": []any{object{
			"kind": "Service", "namespace": "wiki-b", "name": "wiki@kubernetescrd", "port": 80.0, "percent": 100.0,
			"serversTransport": "wiki-a-wiki-x@kubernetescrd",
		}},
	}}, objects["TraefikService"]["spec"])
}

func TestCopiesGoToServicesOnly(t *testing.T) {
	_, err := copies(place, gatewayapi.Backend{Traefik: "omega@file"})
	assert.ErrorContains(t, err, "copies go to a TraefikService, want a Service")
}

func TestNamesThatTraefikWouldChangeAreRefused(t *testing.T) {
	_, err := copies(Object{Namespace: "wiki--a", Name: "x"}, serviceB)
	assert.ErrorContains(t, err, "a route would not find it: Traefik calls it wiki-a-x")
}

func cohorts(cohorts Cohorts) (map[string]object, error) {
	return run(func(ctx *pulumi.Context, provider pulumi.ResourceOption) error {
		_, err := NewCohorts(ctx, "cohorts", place, cohorts, provider)
		return err
	})
}

func TestTheMiddlewareKnowsHowTheServiceCallsItsChildren(t *testing.T) {
	objects, err := cohorts(Cohorts{Cookie: "wiki-cohort", Backends: map[string]gatewayapi.Backend{
		"a": serviceA, "b": serviceB, "copied": {Traefik: "wiki-copies"}, "live": {Traefik: "live@file"},
	}})
	require.NoError(t, err)
	assert.Equal(t, object{"plugin": object{"cohorts": object{
		"cookie": "wiki-cohort", "sticky": "wiki-cohort-choice",
		// The first 16 digits of sha256: printf wiki-a-wiki-80 | sha256sum
		"choices": object{"a": "ae258149ec86cfbf", "b": "c18c919d0fa7d6c8", "copied": "15c2bc249625410f", "live": "c056bcdb3acd30df"},
	}}}, objects["Middleware"]["spec"])
	assert.Equal(t, object{"weighted": object{
		"services": []any{
			object{"kind": "Service", "namespace": "wiki-a", "name": "wiki", "port": 80.0, "weight": 1.0},
			object{"kind": "Service", "namespace": "wiki-b", "name": "wiki", "port": 80.0, "weight": 1.0},
			object{"kind": "TraefikService", "name": "wiki-copies", "weight": 1.0},
			object{"kind": "TraefikService", "name": "live@file", "weight": 1.0},
		},
		"sticky": object{"cookie": object{"name": "wiki-cohort-choice"}},
	}}, objects["TraefikService"]["spec"])
	for _, kind := range []string{"Middleware", "TraefikService"} {
		assert.Equal(t, "wiki-x", objects[kind]["metadata"].(object)["name"])
	}
}

func TestCohortsThatCannotBeAreRefused(t *testing.T) {
	backends := map[string]gatewayapi.Backend{"a": serviceA}
	for name, test := range map[string]struct {
		cohorts Cohorts
		want    string
	}{
		"no cookie":                {Cohorts{Backends: backends}, `cookie "", want letters, digits and -`},
		"a cookie Traefik changes": {Cohorts{Cookie: "a_b c", Backends: backends}, `cookie "a_b c", want letters`},
		"no backends":              {Cohorts{Cookie: "c"}, "no backends"},
		"a name that is a list":    {Cohorts{Cookie: "c", Backends: map[string]gatewayapi.Backend{"a=1,b": serviceA}}, `choice "a=1,b", want a name`},
		"one backend for two":      {Cohorts{Cookie: "c", Backends: map[string]gatewayapi.Backend{"a": serviceA, "b": serviceA}}, "choices a and b are both wiki-a-wiki-80"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cohorts(test.cohorts)
			assert.ErrorContains(t, err, "creating cohorts wiki-a/wiki-x: ")
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestNamesAreResolvedAsTraefikDoes(t *testing.T) {
	for want, backend := range map[string]gatewayapi.Backend{
		"wiki-b-wiki-80":   serviceB,
		"wiki-a-copies":    {Traefik: "copies"},
		"wiki-a-other":     {Traefik: "other@kubernetescrd"},
		"live-copied@file": {Traefik: "live-copied@file"},
		"a-b@file":         {Traefik: "a.b@file"},
	} {
		assert.Equal(t, want, resolved("wiki-a", backend))
	}
}

func TestWeightsAreWhatThePluginReads(t *testing.T) {
	assert.Equal(t, []gatewayapi.Filter{
		{SetRequestHeader: &gatewayapi.Header{Name: "X-Cohort-Weights", Value: "live=90:live-copied=5,omega=10"}},
		{Middleware: "clusters"},
	}, Weights("clusters", Choice{Name: "live", Percent: 90, Copied: "live-copied", CopyPercent: 5}, Choice{Name: "omega", Percent: 10}))
}

func TestTheDefinitionsAreAllKindsThatTraefikWatches(t *testing.T) {
	kinds, err := definitions.Read(context.Background(), module)
	require.NoError(t, err)
	var names []string
	for _, kind := range kinds {
		names = append(names, kind.Metadata.Name)
	}
	assert.Equal(t, []string{
		"ingressroutes.traefik.io", "ingressroutetcps.traefik.io", "ingressrouteudps.traefik.io", "middlewares.traefik.io", "middlewaretcps.traefik.io",
		"serverstransports.traefik.io", "serverstransporttcps.traefik.io", "tlsoptions.traefik.io", "tlsstores.traefik.io", "traefikservices.traefik.io",
	}, names)
}

// The definitions and the local Traefik are of one version, with one hash.
func TestTheDefinitionsAreOfTheTraefikThatIsBuilt(t *testing.T) {
	folder := filepath.Join("..", "..", "local", "tools", "traefik")
	content, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	require.NoError(t, err)
	built, err := modfile.Parse("go.mod", content, nil)
	require.NoError(t, err)
	versions := map[string]string{}
	for _, require := range built.Require {
		versions[require.Mod.Path] = require.Mod.Version
	}
	assert.Equal(t, versions[module.Path], module.Version)
	sums, err := os.ReadFile(filepath.Join(folder, "go.sum"))
	require.NoError(t, err)
	assert.Contains(t, string(sums), module.Path+" "+module.Version+" "+module.Sum+"\n")
}
