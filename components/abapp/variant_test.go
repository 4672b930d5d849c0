package abapp_test

import (
	"testing"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/apps"
	"live-omega/components/abapp"
	"live-omega/components/placement"
	"live-omega/tests/recording"
)

// withB are the args with variant b changed.
func withB(edit func(*abapp.Variant)) abapp.Args {
	args := args()
	b := args.Variants["b"]
	edit(&b)
	args.Variants["b"] = b
	return args
}

func TestADisruptionBudgetNeedsAPodToSpare(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*abapp.Variant)
		want bool
	}{
		"one pod":           {func(v *abapp.Variant) { v.Replicas = 1 }, false},
		"two pods":          {func(v *abapp.Variant) { v.Replicas = 2 }, true},
		"one pod or more":   {func(v *abapp.Variant) { v.Autoscale = &abapp.Autoscale{Min: 1, Max: 9, CPU: 70} }, false},
		"two pods or more":  {func(v *abapp.Variant) { v.Autoscale = &abapp.Autoscale{Min: 2, Max: 9, CPU: 70} }, true},
		"no pod for a time": {func(v *abapp.Variant) { v.Replicas = 0 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			args := withB(test.edit)
			args.Release = abapp.Release{Strategy: abapp.Ramped}
			_, there := record(t, args).Resources["kubernetes:policy/v1:PodDisruptionBudget::wiki-b"]
			assert.Equal(t, test.want, there)
		})
	}
}

func TestAnAutoscaledVariantLeavesItsNumberToTheAutoscaler(t *testing.T) {
	recorded := record(t, withB(func(v *abapp.Variant) { v.Autoscale = &abapp.Autoscale{Min: 2, Max: 5, CPU: 60} }))
	assert.Equal(t, object{
		"minReplicas": 2.0, "maxReplicas": 5.0,
		"scaleTargetRef": object{"apiVersion": "apps/v1", "kind": "Deployment", "name": "wiki"},
		"metrics": []any{object{"type": "Resource", "resource": object{
			"name": "cpu", "target": object{"type": "Utilization", "averageUtilization": 60.0},
		}}},
	}, recorded.Resources["kubernetes:autoscaling/v2:HorizontalPodAutoscaler::wiki-b"].Inputs["spec"])
	deployment := recorded.Resources[deploymentOf+"b"]
	assert.Equal(t, 2.0, deployment.Inputs["spec"].(object)["replicas"], "the least, written at creation")
	assert.Equal(t, []string{"spec.replicas"}, deployment.Ignored)
	assert.Empty(t, recorded.Resources[deploymentOf+"a"].Ignored)
	assert.Len(t, recorded.Keys("kubernetes:autoscaling/v2:HorizontalPodAutoscaler"), 1)
}

func TestRecreateEndsOldPodsOfAFirst(t *testing.T) {
	args := args()
	rolling := object{"type": "RollingUpdate", "rollingUpdate": object{"maxSurge": 1.0, "maxUnavailable": 0.0}}
	strategy := func(variant string) any {
		return record(t, args).Resources[deploymentOf+variant].Inputs["spec"].(object)["strategy"]
	}
	assert.Equal(t, rolling, strategy("a"))
	args.Release = abapp.Release{Strategy: abapp.Recreate}
	assert.Equal(t, object{"type": "Recreate"}, strategy("a"))
	assert.Equal(t, rolling, strategy("b"))
}

func TestAVariantMayDifferFromTheCatalogue(t *testing.T) {
	recorded := record(t, withB(func(v *abapp.Variant) {
		v.Args = []string{"--feature", "on"}
		v.Env = map[string]string{"GREETING": "hi", "ZONE": "x"}
		v.Resources = apps.Resources{CPU: "3m", MemoryLimit: "4Mi"}
		v.Placement.Pool = "b"
	}))
	plain, spec := podSpec(t, recorded, "a"), podSpec(t, recorded, "b")
	container := spec["containers"].([]any)[0].(object)
	assert.Equal(t, []any{"--feature", "on"}, container["args"])
	assert.Equal(t, object{"requests": object{"cpu": "3m", "memory": "1Mi"}, "limits": object{"cpu": "2", "memory": "4Mi"}}, container["resources"])
	var names []string
	for _, variable := range container["env"].([]any) {
		names = append(names, variable.(object)["name"].(string))
	}
	assert.Equal(t, []string{"CLOUD_APP", "CLOUD_CLUSTER", "CLOUD_VARIANT", "CLOUD_VERSION", "GREETING", "PORT", "ZONE", "POD_NAME", "POD_NAMESPACE", "SESSION_KEY"}, names)
	assert.Equal(t, object{"live-omega.dev/node-pool": "b"}, spec["nodeSelector"])
	assert.Equal(t, []any{object{"key": "live-omega.dev/node-pool", "operator": "Exists"}}, spec["tolerations"])
	for _, field := range []string{"nodeSelector", "tolerations"} {
		assert.NotContains(t, plain, field)
	}
	assert.NotContains(t, plain["containers"].([]any)[0], "args")
}

func TestVariantsMayRunOnDifferentPools(t *testing.T) {
	args := withB(func(v *abapp.Variant) {
		v.Placement = placement.Placement{Pool: "b", Taints: []placement.Taint{{Key: "dedicated", Value: "trial", Effect: "NoExecute"}}}
	})
	a := args.Variants["a"]
	a.Placement.Pool = "a"
	args.Variants["a"] = a
	recorded := record(t, args)
	ours := object{"key": "live-omega.dev/node-pool", "operator": "Exists"}
	for variant, tolerations := range map[string][]any{
		"a": {ours},
		"b": {ours, object{"key": "dedicated", "operator": "Equal", "value": "trial", "effect": "NoExecute"}},
	} {
		spec := podSpec(t, recorded, variant)
		assert.Equal(t, object{"live-omega.dev/node-pool": variant}, spec["nodeSelector"])
		assert.Equal(t, tolerations, spec["tolerations"])
	}
}

func TestPodsSpreadOverZonesAndNodes(t *testing.T) {
	var keys []string
	for _, constraint := range podSpec(t, record(t, args()), "a")["topologySpreadConstraints"].([]any) {
		constraint := constraint.(object)
		keys = append(keys, constraint["topologyKey"].(string))
		assert.Equal(t, "ScheduleAnyway", constraint["whenUnsatisfiable"], "one node must do")
	}
	assert.Equal(t, []string{"topology.kubernetes.io/zone", "kubernetes.io/hostname"}, keys)
}

func TestAllOfAVariantWaitsForItsNamespaceAndMakesNone(t *testing.T) {
	recorded, err := recording.OnCluster(func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error {
		args := args()
		args.Before = map[string][]pulumi.Resource{}
		for _, variant := range []string{"a", "b"} {
			room, err := corev1.NewNamespace(ctx, "room-"+variant, nil, onCluster)
			if err != nil {
				return err
			}
			args.Before[variant] = []pulumi.Resource{room}
		}
		_, err := abapp.New(ctx, "wiki", args, onCluster)
		return err
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"kubernetes:core/v1:Namespace::room-a", "kubernetes:core/v1:Namespace::room-b"}, recorded.Keys("kubernetes:core/v1:Namespace"))
	for _, kind := range []string{"core/v1:ServiceAccount", "core/v1:Secret", "core/v1:Service", "apps/v1:Deployment"} {
		assert.Contains(t, recorded.Resources["kubernetes:"+kind+"::wiki-b"].After, "kubernetes:core/v1:Namespace::room-b", kind)
	}
}
