package foundation

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/storage"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// MinRetention and MaxRetention are the bounds of soft delete, in days.
const (
	MinRetention = 7
	MaxRetention = 90
)

// secondsOfDay in Backups.RetentionDays.
const secondsOfDay = 24 * 60 * 60

// backups makes the bucket. A backup that is overwritten or deleted stays for the retention as a version
// that anyone who may read finds, and once that is deleted, for the retention again out of everybody's
// reach: soft delete holds also for those who may delete versions, and a shorter one does not shorten it
// for what is deleted already.
//
// It has no retention policy of the other kind, Bucket Lock. Cloud Storage refuses that on a bucket with
// versions (cloud.google.com/storage/docs/object-versioning), and it would refuse a database that archives
// the same log once more after a crash, which then could not go on.
func (b *builder) backups() error {
	days := b.args.Backups.RetentionDays
	bucket, err := storage.NewBucket(b.ctx, b.name, &storage.BucketArgs{
		// Names of buckets are one set in all the world, and IDs of projects are, too.
		Name: pulumi.String(naming.Label(b.args.Project, "backups")),
		// As Cloud Storage gives it back; written otherwise it would look like a move, a replacement.
		Location:                 pulumi.String(strings.ToUpper(b.args.Backups.Location)),
		UniformBucketLevelAccess: pulumi.Bool(true),
		PublicAccessPrevention:   pulumi.String("enforced"),
		ForceDestroy:             pulumi.Bool(false),
		Versioning:               &storage.BucketVersioningArgs{Enabled: pulumi.Bool(true)},
		SoftDeletePolicy:         &storage.BucketSoftDeletePolicyArgs{RetentionDurationSeconds: pulumi.Int(days * secondsOfDay)},
		LifecycleRules: storage.BucketLifecycleRuleArray{&storage.BucketLifecycleRuleArgs{
			Action: &storage.BucketLifecycleRuleActionArgs{Type: pulumi.String("Delete")},
			Condition: &storage.BucketLifecycleRuleConditionArgs{
				WithState:               pulumi.String("ARCHIVED"),
				DaysSinceNoncurrentTime: pulumi.Int(days),
				// Otherwise the provider adds an age of 0 days.
				NoAge: pulumi.Bool(true),
			},
		}},
	}, b.kept()...)
	if err != nil {
		return fmt.Errorf("creating the bucket of backups: %w", err)
	}
	b.made.Backups = bucket.Name
	return nil
}
