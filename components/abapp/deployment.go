package abapp

import (
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// deadlineSeconds without progress make a rollout fail instead of being waited for.
const deadlineSeconds = 180

func newDeployment(ctx *pulumi.Context, name, variant string, args Args, opts []pulumi.ResourceOption) (*appsv1.Deployment, error) {
	metadata := args.metadata(variant)
	metadata.Labels = pulumi.ToStringMap(args.runningLabels(variant))
	if args.Variants[variant].Autoscale != nil {
		// The number is the autoscaler's from the second update on. It is written nevertheless: under
		// server-side apply a field that its owner no longer writes is reset, here to one pod.
		opts = append(opts, pulumi.IgnoreChanges([]string{"spec.replicas"}))
	}
	return appsv1.NewDeployment(ctx, logical(name, variant), &appsv1.DeploymentArgs{
		Metadata: metadata,
		Spec: &appsv1.DeploymentSpecArgs{
			Replicas:                pulumi.Int(args.Variants[variant].Pods()),
			RevisionHistoryLimit:    pulumi.Int(3),
			ProgressDeadlineSeconds: pulumi.Int(deadlineSeconds),
			Selector:                &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(args.selector(variant))},
			Strategy:                args.rollout(variant),
			Template: &corev1.PodTemplateSpecArgs{
				// No annotations: a new contact must not replace the pods.
				Metadata: &metav1.ObjectMetaArgs{Labels: pulumi.ToStringMap(args.runningLabels(variant))},
				Spec:     args.podSpec(variant),
			},
		},
	}, opts...)
}

// rollout is how pods are replaced.
func (a Args) rollout(variant string) *appsv1.DeploymentStrategyArgs {
	if a.Release.Strategy == Recreate && variant == VariantA {
		return &appsv1.DeploymentStrategyArgs{Type: pulumi.String("Recreate")}
	}
	// A new pod is ready before an old one goes, so that a rollout never has less capacity than was
	// asked for.
	return &appsv1.DeploymentStrategyArgs{
		Type: pulumi.String("RollingUpdate"),
		RollingUpdate: &appsv1.RollingUpdateDeploymentArgs{
			MaxSurge:       pulumi.Int(1),
			MaxUnavailable: pulumi.Int(0),
		},
	}
}
