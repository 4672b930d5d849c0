package clusters

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"
)

// authPlugin fetches a token of whoever runs Pulumi, good for an hour, whenever one is needed
// (cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl).
const authPlugin = "gke-gcloud-auth-plugin"

// gkeKubeconfig reaches the cluster. It says where the cluster is, by what certificate it is known, and who
// to ask for a token. That is nothing secret, even where the provider keeps all of masterAuth as a secret
// because of the client key that clusters used to have.
func gkeKubeconfig(name string, cluster *container.Cluster) pulumi.StringOutput {
	kubeconfig := pulumi.All(cluster.Endpoint, cluster.MasterAuth.ClusterCaCertificate().Elem()).ApplyT(
		func(values []any) (string, error) { return kubeconfigOf(name, values[0].(string), values[1].(string)) })
	return pulumi.Unsecret(kubeconfig).(pulumi.StringOutput)
}

// kubeconfigOf writes a kubeconfig for an API at an endpoint whose certificates are signed by ca, in base64.
func kubeconfigOf(name, endpoint, ca string) (string, error) {
	type object = map[string]any
	config, err := yaml.Marshal(object{
		"apiVersion": "v1",
		"kind":       "Config",
		"clusters": []object{{"name": name, "cluster": object{
			"server": "https://" + endpoint, "certificate-authority-data": ca,
		}}},
		"contexts":        []object{{"name": name, "context": object{"cluster": name, "user": name}}},
		"current-context": name,
		"users": []object{{"name": name, "user": object{"exec": object{
			"apiVersion": "client.authentication.k8s.io/v1beta1",
			"command":    authPlugin,
			// As whom the provider of Google Cloud acts, and not as whom gcloud is logged in beside it.
			"args":               []string{"--use_application_default_credentials=true"},
			"installHint":        "install it with `gcloud components install " + authPlugin + "`, or as the package google-cloud-cli-" + authPlugin,
			"provideClusterInfo": true,
		}}}},
	})
	if err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return string(config), nil
}
