package abapp

import (
	"maps"
	"slices"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

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

	// deadlineSeconds without progress make a rollout fail instead of being waited for.
	deadlineSeconds = 180
)

func newDeployment(ctx *pulumi.Context, name, variant string, args Args, opts []pulumi.ResourceOption) (*appsv1.Deployment, error) {
	metadata := args.metadata(variant)
	metadata.Labels = pulumi.ToStringMap(args.runningLabels(variant))
	return appsv1.NewDeployment(ctx, logical(name, variant), &appsv1.DeploymentArgs{
		Metadata: metadata,
		Spec: &appsv1.DeploymentSpecArgs{
			Replicas:                pulumi.Int(args.Variants[variant].Replicas),
			RevisionHistoryLimit:    pulumi.Int(3),
			ProgressDeadlineSeconds: pulumi.Int(deadlineSeconds),
			Selector:                &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(args.selector(variant))},
			// A new pod is ready before an old one goes, so that a rollout never has less capacity
			// than was asked for.
			Strategy: &appsv1.DeploymentStrategyArgs{
				Type: pulumi.String("RollingUpdate"),
				RollingUpdate: &appsv1.RollingUpdateDeploymentArgs{
					MaxSurge:       pulumi.Int(1),
					MaxUnavailable: pulumi.Int(0),
				},
			},
			Template: &corev1.PodTemplateSpecArgs{
				// No annotations: a new contact must not replace the pods.
				Metadata: &metav1.ObjectMetaArgs{Labels: pulumi.ToStringMap(args.runningLabels(variant))},
				Spec:     args.podSpec(variant),
			},
		},
	}, opts...)
}

func (a Args) podSpec(variant string) *corev1.PodSpecArgs {
	return &corev1.PodSpecArgs{
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
		// Pods of one version spread over the nodes where that is possible.
		TopologySpreadConstraints: corev1.TopologySpreadConstraintArray{&corev1.TopologySpreadConstraintArgs{
			TopologyKey:       pulumi.String("kubernetes.io/hostname"),
			MaxSkew:           pulumi.Int(1),
			WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
			LabelSelector:     &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(a.selector(variant))},
			MatchLabelKeys:    pulumi.ToStringArray([]string{"pod-template-hash"}),
		}},
		Containers: corev1.ContainerArray{a.container(variant)},
	}
}

func (a Args) container(variant string) *corev1.ContainerArgs {
	return &corev1.ContainerArgs{
		Name:            pulumi.String("app"),
		Image:           pulumi.String(a.Variants[variant].Image),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Env:             a.containerEnv(variant),
		Ports: corev1.ContainerPortArray{
			containerPort(portHTTP, appPort),
			containerPort(portMetrics, metricsPort),
		},
		Resources: &corev1.ResourceRequirementsArgs{
			Requests: pulumi.ToStringMap(map[string]string{"cpu": a.App.Resources.CPU, "memory": a.App.Resources.Memory}),
			Limits:   pulumi.ToStringMap(map[string]string{"cpu": a.App.Resources.CPULimit, "memory": a.App.Resources.MemoryLimit}),
		},
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
