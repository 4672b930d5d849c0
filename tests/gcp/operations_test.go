package gcp

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cloud is a provider with a project in which Compute Engine is enabled.
type cloud struct {
	*testing.T
	provider *Provider
	project  *Project
}

func newCloud(t *testing.T) cloud {
	t.Helper()
	t.Setenv(ProjectVariable, t.TempDir())
	provider, err := NewProvider()
	require.NoError(t, err)
	_, err = provider.Configure(t.Context(), &pulumirpc.ConfigureRequest{Variables: map[string]string{"gcp:config:project": "p", "gcp:config:region": "europe-west3"}})
	require.NoError(t, err)
	c := cloud{t, provider, provider.project}
	_, err = c.create("projects/service:Service", object{"service": "compute.googleapis.com"})
	require.NoError(t, err)
	return c
}

func urn(token string) string { return "urn:pulumi:test::test::gcp:" + token + "::it" }

// create makes a resource and returns its state.
func (c cloud) create(token string, inputs object) (object, error) {
	c.Helper()
	properties, err := marshal(inputs)
	require.NoError(c, err)
	made, err := c.provider.Create(c.Context(), &pulumirpc.CreateRequest{Urn: urn(token), Properties: properties})
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(made.GetProperties())
	require.NoError(c, err)
	state["id"] = made.GetId()
	return state, nil
}

func (c cloud) must(token string, inputs object) object {
	c.Helper()
	state, err := c.create(token, inputs)
	require.NoError(c, err)
	return state
}

func (c cloud) delete(token, id string) error {
	_, err := c.provider.Delete(c.Context(), &pulumirpc.DeleteRequest{Urn: urn(token), Id: id})
	return err
}

func TestANameThatIsTakenIsRefused(t *testing.T) {
	c := newCloud(t)
	network := c.must("compute/network:Network", object{"name": "n"})
	assert.Equal(t, "projects/p/global/networks/n", network["id"])
	assert.Equal(t, "https://www.googleapis.com/compute/v1/projects/p/global/networks/n", network["selfLink"])
	assert.Equal(t, true, network["autoCreateSubnetworks"], "the default")
	_, err := c.create("compute/network:Network", object{"name": "n"})
	require.ErrorContains(t, err, "Error 409: The resource 'projects/p/global/networks/n' already exists")
	c.must("projects/service:Service", object{"service": "compute.googleapis.com"}) // enabling twice is no mistake
}

func TestAServiceHasToBeEnabled(t *testing.T) {
	c := newCloud(t)
	_, err := c.create("dns/managedZone:ManagedZone", object{"name": "z", "dnsName": "example.org."})
	require.ErrorContains(t, err, "Error 403: dns.googleapis.com has not been used in project p")
}

func TestReferencesHoldWhatTheyName(t *testing.T) {
	c := newCloud(t)
	subnetwork := object{"name": "live", "network": "projects/p/global/networks/n", "ipCidrRange": "10.0.0.0/20"}
	_, err := c.create("compute/subnetwork:Subnetwork", subnetwork)
	require.ErrorContains(t, err, "Invalid value for field 'resource.network'")

	network := c.must("compute/network:Network", object{"name": "n"})
	subnetwork["network"] = network["selfLink"]
	made := c.must("compute/subnetwork:Subnetwork", subnetwork)
	assert.Equal(t, "projects/p/regions/europe-west3/subnetworks/live", made["id"], "the region is the provider's")

	_, err = c.create("compute/subnetwork:Subnetwork", object{"name": "omega", "network": network["selfLink"], "ipCidrRange": "10.0.8.0/21"})
	require.ErrorContains(t, err, "10.0.8.0/21 conflicts with existing subnetwork range 10.0.0.0/20")

	require.ErrorContains(t, c.delete("compute/network:Network", "projects/p/global/networks/n"), "already being used by 'projects/p/regions/europe-west3/subnetworks/live'")
	require.NoError(t, c.delete("compute/subnetwork:Subnetwork", made["id"].(string)))
	require.NoError(t, c.delete("compute/network:Network", "projects/p/global/networks/n"))
}

func TestAFullBucketStays(t *testing.T) {
	c := newCloud(t)
	c.must("storage/bucket:Bucket", object{"name": "backups", "location": "EU"})
	record, err := c.project.Get("Bucket", "backups")
	require.NoError(t, err)
	record.State["objects"] = []any{"base.tar"}
	require.NoError(t, c.project.Put(*record))
	require.ErrorContains(t, c.delete("storage/bucket:Bucket", "backups"), "containing objects without `force_destroy`")
}

func TestAHandEditIsReadAndPutRight(t *testing.T) {
	c := newCloud(t)
	inputs := object{"name": "n", "routingMode": "REGIONAL"}
	state := c.must("compute/network:Network", inputs)
	record, err := c.project.Get("Network", "projects/p/global/networks/n")
	require.NoError(t, err)
	record.State["routingMode"] = "GLOBAL"
	require.NoError(t, c.project.Put(*record))

	properties, err := marshal(state)
	require.NoError(t, err)
	wanted, err := marshal(inputs)
	require.NoError(t, err)
	read, err := c.provider.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn("compute/network:Network"), Id: record.ID, Properties: properties, Inputs: wanted})
	require.NoError(t, err)
	assert.Equal(t, "GLOBAL", read.GetProperties().AsMap()["routingMode"])

	diff, err := c.provider.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn("compute/network:Network"), Olds: read.GetProperties(), News: wanted})
	require.NoError(t, err)
	assert.Equal(t, []string{"routingMode"}, diff.GetDiffs())
	assert.Empty(t, diff.GetReplaces())

	_, err = c.provider.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn("compute/network:Network"), Id: record.ID, Olds: read.GetProperties(), News: wanted})
	require.NoError(t, err)
	record, err = c.project.Get("Network", record.ID)
	require.NoError(t, err)
	assert.Equal(t, "REGIONAL", record.State["routingMode"])

	require.NoError(t, c.project.Remove("Network", record.ID))
	gone, err := c.provider.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn("compute/network:Network"), Id: record.ID})
	require.NoError(t, err)
	assert.Empty(t, gone.GetId(), "what is not there has no ID")
}

func TestPreviewsKnowWhatIsKnown(t *testing.T) {
	c := newCloud(t)
	inputs, err := marshal(object{"name": "edge"})
	require.NoError(t, err)
	preview, err := c.provider.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("compute/globalAddress:GlobalAddress"), Properties: inputs, Preview: true})
	require.NoError(t, err)
	state, err := unmarshal(preview.GetProperties())
	require.NoError(t, err)
	assert.Equal(t, object{"name": "edge", "project": "p", "addressType": "EXTERNAL", "address": unknown{}, "selfLink": unknown{}}, state)

	made, err := c.provider.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn("compute/globalAddress:GlobalAddress"), Properties: inputs})
	require.NoError(t, err)
	labelled, err := marshal(object{"name": "edge", "labels": object{"of": "edge"}})
	require.NoError(t, err)
	updated, err := c.provider.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn("compute/globalAddress:GlobalAddress"), Id: made.GetId(), Olds: made.GetProperties(), News: labelled, Preview: true})
	require.NoError(t, err)
	assert.Equal(t, "203.0.113.10", updated.GetProperties().AsMap()["address"], "an update in place keeps the address")
}

func TestAControlPlaneGoesUpOneMinorVersionAtATime(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"1.33.5-gke.1080000", "1.33.6-gke.1", ""},
		{"1.33.5-gke.1080000", "1.34.1-gke.10", ""},
		{"1.33.5-gke.1080000", "1.35.1-gke.10", "one minor version at a time"},
		{"1.33.5-gke.1080000", "1.33.5-gke.1079999", "cannot be downgraded"},
	} {
		err := checkUpgrade(test.from, test.to)
		if test.want == "" {
			assert.NoError(t, err, test.to)
		} else {
			assert.ErrorContains(t, err, test.want, test.to)
		}
	}
}

func TestAProtectedClusterIsNotDeleted(t *testing.T) {
	c := newCloud(t)
	require.NoError(t, c.project.Put(Record{Kind: "Cluster", ID: "projects/p/locations/z/clusters/live", State: object{"name": "live", "deletionProtection": true}}))
	require.ErrorContains(t, c.delete("container/cluster:Cluster", "projects/p/locations/z/clusters/live"), "deletion_protection is set to true")
}

func TestTheJournalTellsChangesInTheirOrder(t *testing.T) {
	c := newCloud(t)
	c.must("compute/network:Network", object{"name": "n"})
	require.NoError(t, c.delete("compute/network:Network", "projects/p/global/networks/n"))
	entries, err := c.project.Journal()
	require.NoError(t, err)
	var told []string
	for _, entry := range entries {
		told = append(told, entry.Call+" "+entry.Kind+" "+entry.ID)
	}
	assert.Equal(t, []string{"create Service p/compute.googleapis.com", "create Network projects/p/global/networks/n", "delete Network projects/p/global/networks/n"}, told)
}

func TestATokenIsGivenForTheClusterThatIsAskedFor(t *testing.T) {
	c := newCloud(t)
	for name, token := range map[string]string{"live": "first", "omega": "second"} {
		path := c.project.Kubeconfig(name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(`{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
clusters: [{name: c, cluster: {server: "https://`+name+`"}}], users: [{name: u, user: {token: `+token+`}}]}`), 0o600))
	}
	ask := func(spec string) (string, error) {
		credential, err := c.project.Credential(`{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", "spec": ` + spec + `}`)
		if err != nil {
			return "", err
		}
		text, err := json.Marshal(credential)
		return string(text), err
	}
	answer, err := ask(`{"cluster": {"server": "https://omega"}}`)
	require.NoError(t, err)
	assert.True(t, strings.Contains(answer, `"token":"second"`), answer)
	_, err = ask(`{}`)
	require.ErrorContains(t, err, "provideClusterInfo")
	_, err = ask(`{"cluster": {"server": "https://edge"}}`)
	require.ErrorContains(t, err, "no API server at https://edge")
}

func TestCredentialsAreNoSetting(t *testing.T) {
	c := newCloud(t)
	news, err := marshal(object{"project": "p", "credentials": "key"})
	require.NoError(t, err)
	checked, err := c.provider.CheckConfig(context.Background(), &pulumirpc.CheckRequest{News: news})
	require.NoError(t, err)
	require.Len(t, checked.GetFailures(), 1)
	assert.Equal(t, "credentials", checked.GetFailures()[0].GetProperty())
}
