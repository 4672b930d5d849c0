package kubernetes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type m = map[string]any

func paths(changes []change) []string {
	var all []string
	for _, c := range changes {
		all = append(all, c.path.String())
	}
	return all
}

func TestDiffNamesEachPathThatDiffers(t *testing.T) {
	containers := func(images ...string) m {
		var list []any
		for _, image := range images {
			list = append(list, m{"image": image})
		}
		return m{"spec": m{"containers": list}}
	}
	for name, test := range map[string]struct {
		old, new any
		want     []string
	}{
		"nothing":                  {m{"a": int64(1), "b": nil}, m{"a": int64(1)}, nil},
		"a leaf":                   {m{"a": int64(1)}, m{"a": int64(2)}, []string{"a"}},
		"another type":             {m{"a": "1"}, m{"a": int64(1)}, []string{"a"}},
		"a number of another type": {m{"a": int64(1)}, m{"a": float64(1)}, nil},
		"added and removed":        {m{"a": "1"}, m{"b": "1"}, []string{"a", "b"}},
		"a list item":              {containers("a", "b"), containers("a", "c"), []string{"spec.containers[1].image"}},
		"a longer list":            {containers("a"), containers("a", "b"), []string{"spec.containers[1]"}},
		"a shorter list":           {containers("a", "b"), containers("a"), []string{"spec.containers[1]"}},
		"a key with dots":          {m{"a": m{"b.c/d": "1"}}, m{"a": m{"b.c/d": "2"}}, []string{`a["b.c/d"]`}},
		"unknown":                  {m{"a": "1"}, m{"a": unknown{}}, []string{"a"}},
		"a map for a leaf":         {m{"a": "1"}, m{"a": m{}}, []string{"a"}},
		"a quantity":               {m{"resources": m{"limits": m{"cpu": "1000m"}}}, m{"resources": m{"limits": m{"cpu": "1"}}}, nil},
		"another quantity":         {m{"resources": m{"limits": m{"cpu": "1000m"}}}, m{"resources": m{"limits": m{"cpu": "2"}}}, []string{"resources.limits.cpu"}},
		"no quantity":              {m{"data": m{"cpu": "1000m"}}, m{"data": m{"cpu": "1"}}, []string{"data.cpu"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, paths(diff(nil, test.old, test.new))) })
	}
}

func TestImmutableFieldsForceAReplacement(t *testing.T) {
	apps := func(kind string) schema.GroupVersionKind {
		return schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: kind}
	}
	core := func(kind string) schema.GroupVersionKind {
		return schema.GroupVersionKind{Version: "v1", Kind: kind}
	}
	for name, test := range map[string]struct {
		kind     schema.GroupVersionKind
		settings settings
		old, new m
		want     bool
	}{
		"a Deployment's image":      {apps("Deployment"), settings{}, m{"spec": m{"template": m{"x": "1"}}}, m{"spec": m{"template": m{"x": "2"}}}, false},
		"a Deployment's selector":   {apps("Deployment"), settings{}, m{"spec": m{"selector": m{"matchLabels": m{"a": "1"}}}}, m{"spec": m{"selector": m{"matchLabels": m{"a": "2"}}}}, true},
		"a new spec with it":        {apps("Deployment"), settings{}, m{}, m{"spec": m{"selector": m{"matchLabels": m{"a": "2"}}}}, true},
		"a new spec without it":     {apps("Deployment"), settings{}, m{}, m{"spec": m{"replicas": int64(1)}}, false},
		"a StatefulSet's service":   {apps("StatefulSet"), settings{}, m{"spec": m{"serviceName": "a"}}, m{"spec": m{"serviceName": "b"}}, true},
		"a Service's cluster IP":    {core("Service"), settings{}, m{"spec": m{"clusterIP": "None"}}, m{"spec": m{}}, true},
		"a Service's cluster IPs":   {core("Service"), settings{}, m{"spec": m{"clusterIPs": "a"}}, m{"spec": m{"clusterIPs": "b"}}, false},
		"a Pod's image":             {core("Pod"), settings{}, m{"spec": m{"containers": []any{m{"image": "a"}}}}, m{"spec": m{"containers": []any{m{"image": "b"}}}}, true},
		"a Pod's tolerations":       {core("Pod"), settings{}, m{"spec": m{"tolerations": []any{m{"key": "a"}}}}, m{"spec": m{"tolerations": []any{m{"key": "b"}}}}, false},
		"any name":                  {core("Service"), settings{}, m{"metadata": m{"name": "a"}}, m{"metadata": m{"name": "b"}}, true},
		"an unknown name":           {core("Service"), settings{}, m{"metadata": m{"name": "a"}}, m{"metadata": unknown{}}, true},
		"a role reference":          {schema.GroupVersionKind{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"}, settings{}, m{"roleRef": m{"name": "a"}}, m{"roleRef": m{"name": "b"}}, true},
		"a ConfigMap's data":        {core("ConfigMap"), settings{}, m{"data": m{"a": "1"}}, m{"data": m{"a": "2"}}, true},
		"a mutable ConfigMap":       {core("ConfigMap"), settings{configMapMutable: true}, m{"data": m{"a": "1"}}, m{"data": m{"a": "2"}}, false},
		"an immutable one":          {core("ConfigMap"), settings{configMapMutable: true}, m{"immutable": true, "data": m{"a": "1"}}, m{"immutable": true, "data": m{"a": "2"}}, true},
		"a ConfigMap's label":       {core("ConfigMap"), settings{}, m{"metadata": m{"labels": m{"a": "1"}}}, m{"metadata": m{"labels": m{"a": "2"}}}, false},
		"a Secret's data":           {core("Secret"), settings{}, m{"data": m{"a": "1"}}, m{"data": m{"a": "2"}}, true},
		"a mutable Secret":          {core("Secret"), settings{secretMutable: true}, m{"data": m{"a": "1"}}, m{"data": m{"a": "2"}}, false},
		"a mutable Secret's type":   {core("Secret"), settings{secretMutable: true}, m{"type": "a"}, m{"type": "b"}, true},
		"a custom kind's own field": {schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Secret"}, settings{}, m{"data": m{"a": "1"}}, m{"data": m{"a": "2"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			test.new["kind"], test.new["apiVersion"] = test.kind.Kind, test.kind.GroupVersion().String()
			test.old["kind"], test.old["apiVersion"] = test.kind.Kind, test.kind.GroupVersion().String()
			changes := diff(nil, test.old, test.new)
			if assert.Len(t, changes, 1) {
				assert.Equal(t, test.want, test.settings.forcesReplacement(test.kind, test.new, changes[0]))
			}
		})
	}
}

func TestTheServersRefusalsAreTakenForImmutabilityOnlyWhenAllOfThemAre(t *testing.T) {
	invalid := func(causes ...metav1.StatusCause) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonInvalid, Code: 422, Details: &metav1.StatusDetails{Causes: causes}}}
	}
	frozen := metav1.StatusCause{Message: "Invalid value: field is immutable", Field: "spec.selector"}
	mistake := metav1.StatusCause{Message: "Required value", Field: "spec.ports"}
	assert.Equal(t, []string{"spec.selector"}, refusedFields(invalid(frozen)))
	assert.Nil(t, refusedFields(invalid(frozen, mistake)))
	assert.Nil(t, refusedFields(apierrors.NewBadRequest("field is immutable")))
	assert.Nil(t, refusedFields(nil))
}
