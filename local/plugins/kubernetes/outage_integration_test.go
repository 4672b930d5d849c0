//go:build integration

package kubernetes

import (
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/tests/apiserver"
)

func TestAnOutageDuringAWaitIsToldAndLosesNothing(t *testing.T) {
	own := apiserver.Start(t)
	s := &stack{t: t, messages: &recorder{}, resources: map[string]*record{}, namespace: "default"}
	s.provider = configured(t, s.messages, map[string]string{"kubeconfig": own.Kubeconfig})
	r := s.resource(deployment, "web")
	r.timeout = 10
	finished := make(chan error)
	go func() { _, err := r.up(s.deployment("web", "web:1", 1, nil)); finished <- err }()
	s.pods("web", 1)
	own.StopAPI()
	err := <-finished
	assert.ErrorContains(t, err, "timed out after 10s")
	assert.Contains(t, s.messages.String(), "configured Kubernetes cluster is unreachable: "+own.URL)
	require.Contains(t, s.resources, "web")
	assert.NotEmpty(t, s.resources["web"].initErrors)

	begin := time.Now()
	_, err = r.refresh()
	assert.ErrorContains(t, err, "unreachable")
	assert.Less(t, time.Since(begin), retryFor, "it does not go on trying")
}

func TestIgnoredFieldsAreLeftToWhoeverSetsThem(t *testing.T) {
	s := newStack(t, nil)
	r := s.resource(deployment, "web")
	_, err := r.up(s.deployment("web", "web:1", 0, nil))
	require.NoError(t, err)
	live := s.raw("apps/v1", "Deployment", s.namespace, "web")
	live.patch("autoscaler", "", `{"spec":{"replicas":2}}`)

	old := s.resources["web"]
	news := r.check(s.deployment("web", "web:2", 0, map[string]any{annotationSkipAwait: "true"}))
	response, err := s.provider.Update(t.Context(), &pulumirpc.UpdateRequest{
		Id: old.id, Urn: r.urn(), Olds: old.outputs, OldInputs: old.inputs, News: news, IgnoreChanges: []string{"spec.replicas"},
	})
	require.NoError(t, err)
	assert.Equal(t, int64(2), lookup(tree(t, response.GetProperties()), "spec", "replicas"))
	assert.Equal(t, "web:2", live.get().Object["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)["image"])
}

func TestAKindOfAnotherVersionIsNotTakenForGone(t *testing.T) {
	s := newStack(t, nil)
	group, kind := "versions.example.com", "Versioned"
	kinds := s.resource(definition, "definition")
	_, err := kinds.up(crd(group, kind))
	require.NoError(t, err)
	r := s.resource("kubernetes:"+group+"/v1:"+kind, "thing")
	_, err = r.up(thing(s, group, kind, map[string]any{"n": 1}))
	require.NoError(t, err)

	// As if the object had been made in a version that the cluster has dropped since.
	old := r.s.resources["thing"]
	state := tree(t, old.outputs)
	state["apiVersion"] = group + "/v1beta1"
	old.outputs = wire(t, state)
	_, err = r.refresh()
	assert.ErrorContains(t, err, "serves Versioned as "+group+"/v1 and not as "+group+"/v1beta1")
	require.NoError(t, r.delete(), "deleting does not care for the version")
	assert.Nil(t, s.raw(group+"/v1", kind, s.namespace, "thing").get())
	require.NoError(t, kinds.delete())
}
