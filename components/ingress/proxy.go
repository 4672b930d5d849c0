package ingress

import (
	"fmt"
	"slices"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// objectName is the name of the Deployment, the Service and the rest.
	objectName = "traefik"

	// anyUser is the user and group of the process.
	anyUser = 65532

	// probeTimeoutSeconds is what a probe may take on a busy node.
	probeTimeoutSeconds = 3

	// deadlineSeconds without progress make a rollout fail instead of being waited for.
	deadlineSeconds = 180
)

// proxy creates the pods of Traefik, and what configures and protects them.
func (b *builder) proxy() error {
	all, err := b.allFiles()
	if err != nil {
		return err
	}
	_, err = policyv1.NewPodDisruptionBudget(b.ctx, b.name, &policyv1.PodDisruptionBudgetArgs{
		Metadata: b.metadata(objectName),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable:             pulumi.Int(1),
			Selector:                   &metav1.LabelSelectorArgs{MatchLabels: selector()},
			UnhealthyPodEvictionPolicy: pulumi.String("AlwaysAllow"),
		},
	}, b.inNamespace...)
	if err != nil {
		return fmt.Errorf("creating PodDisruptionBudget: %w", err)
	}
	_, err = appsv1.NewDeployment(b.ctx, b.name, &appsv1.DeploymentArgs{
		Metadata: b.metadata(objectName),
		Spec: &appsv1.DeploymentSpecArgs{
			Replicas:                pulumi.Int(b.args.Replicas),
			RevisionHistoryLimit:    pulumi.Int(3),
			ProgressDeadlineSeconds: pulumi.Int(deadlineSeconds),
			Selector:                &metav1.LabelSelectorArgs{MatchLabels: selector()},
			Strategy: &appsv1.DeploymentStrategyArgs{
				Type: pulumi.String("RollingUpdate"),
				RollingUpdate: &appsv1.RollingUpdateDeploymentArgs{
					MaxSurge:       pulumi.Int(1),
					MaxUnavailable: pulumi.Int(0),
				},
			},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: pulumi.ToStringMap(labels())},
				Spec:     b.podSpec(all),
			},
		},
	}, append(b.inNamespace, pulumi.DependsOn(slices.Concat(b.beforePods, b.args.Before)))...)
	if err != nil {
		return fmt.Errorf("creating Deployment: %w", err)
	}
	return nil
}

func (b *builder) podSpec(all []files) *corev1.PodSpecArgs {
	spec := &corev1.PodSpecArgs{
		ServiceAccountName:            pulumi.String(objectName),
		AutomountServiceAccountToken:  pulumi.Bool(true),
		EnableServiceLinks:            pulumi.Bool(false),
		TerminationGracePeriodSeconds: pulumi.Int(b.args.terminationSeconds()),
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot:   pulumi.Bool(true),
			RunAsUser:      pulumi.Int(anyUser),
			RunAsGroup:     pulumi.Int(anyUser),
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
			// The Gateway's listener is on port 80, and Traefik listens where the listener is.
			Sysctls: corev1.SysctlArray{&corev1.SysctlArgs{
				Name: pulumi.String("net.ipv4.ip_unprivileged_port_start"), Value: pulumi.String("0"),
			}},
		},
		TopologySpreadConstraints: corev1.TopologySpreadConstraintArray{&corev1.TopologySpreadConstraintArgs{
			TopologyKey:       pulumi.String("kubernetes.io/hostname"),
			MaxSkew:           pulumi.Int(1),
			WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
			LabelSelector:     &metav1.LabelSelectorArgs{MatchLabels: selector()},
			MatchLabelKeys:    pulumi.ToStringArray([]string{"pod-template-hash"}),
		}},
		Volumes:    volumes(all),
		Containers: corev1.ContainerArray{b.container(all)},
	}
	b.args.Placement.Bind(spec)
	return spec
}

func (b *builder) container(all []files) *corev1.ContainerArgs {
	return &corev1.ContainerArgs{
		Name:            pulumi.String(objectName),
		Image:           pulumi.String(b.args.Image),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Args:            pulumi.ToStringArray(b.args.flags()),
		WorkingDir:      pulumi.String(workingFolder),
		VolumeMounts:    mounts(all),
		Ports: corev1.ContainerPortArray{
			containerPort(entryWeb, Port),
			containerPort(entryInternal, internalPort),
		},
		Resources: &corev1.ResourceRequirementsArgs{
			// All requests pass here: on a busy node the gateway must be among the last to wait.
			Requests: pulumi.ToStringMap(map[string]string{"cpu": "200m", "memory": "128Mi"}),
			Limits:   pulumi.ToStringMap(map[string]string{"cpu": "2", "memory": "512Mi"}),
		},
		StartupProbe:   readyProbe(1, 60, 1),
		ReadinessProbe: readyProbe(2, 3, b.args.settleProbes()),
		LivenessProbe:  probe("/ping", entryInternal, 10, 3),
		Lifecycle: &corev1.LifecycleArgs{
			PreStop: &corev1.LifecycleHandlerArgs{Sleep: &corev1.SleepActionArgs{Seconds: pulumi.Int(b.args.drain().seconds)}},
		},
		SecurityContext: &corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			ReadOnlyRootFilesystem:   pulumi.Bool(true),
			Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		},
	}
}

// readyProbe asks for ReadyPath through the same entry point and routing as users' requests.
func readyProbe(periodSeconds, failures, successes int) *corev1.ProbeArgs {
	ready := probe(ReadyPath, entryWeb, periodSeconds, failures)
	ready.SuccessThreshold = pulumi.Int(successes)
	ready.HttpGet = &corev1.HTTPGetActionArgs{
		Path: pulumi.String(ReadyPath), Port: pulumi.String(entryWeb), Scheme: pulumi.String("HTTP"),
		HttpHeaders: corev1.HTTPHeaderArray{&corev1.HTTPHeaderArgs{
			Name: pulumi.String("Host"), Value: pulumi.String(ReadyHost),
		}},
	}
	return ready
}

func probe(path, port string, periodSeconds, failures int) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		HttpGet: &corev1.HTTPGetActionArgs{
			Path: pulumi.String(path), Port: pulumi.String(port), Scheme: pulumi.String("HTTP"),
		},
		PeriodSeconds:    pulumi.Int(periodSeconds),
		TimeoutSeconds:   pulumi.Int(probeTimeoutSeconds),
		FailureThreshold: pulumi.Int(failures),
		SuccessThreshold: pulumi.Int(1),
	}
}

func containerPort(name string, number int) *corev1.ContainerPortArgs {
	return &corev1.ContainerPortArgs{
		Name: pulumi.String(name), ContainerPort: pulumi.Int(number), Protocol: pulumi.String("TCP"),
	}
}
