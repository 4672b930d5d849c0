package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// nodeRole is the least that GKE's own agents on a node need in the project: to write logs and metrics
// (cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster). Pods do not have it, unless they
// are on the network of the node: they see Workload Identity's metadata server.
const nodeRole = "roles/container.defaultNodeServiceAccount"

// nodeAccounts makes the account that a cluster's nodes act as, instead of the project's default one,
// which may edit everything. It is kept, because another one of the same name has none of the roles that
// were given to the first.
func (b *builder) nodeAccounts() error {
	for _, cluster := range b.args.clusters() {
		account, err := serviceaccount.NewAccount(b.ctx, naming.Logical(b.name, cluster), &serviceaccount.AccountArgs{
			AccountId:   pulumi.String(naming.Account(cluster, "nodes")),
			DisplayName: pulumi.String("Nodes of cluster " + cluster),
		}, b.kept()...)
		if err != nil {
			return fmt.Errorf("creating the account of the nodes of cluster %s: %w", cluster, err)
		}
		b.accounts[cluster] = account
		if err := b.grant(cluster, account); err != nil {
			return err
		}
	}
	return nil
}

// grant adds the account to those who have the role. It is always one member of one role: the resources
// that hold a whole role or policy would take the project from everybody else who is in it, Google's own
// agents included.
func (b *builder) grant(cluster string, account *serviceaccount.Account) error {
	_, err := projects.NewIAMMember(b.ctx, naming.Logical(b.name, cluster), &projects.IAMMemberArgs{
		Project: pulumi.String(b.args.Project),
		Role:    pulumi.String(nodeRole),
		Member:  account.Member,
	}, b.child...)
	if err != nil {
		return fmt.Errorf("giving role %s to the nodes of cluster %s: %w", nodeRole, cluster, err)
	}
	return nil
}
