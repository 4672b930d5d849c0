package kubernetes

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kindOf gives the kind that a resource's token names: kubernetes:<group>/<version>:<Kind>, where the core group is written "core".
// It refuses the tokens of this package that are not objects of an API server.
func kindOf(urn resource.URN) (schema.GroupVersionKind, error) {
	token := string(urn.Type())
	parts := strings.Split(token, ":")
	if len(parts) != 3 || parts[0] != "kubernetes" {
		return schema.GroupVersionKind{}, fmt.Errorf("%s: token %q is not of the form kubernetes:<group>/<version>:<Kind>", urn.Name(), token)
	}
	group, version, found := strings.Cut(parts[1], "/")
	switch {
	case !found, group == "yaml", group == "helm.sh", group == "kustomize":
		return schema.GroupVersionKind{}, fmt.Errorf("%s: %s is served by the official pulumi-kubernetes plugin only: "+
			"install it with `pulumi plugin install resource kubernetes`, or create the objects themselves", urn.Name(), token)
	case group == "core":
		group = ""
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: parts[2]}, nil
}

// refuseList says why a list cannot be managed, if the token names one.
func refuseList(urn resource.URN, token schema.GroupVersionKind) error {
	if _, builtin := builtinGroups[token.Group]; builtin && strings.HasSuffix(token.Kind, "List") {
		return fmt.Errorf("%s: %s is a list, which cannot be created: create its items instead", urn.Name(), urn.Type())
	}
	return nil
}
