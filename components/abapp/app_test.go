package abapp_test

import (
	"regexp"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/apps"
	"live-omega/components/abapp"
	"live-omega/components/gatewayapi"
	"live-omega/tests/recording"
)

type object = map[string]any

// args are those of an app with both variants.
func args() abapp.Args {
	return abapp.Args{
		App: apps.App{
			Name: "wiki", Owner: "A. Person", Contact: "a@example.test", Community: "readers", Description: "Pages, by all: for all.",
			Resources:    apps.Resources{CPU: "1m", Memory: "1Mi", CPULimit: "2", MemoryLimit: "2Mi"},
			Probes:       apps.Probes{Liveness: "/live", Readiness: "/ready"},
			DrainSeconds: 7,
			Secrets:      []string{"session-key"},
		},
		Cluster: "omega",
		Hosts:   []string{"wiki.example.test", "pages.example.test"},
		Preview: "wiki-preview.example.test",
		Variants: map[string]abapp.Variant{
			"a": {Image: "registry/wiki@sha256:a", Version: "v1", Replicas: 2},
			"b": {Image: "registry/wiki@sha256:b", Version: "v2", Replicas: 1},
		},
		Release: abapp.Release{Strategy: abapp.Canary, Weight: number(10)},
		Gateway: gatewayapi.Parent{Namespace: "ingress", Name: "gateway"},
		Secrets: map[string]pulumi.StringInput{"session-key": pulumi.String("hush")},
	}
}

func record(t *testing.T, args abapp.Args) recording.Recording {
	t.Helper()
	recorded, err := run(args)
	require.NoError(t, err)
	return recorded
}

func run(args abapp.Args) (recording.Recording, error) {
	return recording.OnCluster(func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error {
		_, err := abapp.New(ctx, args.App.Name, args, onCluster)
		return err
	})
}

func TestVariantsHaveNamespacesOfTheirOwn(t *testing.T) {
	recorded := record(t, args())
	for _, kind := range []string{"core/v1:ServiceAccount", "core/v1:Secret", "core/v1:Service", "apps/v1:Deployment"} {
		for _, variant := range []string{"a", "b"} {
			metadata := recorded.Resources["kubernetes:"+kind+"::wiki-"+variant].Inputs["metadata"].(object)
			assert.Equal(t, "wiki-"+variant, metadata["namespace"], kind)
			assert.Equal(t, "wiki", metadata["name"], kind)
		}
	}
}

func TestAnAppWithOneVariantIsHalfTheObjects(t *testing.T) {
	args := args()
	delete(args.Variants, "b")
	args.Release = abapp.Release{Strategy: abapp.Ramped}
	recorded := record(t, args)
	assert.Equal(t, []string{
		"kubernetes:apps/v1:Deployment::wiki-a",
		"kubernetes:core/v1:Secret::wiki-a",
		"kubernetes:core/v1:Service::wiki-a",
		"kubernetes:core/v1:ServiceAccount::wiki-a",
		"kubernetes:gateway.networking.k8s.io/v1:HTTPRoute::wiki",
		"kubernetes:policy/v1:PodDisruptionBudget::wiki-a",
		"live-omega:abapp:App::wiki",
		"pulumi:providers:kubernetes::cluster",
	}, recorded.Keys(""))
}

func TestNothingWaitsForAServiceWithoutPods(t *testing.T) {
	recorded := record(t, args())
	for _, key := range recorded.Keys("kubernetes:core/v1:Service") {
		annotations := recorded.Resources[key].Inputs["metadata"].(object)["annotations"].(object)
		assert.Equal(t, "true", annotations["pulumi.com/skipAwait"], key)
	}
	for _, key := range recorded.Keys("kubernetes:apps/v1:Deployment") {
		assert.NotContains(t, recorded.Resources[key].After, "kubernetes:core/v1:Service::wiki-a")
		assert.NotContains(t, recorded.Resources[key].Inputs["metadata"].(object)["annotations"], "pulumi.com/skipAwait")
	}
}

func TestPodsAreRestrictedBoundedAndProbed(t *testing.T) {
	spec := podSpec(t, record(t, args()), "b")
	assert.Equal(t, object{"runAsNonRoot": true, "runAsUser": 65532.0, "runAsGroup": 65532.0, "seccompProfile": object{"type": "RuntimeDefault"}}, spec["securityContext"])
	assert.Equal(t, false, spec["automountServiceAccountToken"])
	assert.Equal(t, 5.0+7+5, spec["terminationGracePeriodSeconds"], "drain, the slowest request, exit")
	container := spec["containers"].([]any)[0].(object)
	assert.Equal(t, object{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": object{"drop": []any{"ALL"}}}, container["securityContext"])
	assert.Equal(t, object{"requests": object{"cpu": "1m", "memory": "1Mi"}, "limits": object{"cpu": "2", "memory": "2Mi"}}, container["resources"])
	assert.Equal(t, "registry/wiki@sha256:b", container["image"])
	assert.Equal(t, object{"preStop": object{"sleep": object{"seconds": 5.0}}}, container["lifecycle"])
	for probe, path := range map[string]string{"startupProbe": "/live", "livenessProbe": "/live", "readinessProbe": "/ready"} {
		assert.Equal(t, object{"path": path, "port": "http", "scheme": "HTTP"}, container[probe].(object)["httpGet"], probe)
	}
}

func TestPodsKnowWhoTheyAre(t *testing.T) {
	env := object{}
	for _, variable := range podSpec(t, record(t, args()), "b")["containers"].([]any)[0].(object)["env"].([]any) {
		variable := variable.(object)
		env[variable["name"].(string)] = variable["value"]
		if from, ok := variable["valueFrom"]; ok {
			env[variable["name"].(string)] = from
		}
	}
	assert.Equal(t, object{
		"CLOUD_APP": "wiki", "CLOUD_CLUSTER": "omega", "CLOUD_VARIANT": "b", "CLOUD_VERSION": "v2", "PORT": "8080",
		"POD_NAME":      object{"fieldRef": object{"apiVersion": "v1", "fieldPath": "metadata.name"}},
		"POD_NAMESPACE": object{"fieldRef": object{"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
		"SESSION_KEY":   object{"secretKeyRef": object{"name": "wiki", "key": "session-key"}},
	}, env)
}

func TestSecretsStaySecret(t *testing.T) {
	recorded := record(t, args())
	for _, variant := range []string{"a", "b"} {
		assert.Equal(t, []string{"data"}, recorded.Resources["kubernetes:core/v1:Secret::wiki-"+variant].Secrets)
	}
	assert.NotContains(t, recorded.Golden(), "hush")
	assert.NotContains(t, recorded.Golden(), "aHVzaA", "base64 hides nothing")
}

func TestLabelsAreWhatKubernetesAllows(t *testing.T) {
	value := regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$`)
	recorded := record(t, args())
	for key, resource := range recorded.Resources {
		metadata, _ := resource.Inputs["metadata"].(object)
		labels, _ := metadata["labels"].(object)
		for name, label := range labels {
			assert.Regexp(t, value, label, "%s: %s", key, name)
		}
	}
	labels := recorded.Resources["kubernetes:apps/v1:Deployment::wiki-b"].Inputs["metadata"].(object)["labels"].(object)
	assert.Equal(t, object{
		"app.kubernetes.io/name": "wiki", "app.kubernetes.io/version": "v2", "app.kubernetes.io/managed-by": "pulumi",
		"app.kubernetes.io/part-of": "live-omega", "live-omega.dev/community": "readers", "live-omega.dev/variant": "b",
	}, labels)
}

func TestSelectorsHoldOnlyWhatNeverChanges(t *testing.T) {
	recorded := record(t, args())
	want := object{"app.kubernetes.io/name": "wiki", "live-omega.dev/variant": "a"}
	deployment := recorded.Resources["kubernetes:apps/v1:Deployment::wiki-a"].Inputs["spec"].(object)
	assert.Equal(t, object{"matchLabels": want}, deployment["selector"])
	assert.Equal(t, want, recorded.Resources["kubernetes:core/v1:Service::wiki-a"].Inputs["spec"].(object)["selector"])
}

func TestMistakesAreRefusedBeforeAnythingIsRegistered(t *testing.T) {
	tests := []struct {
		name string
		edit func(*abapp.Args)
		want string
	}{
		{"no variant a", func(a *abapp.Args) { delete(a.Variants, "a") }, "app wiki: variant a is missing"},
		{"a third variant", func(a *abapp.Args) { a.Variants["c"] = a.Variants["a"] }, `app wiki: variant "c" is neither a nor b`},
		{"a secret without a value", func(a *abapp.Args) { a.Secrets = nil }, `app wiki: secret "session-key" has no value`},
		{"no host", func(a *abapp.Args) { a.Hosts = nil }, "app wiki: no host"},
		{"a bad variant", func(a *abapp.Args) { a.Variants["b"] = abapp.Variant{Replicas: 101} }, "app wiki: variants.b.replicas: found 101; write 0 to 100"},
		{"a bad release", func(a *abapp.Args) { a.Release.Weight = number(101) }, "app wiki: release.weight: found 101; write a percentage from 0 to 100"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := args()
			test.edit(&args)
			_, err := run(args)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func podSpec(t *testing.T, recorded recording.Recording, variant string) object {
	t.Helper()
	deployment, ok := recorded.Resources["kubernetes:apps/v1:Deployment::wiki-"+variant]
	require.True(t, ok)
	return deployment.Inputs["spec"].(object)["template"].(object)["spec"].(object)
}
