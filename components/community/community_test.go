package community_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/apps"
	"live-omega/components/community"
	"live-omega/tests/recording"
)

type object = map[string]any

// args are those of a community with an app of two variants and one of a single variant.
func args() community.Args {
	return community.Args{
		Name: "readers", Contact: "readers: by post", Until: "2031-05-01",
		Members: []community.Member{
			{Kind: "User", Name: "ada@example.test", Role: "view"},
			{Kind: "Group", Name: "oidc:Librarians", Role: "edit"},
		},
		Quota:    community.Quota{CPU: "2000m", Memory: "4096Mi", Pods: 40, Storage: "0"},
		Defaults: apps.Resources{CPU: "10m", Memory: "32Mi", CPULimit: "1000m", MemoryLimit: "128Mi"},
		Apps: []community.App{
			{App: app("wiki"), Variants: []string{"a", "b"}, Port: 8080},
			{App: app("shelf"), Variants: []string{"a"}, Port: 8080},
		},
	}
}

func app(name string) apps.App {
	return apps.App{Name: name, Community: "readers", Owner: "A. Person", Contact: "a@example.test", Description: "Pages, by all: for all."}
}

func record(t *testing.T, args community.Args) recording.Recording {
	t.Helper()
	recorded, err := run(args)
	require.NoError(t, err)
	return recorded
}

// run makes the community and, in the place of pods, a ConfigMap for every variant that waits like them.
func run(args community.Args) (recording.Recording, error) {
	return recording.OnCluster(func(ctx *pulumi.Context, onCluster pulumi.ResourceOption) error {
		made, err := community.New(ctx, args.Name, args, onCluster)
		if err != nil {
			return err
		}
		for app, variants := range made.Before {
			for variant, before := range variants {
				_, err := corev1.NewConfigMap(ctx, "pods-of-"+app+"-"+variant, nil, onCluster, pulumi.DependsOn(before))
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// in are the keys of what is in a namespace, without the ends of generated names.
func in(recorded recording.Recording, namespace string) []string {
	var keys []string
	for _, key := range recorded.Keys("") {
		metadata, _ := recorded.Resources[key].Inputs["metadata"].(object)
		if metadata["namespace"] == namespace {
			keys = append(keys, strings.TrimPrefix(key, "kubernetes:"))
		}
	}
	return keys
}

func TestEveryVariantHasANamespaceWithAllThatHoldsForTheCommunity(t *testing.T) {
	recorded := record(t, args())
	assert.Equal(t, []string{
		"kubernetes:core/v1:Namespace::shelf-a", "kubernetes:core/v1:Namespace::wiki-a", "kubernetes:core/v1:Namespace::wiki-b",
	}, recorded.Keys("kubernetes:core/v1:Namespace"))
	for _, namespace := range []string{"shelf-a", "wiki-a", "wiki-b"} {
		group := regexp.MustCompile(`edit-group-oidc-librarians-[0-9a-f]{10}$`)
		user := regexp.MustCompile(`view-user-ada-example-test-[0-9a-f]{10}$`)
		var found []string
		for _, key := range in(recorded, namespace) {
			found = append(found, user.ReplaceAllString(group.ReplaceAllString(key, "GROUP"), "USER"))
		}
		assert.Equal(t, []string{
			"core/v1:LimitRange::" + namespace,
			"core/v1:ResourceQuota::" + namespace,
			"core/v1:ResourceQuota::" + namespace + "-no-priority",
			"networking.k8s.io/v1:NetworkPolicy::" + namespace + "-default-deny",
			"networking.k8s.io/v1:NetworkPolicy::" + namespace + "-dns",
			"networking.k8s.io/v1:NetworkPolicy::" + namespace + "-from-gateway",
			"networking.k8s.io/v1:NetworkPolicy::" + namespace + "-to-gateway",
			"networking.k8s.io/v1:NetworkPolicy::" + namespace + "-within-community",
			"rbac.authorization.k8s.io/v1:Role::" + namespace,
			"rbac.authorization.k8s.io/v1:RoleBinding::" + namespace + "-GROUP",
			"rbac.authorization.k8s.io/v1:RoleBinding::" + namespace + "-USER",
		}, found)
	}
}

func TestNamespacesSayWhoseTheyAreAndUntilWhen(t *testing.T) {
	metadata := record(t, args()).Resources["kubernetes:core/v1:Namespace::wiki-b"].Inputs["metadata"].(object)
	assert.Equal(t, object{
		"name": "wiki-b",
		"labels": object{
			"app.kubernetes.io/name": "wiki", "app.kubernetes.io/managed-by": "pulumi", "app.kubernetes.io/part-of": "live-omega",
			"live-omega.dev/community": "readers", "live-omega.dev/variant": "b",
			"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted", "pod-security.kubernetes.io/audit": "restricted",
		},
		"annotations": object{
			"live-omega.dev/owner": "A. Person", "live-omega.dev/contact": "a@example.test", "live-omega.dev/description": "Pages, by all: for all.",
			"live-omega.dev/community-contact": "readers: by post", "live-omega.dev/until": "2031-05-01",
		},
	}, metadata)

	forGood := args()
	forGood.Until = ""
	metadata = record(t, forGood).Resources["kubernetes:core/v1:Namespace::wiki-b"].Inputs["metadata"].(object)
	assert.NotContains(t, metadata["annotations"], "live-omega.dev/until")
}

func TestNamespacesThatWerePartOfAnAppMoveInsteadOfBeingDeleted(t *testing.T) {
	recorded := record(t, args())
	for namespace, app := range map[string]string{"wiki-a": "wiki", "wiki-b": "wiki", "shelf-a": "shelf"} {
		found := recorded.Resources["kubernetes:core/v1:Namespace::"+namespace]
		assert.Equal(t, "live-omega:community:Community::readers", found.Parent)
		assert.Equal(t, []string{"live-omega:abapp:App::" + app}, found.FormerParents)
	}
}

func TestPodsWaitForTheirBoundsAndTheirIsolation(t *testing.T) {
	recorded := record(t, args())
	assert.Equal(t, []string{
		"kubernetes:core/v1:LimitRange::wiki-b",
		"kubernetes:core/v1:Namespace::wiki-b",
		"kubernetes:core/v1:ResourceQuota::wiki-b",
		"kubernetes:core/v1:ResourceQuota::wiki-b-no-priority",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-b-default-deny",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-b-dns",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-b-from-gateway",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-b-to-gateway",
		"kubernetes:networking.k8s.io/v1:NetworkPolicy::wiki-b-within-community",
	}, recorded.Resources["kubernetes:core/v1:ConfigMap::pods-of-wiki-b"].After)
}

func TestEverythingInANamespaceIsMadeAfterIt(t *testing.T) {
	recorded := record(t, args())
	for _, key := range in(recorded, "wiki-b") {
		assert.Contains(t, recorded.Resources["kubernetes:"+key].After, "kubernetes:core/v1:Namespace::wiki-b", key)
	}
}

func TestTheQuotaOfTheCommunityBoundsEachNamespace(t *testing.T) {
	recorded := record(t, args())
	for _, namespace := range []string{"shelf-a", "wiki-a", "wiki-b"} {
		assert.Equal(t, object{"hard": object{
			"requests.cpu": "2", "requests.memory": "4Gi", "requests.storage": "0", "pods": "40",
		}}, recorded.Resources["kubernetes:core/v1:ResourceQuota::"+namespace].Inputs["spec"], "as the API server writes quantities")
		assert.Equal(t, object{"limits": []any{object{
			"type":           "Container",
			"defaultRequest": object{"cpu": "10m", "memory": "32Mi"},
			"default":        object{"cpu": "1", "memory": "128Mi"},
		}}}, recorded.Resources["kubernetes:core/v1:LimitRange::"+namespace].Inputs["spec"])
	}
}

func TestNoPodClaimsAPriorityOfTheCluster(t *testing.T) {
	assert.Equal(t, object{
		"hard": object{"pods": "0"},
		"scopeSelector": object{"matchExpressions": []any{object{
			"scopeName": "PriorityClass", "operator": "In", "values": []any{"system-cluster-critical", "system-node-critical"},
		}}},
	}, record(t, args()).Resources["kubernetes:core/v1:ResourceQuota::wiki-a-no-priority"].Inputs["spec"])
}

func TestLabelsAreWhatKubernetesAllows(t *testing.T) {
	value := regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$`)
	recorded := record(t, args())
	for key, resource := range recorded.Resources {
		metadata, _ := resource.Inputs["metadata"].(object)
		labels, _ := metadata["labels"].(object)
		for name, label := range labels {
			assert.Regexp(t, value, label, "%s: %s", key, name)
		}
	}
}

func TestTheLastDayOfAGuestIsAWholeDay(t *testing.T) {
	day := func(text string) time.Time {
		parsed, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return parsed
	}
	tests := []struct {
		until, now string
		want       bool
	}{
		{"", "2031-05-01T12:00:00Z", false},
		{"2031-05-01", "2031-04-30T23:59:59Z", false},
		{"2031-05-01", "2031-05-01T23:59:59Z", false},
		{"2031-05-01", "2031-05-02T00:00:00Z", true},
		{"2031-05-01", "2031-05-02T01:00:00+02:00", false},
		{"2031-12-31", "2032-01-01T00:00:00Z", true},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, community.Expired(test.until, day(test.now)), "until %s at %s", test.until, test.now)
	}
}

func TestMistakesAreRefusedBeforeAnythingIsRegistered(t *testing.T) {
	tests := []struct {
		name string
		edit func(*community.Args)
		want string
	}{
		{"no contact", func(a *community.Args) { a.Contact = "" }, `name "readers" or contact "" is missing`},
		{"an app of others", func(a *community.Args) { a.Apps[0].App.Community = "makers" }, `app wiki belongs to community "makers"`},
		{"a member twice", func(a *community.Args) {
			a.Members = append(a.Members, community.Member{Kind: "User", Name: "ada@example.test", Role: "edit"})
		}, `member 2: User "ada@example.test" is a member already`},
		{"a role that does not exist", func(a *community.Args) { a.Members[0].Role = "admin" }, `member 0: role "admin" is none of [edit view]`},
		{"a service account", func(a *community.Args) { a.Members[0].Kind = "ServiceAccount" }, `member 0: kind "ServiceAccount" is none of [Group User]`},
		{"everyone", func(a *community.Args) { a.Members[1].Name = "system:authenticated" }, `member 1: name "system:authenticated" is empty, or one of Kubernetes' own`},
		{"no quota", func(a *community.Args) { a.Quota.CPU = "" }, `quota of cpu ""`},
		{"a limit that is none", func(a *community.Args) { a.Defaults.MemoryLimit = "much" }, `default limit of memory "much"`},
		{"a day that does not exist", func(a *community.Args) { a.Until = "2031-02-30" }, "last day"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args := args()
			args.Members, args.Apps = slices.Clone(args.Members), slices.Clone(args.Apps)
			test.edit(&args)
			_, err := run(args)
			require.ErrorContains(t, err, "community readers: ")
			assert.ErrorContains(t, err, test.want)
		})
	}
}
