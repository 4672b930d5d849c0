// Command gke-gcloud-auth-plugin gives clients the token of the API server that a test keeps for a cluster.
// Google's gives one for whoever is logged in. Clients say which cluster they mean only when the kubeconfig
// asks them to (provideClusterInfo), as those of gcloud do.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"live-omega/tests/gcp"
)

func main() {
	project, err := gcp.OpenProject(os.Getenv(gcp.ProjectVariable))
	if err == nil {
		var credential any
		if credential, err = project.Credential(os.Getenv("KUBERNETES_EXEC_INFO")); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(credential)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "gke-gcloud-auth-plugin: %v\n", err)
		os.Exit(1)
	}
}
