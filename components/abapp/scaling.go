package abapp

import (
	autoscalingv2 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/autoscaling/v2"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newAutoscaler lets the number of pods follow the use of their CPU. The cluster must have the resource
// metrics API (metrics-server); without it the number stays where it is.
func newAutoscaler(ctx *pulumi.Context, name, variant string, args Args, opts []pulumi.ResourceOption) error {
	scale := args.Variants[variant].Autoscale
	_, err := autoscalingv2.NewHorizontalPodAutoscaler(ctx, logical(name, variant), &autoscalingv2.HorizontalPodAutoscalerArgs{
		Metadata: args.metadata(variant),
		Spec: &autoscalingv2.HorizontalPodAutoscalerSpecArgs{
			MinReplicas: pulumi.Int(scale.Min),
			MaxReplicas: pulumi.Int(scale.Max),
			ScaleTargetRef: &autoscalingv2.CrossVersionObjectReferenceArgs{
				ApiVersion: pulumi.String("apps/v1"), Kind: pulumi.String("Deployment"), Name: pulumi.String(args.App.Name),
			},
			Metrics: autoscalingv2.MetricSpecArray{&autoscalingv2.MetricSpecArgs{
				Type: pulumi.String("Resource"),
				Resource: &autoscalingv2.ResourceMetricSourceArgs{
					Name:   pulumi.String("cpu"),
					Target: &autoscalingv2.MetricTargetArgs{Type: pulumi.String("Utilization"), AverageUtilization: pulumi.Int(scale.CPU)},
				},
			}},
		},
	}, opts...)
	return err
}

// newDisruptionBudget keeps all pods but one while nodes are drained. With a single pod it would
// only block the drain.
func newDisruptionBudget(ctx *pulumi.Context, name, variant string, args Args, opts []pulumi.ResourceOption) error {
	_, err := policyv1.NewPodDisruptionBudget(ctx, logical(name, variant), &policyv1.PodDisruptionBudgetArgs{
		Metadata: args.metadata(variant),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(1),
			Selector:       &metav1.LabelSelectorArgs{MatchLabels: pulumi.ToStringMap(args.selector(variant))},
			// A pod that is broken anyway must not hold up a drain.
			UnhealthyPodEvictionPolicy: pulumi.String("AlwaysAllow"),
		},
	}, opts...)
	return err
}
