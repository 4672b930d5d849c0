package gcp

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientauthenticationv1beta1 "k8s.io/client-go/pkg/apis/clientauthentication/v1beta1"
)

// Credential answers what a client asks of an exec plugin: a token for the cluster that it names by its
// address.
func (p *Project) Credential(info string) (*clientauthenticationv1beta1.ExecCredential, error) {
	var asked clientauthenticationv1beta1.ExecCredential
	if err := json.Unmarshal([]byte(info), &asked); err != nil {
		return nil, fmt.Errorf("reading KUBERNETES_EXEC_INFO: %w", err)
	}
	if asked.Spec.Cluster == nil {
		return nil, errors.New("the client does not say which cluster it means: the kubeconfig lacks provideClusterInfo: true")
	}
	clusters, err := filepath.Glob(p.Kubeconfig("*"))
	if err != nil {
		return nil, err
	}
	for _, path := range clusters {
		config, err := p.clientConfig(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		if config.Host == asked.Spec.Cluster.Server {
			return &clientauthenticationv1beta1.ExecCredential{
				TypeMeta: metav1.TypeMeta{APIVersion: clientauthenticationv1beta1.SchemeGroupVersion.String(), Kind: "ExecCredential"},
				Status:   &clientauthenticationv1beta1.ExecCredentialStatus{Token: config.BearerToken},
			}, nil
		}
	}
	return nil, fmt.Errorf("the test keeps no API server at %s", asked.Spec.Cluster.Server)
}
