package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// RateLimit bounds what one client address may ask for.
type RateLimit struct {
	// Requests per Seconds. Seconds is one of RateSeconds.
	Requests, Seconds int
}

// RateSeconds are the intervals that Cloud Armor knows (its documentation, "Configure rate limiting rules").
var RateSeconds = []int{10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700, 3600}

const (
	limitPriority = 1000
	// lastPriority is that of the rule that every policy must have.
	lastPriority = 2147483647
)

// rateLimit makes the policy that answers 429 to clients that ask for too much; nil if there is no limit.
func (b *balancerBuilder) rateLimit() (pulumi.StringPtrInput, error) {
	limit := b.args.RateLimit
	if limit == nil {
		return nil, nil
	}
	policy, err := compute.NewSecurityPolicy(b.ctx, b.name, &compute.SecurityPolicyArgs{
		Name: pulumi.String(balancerName),
		Type: pulumi.String("CLOUD_ARMOR"),
		Rules: compute.SecurityPolicyRuleTypeArray{
			&compute.SecurityPolicyRuleTypeArgs{
				Action:   pulumi.String("throttle"),
				Priority: pulumi.Int(limitPriority),
				Match:    everyone(),
				RateLimitOptions: &compute.SecurityPolicyRuleRateLimitOptionsArgs{
					ConformAction: pulumi.String("allow"),
					ExceedAction:  pulumi.String("deny(429)"),
					EnforceOnKey:  pulumi.String("IP"),
					RateLimitThreshold: &compute.SecurityPolicyRuleRateLimitOptionsRateLimitThresholdArgs{
						Count: pulumi.Int(limit.Requests), IntervalSec: pulumi.Int(limit.Seconds),
					},
				},
			},
			&compute.SecurityPolicyRuleTypeArgs{
				Action: pulumi.String("allow"), Priority: pulumi.Int(lastPriority), Match: everyone(),
			},
		},
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("creating the security policy: %w", err)
	}
	return policy.ID().ToStringOutput().ToStringPtrOutput(), nil
}

func everyone() *compute.SecurityPolicyRuleMatchArgs {
	return &compute.SecurityPolicyRuleMatchArgs{
		VersionedExpr: pulumi.String("SRC_IPS_V1"),
		Config:        &compute.SecurityPolicyRuleMatchConfigArgs{SrcIpRanges: pulumi.ToStringArray([]string{"*"})},
	}
}
