package community

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/rbac/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// Kinds and roles of members.
const (
	User  = "User"
	Group = "Group"
	View  = "view"
	Edit  = "edit"
)

// MemberKinds are all kinds of members, and Roles all roles.
var (
	MemberKinds = []string{Group, User}
	Roles       = []string{Edit, View}
)

const (
	rbacGroup = "rbac.authorization.k8s.io"

	// SystemPrefix begins the names of users and groups that Kubernetes keeps for itself.
	SystemPrefix = "system:"
)

// Member is a subject of RBAC, with what it may do in the namespaces of its community.
type Member struct {
	// Kind is User or Group.
	Kind string
	Name string
	// Role is View: everything but Secrets can be read; or Edit: everything can be read, and what runs
	// can be changed, but neither isolation, bounds, Services nor routes.
	Role string
}

func (m Member) validate() error {
	switch {
	case !slices.Contains(MemberKinds, m.Kind):
		return fmt.Errorf("kind %q is none of %v", m.Kind, MemberKinds)
	case !slices.Contains(Roles, m.Role):
		return fmt.Errorf("role %q is none of %v", m.Role, Roles)
	case m.Name == "" || strings.HasPrefix(m.Name, SystemPrefix):
		return fmt.Errorf("name %q is empty, or one of Kubernetes' own", m.Name)
	}
	return nil
}

// same is whether two members are one subject.
func (m Member) same(other Member) bool { return m.Kind == other.Kind && m.Name == other.Name }

// newMembers creates the role of those who edit, whether there are any or not, and one binding for each
// member: a member who comes or goes is one object.
func (r *room) newMembers() error {
	role, err := rbacv1.NewRole(r.ctx, r.logical(), &rbacv1.RoleArgs{
		Metadata: r.metadata(editRole),
		Rules:    editRules(),
	}, r.inside...)
	if err != nil {
		return fmt.Errorf("creating Role: %w", err)
	}
	inside := append(slices.Clone(r.inside), pulumi.DependsOn([]pulumi.Resource{role}))
	for _, member := range r.args.Members {
		// The role is part of the name, because the role of a binding can never change.
		name := naming.Label(member.Role, strings.ToLower(member.Kind), member.Name)
		_, err := rbacv1.NewRoleBinding(r.ctx, r.logical(name), &rbacv1.RoleBindingArgs{
			Metadata: r.metadata(name),
			RoleRef:  member.roleRef(),
			Subjects: rbacv1.SubjectArray{&rbacv1.SubjectArgs{
				ApiGroup: pulumi.String(rbacGroup), Kind: pulumi.String(member.Kind), Name: pulumi.String(member.Name),
			}},
		}, inside...)
		if err != nil {
			return fmt.Errorf("creating RoleBinding %s: %w", name, err)
		}
	}
	return nil
}

// roleRef is the role of a member: Kubernetes' own for those who view. Its own "edit" is not used: it can
// remove the network policies of a namespace, and give a Service an external address, such as that of
// the gateway, and so take the requests of everyone else.
func (m Member) roleRef() *rbacv1.RoleRefArgs {
	ref := &rbacv1.RoleRefArgs{ApiGroup: pulumi.String(rbacGroup), Kind: pulumi.String("ClusterRole"), Name: pulumi.String("view")}
	if m.Role == Edit {
		ref.Kind, ref.Name = pulumi.String("Role"), pulumi.String(editRole)
	}
	return ref
}

// editRole is the name of the role of those who edit.
const editRole = "community-edit"

// editRules let a member read everything in the namespace, Secrets included, and change what runs in it.
// Whatever is made so meets the namespace's pod security, quota and network policies.
func editRules() rbacv1.PolicyRuleArray {
	read := []string{"get", "list", "watch"}
	write := []string{"create", "delete", "deletecollection", "patch", "update"}
	return rbacv1.PolicyRuleArray{
		rules("*", read, "*"),
		rules("", write, "configmaps", "persistentvolumeclaims", "pods", "pods/attach", "pods/eviction", "pods/exec", "pods/portforward", "secrets"),
		rules("apps", write, "daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"),
		rules("autoscaling", write, "horizontalpodautoscalers"),
		rules("batch", write, "cronjobs", "jobs"),
	}
}

func rules(group string, verbs []string, resources ...string) *rbacv1.PolicyRuleArgs {
	return &rbacv1.PolicyRuleArgs{
		ApiGroups: pulumi.ToStringArray([]string{group}),
		Resources: pulumi.ToStringArray(resources),
		Verbs:     pulumi.ToStringArray(verbs),
	}
}
