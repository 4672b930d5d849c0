package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// CheckConfig refuses the modes that only the official plugin has. Everything else is checked when it is used, so that a provider may be
// configured before its cluster exists.
func (p *Provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	news, err := unmarshal("the provider's settings", req.GetNews())
	if err != nil {
		return nil, err
	}
	var failures []*pulumirpc.CheckFailure
	refuse := func(property, what string) {
		failures = append(failures, &pulumirpc.CheckFailure{Property: property, Reason: what + " is served by the official pulumi-kubernetes plugin only: " +
			"install it with `pulumi plugin install resource kubernetes`, or leave the setting out"})
	}
	settings := plain(news)
	if v := settings["enableServerSideApply"]; v == false || v == "false" {
		refuse("enableServerSideApply", "client-side apply")
	}
	if v, ok := settings["renderYamlToDirectory"].(string); ok && v != "" {
		refuse("renderYamlToDirectory", "rendering YAML")
	}
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: failures}, nil
}

// DiffConfig updates a provider in place unless the cluster it talks to becomes another one, in which case all its resources must be
// made again there. A cluster has no identity of its own, so what its kubeconfig says of it decides; clusterIdentifier overrides that.
func (p *Provider) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := unmarshal("the provider's old settings", req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal("the provider's settings", req.GetNews())
	if err != nil {
		return nil, err
	}
	old, now := plain(olds), plain(news)
	var diffs []string
	for _, key := range keys(old, now) {
		if len(diff(nil, old[key], now[key])) > 0 {
			diffs = append(diffs, key)
		}
	}
	if len(diffs) == 0 {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME, Diffs: diffs, Replaces: replacedSettings(old, now, diffs)}, nil
}

func replacedSettings(old, now map[string]any, diffs []string) []string {
	const identifier = "clusterIdentifier"
	oldID, hadID := old[identifier]
	newID, hasID := now[identifier]
	if hadID && hasID {
		if oldID == newID {
			return nil
		}
		return []string{identifier}
	}
	places := []string{"kubeconfig", "context", "cluster"}
	if slices.ContainsFunc(places, func(key string) bool { return hasUnknown(now[key]) }) {
		// Which cluster it will be cannot be known yet; the safe plan is the larger one.
		return slices.DeleteFunc(places, func(key string) bool { return !hasUnknown(now[key]) })
	}
	oldCluster, newCluster := activeCluster(old), activeCluster(now)
	if oldCluster == nil || newCluster == nil || reflect.DeepEqual(oldCluster, newCluster) {
		return nil
	}
	return slices.DeleteFunc(places, func(key string) bool { return !slices.Contains(diffs, key) })
}

// activeCluster is the kubeconfig's entry of the cluster that settings lead to, nil when it cannot be told.
func activeCluster(settings map[string]any) *clientapi.Cluster {
	var text string
	switch v := settings["kubeconfig"].(type) {
	case string:
		text = v
	case map[string]any:
		encoded, err := json.Marshal(v)
		if err != nil {
			return nil
		}
		text = string(encoded)
	}
	if text == "" {
		return nil
	}
	config, err := parseKubeconfig(text)
	if err != nil {
		return nil
	}
	name := config.CurrentContext
	if v := lookupString(settings, "context"); v != "" {
		name = v
	}
	context := config.Contexts[name]
	if context == nil {
		return nil
	}
	name = context.Cluster
	if v := lookupString(settings, "cluster"); v != "" {
		name = v
	}
	cluster := config.Clusters[name]
	if cluster == nil {
		return nil
	}
	// Where the entry was read from is no part of the cluster.
	clean := cluster.DeepCopy()
	clean.LocationOfOrigin = ""
	return clean
}

// Configure takes the settings and connects to nothing: the first operation that needs the cluster does.
func (p *Provider) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	s, err := parseSettings(req.GetVariables()) //nolint:staticcheck // what every engine sends
	if err != nil {
		return nil, err
	}
	p.settings = s
	p.cluster, p.configError = newCluster(s)
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true}, nil
}

// connection gives the cluster, or why there is none.
func (p *Provider) connection() (*cluster, error) {
	switch {
	case p.configError != nil:
		return nil, &unreachableError{cluster: p.settings.describeKubeconfig(), err: p.configError}
	case p.cluster == nil:
		return nil, fmt.Errorf("the provider is not configured")
	}
	return p.cluster, nil
}

func quotedKeys[V any](m map[string]V) string {
	names := slices.Sorted(maps.Keys(m))
	if len(names) == 0 {
		return "none"
	}
	return `"` + strings.Join(names, `", "`) + `"`
}
