package abapp

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// Port is where every app takes requests.
const Port = appPort

const (
	// Ports that every app listens on, and their names.
	appPort     = 8080
	metricsPort = 8081
	portHTTP    = "http"
	portMetrics = "metrics"

	// anyUser is the user and group of every app's process: not root, and nobody in particular.
	anyUser = 65532

	// drainSeconds is how long a pod goes on serving after it was told to stop, before its process
	// hears of it. Gateways and kube-proxies learn that its endpoint is gone in well under a second.
	drainSeconds = 5
	// exitSeconds is what a process may take to exit when its last request is answered.
	exitSeconds = 5

	// probeTimeoutSeconds is what a probe may take on a busy node.
	probeTimeoutSeconds = 3
)

func (a Args) podSpec(variant string) *corev1.PodSpecArgs {
	spec := &corev1.PodSpecArgs{
		ServiceAccountName:            pulumi.String(a.App.Name),
		AutomountServiceAccountToken:  pulumi.Bool(false),
		EnableServiceLinks:            pulumi.Bool(false),
		TerminationGracePeriodSeconds: pulumi.Int(drainSeconds + a.App.DrainSeconds + exitSeconds),
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot:   pulumi.Bool(true),
			RunAsUser:      pulumi.Int(anyUser),
			RunAsGroup:     pulumi.Int(anyUser),
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		// Pods of one version spread over zones and nodes where that is possible.
		TopologySpreadConstraints: corev1.TopologySpreadConstraintArray{
			a.spread(variant, "topology.kubernetes.io/zone"),
			a.spread(variant, "kubernetes.io/hostname"),
		},
		Containers: corev1.ContainerArray{a.container(variant)},
	}
	a.Variants[variant].Placement.Bind(spec)
	return spec
}

// spread keeps the numbers of pods on the parts of the cluster alike, where there is room.
func (a Args) spread(variant, topologyKey string) *corev1.TopologySpreadConstraintArgs {
	return &corev1.TopologySpreadConstraintArgs{
		TopologyKey:       pulumi.String(topologyKey),
		MaxSkew:           pulumi.Int(1),
		WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
		LabelSelector:     &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(a.selector(variant))},
		MatchLabelKeys:    pulumi.ToStringArray([]string{"pod-template-hash"}),
	}
}

func (a Args) container(variant string) *corev1.ContainerArgs {
	container := &corev1.ContainerArgs{
		Name:            pulumi.String("app"),
		Image:           pulumi.String(a.Variants[variant].Image),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Env:             a.containerEnv(variant),
		Ports: corev1.ContainerPortArray{
			containerPort(portHTTP, appPort),
			containerPort(portMetrics, metricsPort),
		},
		Resources: a.resources(variant),
		// A minute to start; from then on a pod that cannot serve is out after six seconds, and one
		// that only a restart helps is restarted after half a minute. A process that ends is noticed
		// without a probe, and a busy node must not be taken for a broken pod.
		StartupProbe:   probe(a.App.Probes.Liveness, 1, 60),
		ReadinessProbe: probe(a.App.Probes.Readiness, 2, 3),
		LivenessProbe:  probe(a.App.Probes.Liveness, 10, 3),
		Lifecycle: &corev1.LifecycleArgs{
			PreStop: &corev1.LifecycleHandlerArgs{Sleep: &corev1.SleepActionArgs{Seconds: pulumi.Int(drainSeconds)}},
		},
		SecurityContext: &corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			ReadOnlyRootFilesystem:   pulumi.Bool(true),
			Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		},
	}
	if arguments := a.Variants[variant].Args; len(arguments) > 0 {
		container.Args = pulumi.ToStringArray(arguments)
	}
	return container
}

// resources are the variant's, and where it says none those of the catalogue.
func (a Args) resources(variant string) *corev1.ResourceRequirementsArgs {
	own, app := a.Variants[variant].Resources, a.App.Resources
	return &corev1.ResourceRequirementsArgs{
		Requests: pulumi.ToStringMap(map[string]string{"cpu": cmp.Or(own.CPU, app.CPU), "memory": cmp.Or(own.Memory, app.Memory)}),
		Limits:   pulumi.ToStringMap(map[string]string{"cpu": cmp.Or(own.CPULimit, app.CPULimit), "memory": cmp.Or(own.MemoryLimit, app.MemoryLimit)}),
	}
}

// env are the plain environment variables of the app's container, by name.
func (a Args) env(variant string) map[string]string {
	env := maps.Clone(a.Variants[variant].Env)
	if env == nil {
		env = map[string]string{}
	}
	maps.Copy(env, map[string]string{
		"CLOUD_CLUSTER": a.Cluster,
		"CLOUD_APP":     a.App.Name,
		"CLOUD_VARIANT": variant,
		"CLOUD_VERSION": a.Variants[variant].Version,
		"PORT":          fmt.Sprint(appPort),
	})
	return env
}

// containerEnv holds, sorted by name within each group: plain values, what the pod knows of itself,
// and secrets.
func (a Args) containerEnv(variant string) corev1.EnvVarArray {
	var env corev1.EnvVarArray
	plain := a.env(variant)
	for _, name := range slices.Sorted(maps.Keys(plain)) {
		env = append(env, &corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(plain[name])})
	}
	for _, field := range [][2]string{{"POD_NAME", "metadata.name"}, {"POD_NAMESPACE", "metadata.namespace"}} {
		env = append(env, &corev1.EnvVarArgs{
			Name: pulumi.String(field[0]),
			ValueFrom: &corev1.EnvVarSourceArgs{FieldRef: &corev1.ObjectFieldSelectorArgs{
				ApiVersion: pulumi.String("v1"), FieldPath: pulumi.String(field[1]),
			}},
		})
	}
	for _, secret := range slices.Sorted(slices.Values(a.App.Secrets)) {
		env = append(env, &corev1.EnvVarArgs{
			Name: pulumi.String(naming.EnvVar(secret)),
			ValueFrom: &corev1.EnvVarSourceArgs{SecretKeyRef: &corev1.SecretKeySelectorArgs{
				Name: pulumi.String(a.App.Name), Key: pulumi.String(secret),
			}},
		})
	}
	return env
}

func containerPort(name string, number int) *corev1.ContainerPortArgs {
	return &corev1.ContainerPortArgs{
		Name: pulumi.String(name), ContainerPort: pulumi.Int(number), Protocol: pulumi.String("TCP"),
	}
}

// probe asks a path on the app's port every period, and gives up after so many failures in a row.
func probe(path string, periodSeconds, failures int) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		HttpGet: &corev1.HTTPGetActionArgs{
			Path: pulumi.String(path), Port: pulumi.String(portHTTP), Scheme: pulumi.String("HTTP"),
		},
		PeriodSeconds:    pulumi.Int(periodSeconds),
		TimeoutSeconds:   pulumi.Int(probeTimeoutSeconds),
		FailureThreshold: pulumi.Int(failures),
		SuccessThreshold: pulumi.Int(1),
	}
}
