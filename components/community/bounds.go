package community

import (
	"fmt"
	"strconv"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// objectName is the name of the quota and of the limits.
	objectName = "community"
	// noPriority is the name of the quota that leaves the cluster's own priorities to the cluster.
	noPriority = "no-priority"
)

// newBounds creates what keeps a namespace from using more than the community's share.
func (r *room) newBounds() ([]pulumi.Resource, error) {
	quota, err := corev1.NewResourceQuota(r.ctx, r.logical(), &corev1.ResourceQuotaArgs{
		Metadata: r.metadata(objectName),
		Spec:     &corev1.ResourceQuotaSpecArgs{Hard: pulumi.ToStringMap(r.args.Quota.hard())},
	}, r.inside...)
	if err != nil {
		return nil, fmt.Errorf("creating ResourceQuota: %w", err)
	}
	priority, err := r.newPriorityQuota()
	if err != nil {
		return nil, fmt.Errorf("creating ResourceQuota %s: %w", noPriority, err)
	}
	defaults := r.args.Defaults
	limits, err := corev1.NewLimitRange(r.ctx, r.logical(), &corev1.LimitRangeArgs{
		Metadata: r.metadata(objectName),
		Spec: &corev1.LimitRangeSpecArgs{Limits: corev1.LimitRangeItemArray{&corev1.LimitRangeItemArgs{
			Type:           pulumi.String("Container"),
			DefaultRequest: pulumi.ToStringMap(map[string]string{"cpu": shortest(defaults.CPU), "memory": shortest(defaults.Memory)}),
			Default:        pulumi.ToStringMap(map[string]string{"cpu": shortest(defaults.CPULimit), "memory": shortest(defaults.MemoryLimit)}),
		}}},
	}, r.inside...)
	if err != nil {
		return nil, fmt.Errorf("creating LimitRange: %w", err)
	}
	return []pulumi.Resource{quota, priority, limits}, nil
}

// newPriorityQuota allows no pod of the priorities that are meant for the cluster's own pods. Anyone who
// may create pods may claim them otherwise, and push the pods of other communities off a full node.
func (r *room) newPriorityQuota() (*corev1.ResourceQuota, error) {
	return corev1.NewResourceQuota(r.ctx, r.logical(noPriority), &corev1.ResourceQuotaArgs{
		Metadata: r.metadata(noPriority),
		Spec: &corev1.ResourceQuotaSpecArgs{
			Hard: pulumi.ToStringMap(map[string]string{"pods": "0"}),
			ScopeSelector: &corev1.ScopeSelectorArgs{
				MatchExpressions: corev1.ScopedResourceSelectorRequirementArray{&corev1.ScopedResourceSelectorRequirementArgs{
					ScopeName: pulumi.String("PriorityClass"),
					Operator:  pulumi.String("In"),
					Values:    pulumi.ToStringArray([]string{"system-cluster-critical", "system-node-critical"}),
				}},
			},
		},
	}, r.inside...)
}

// hard is the quota as the namespace's bound. Kubernetes knows no quota across namespaces: that all of
// them together stay below it is found in the config, before anything is deployed; what is made by hand
// meets it in each namespace.
func (q Quota) hard() map[string]string {
	return map[string]string{
		"requests.cpu":     shortest(q.CPU),
		"requests.memory":  shortest(q.Memory),
		"requests.storage": shortest(q.Storage),
		"pods":             strconv.Itoa(q.Pods),
	}
}
