// Package cloud stands for the package of the same name in Pulumi's CLI:
// secrets with a key of Google, AWS, Azure or Vault, and the clients of all four.
// A CLI built with it keeps secrets with a passphrase or in Pulumi Cloud.
package cloud

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Type is what state calls this way to keep secrets.
const Type = "cloud"

// NewCloudSecretsManager makes nothing: the error says why.
func NewCloudSecretsManager(_ *workspace.ProjectStack, provider string, _ bool) (secrets.Manager, error) {
	return nil, left(provider)
}

// NewCloudSecretsManagerFromState opens nothing: the error says why.
func NewCloudSecretsManagerFromState(state json.RawMessage) (secrets.Manager, error) {
	var in struct{ URL string }
	if err := json.Unmarshal(state, &in); err != nil {
		return nil, fmt.Errorf("reading the secrets provider in state: %w", err)
	}
	return nil, left(in.URL)
}

// EditProjectStack changes nothing: the error says why.
func EditProjectStack(_ *workspace.ProjectStack, state json.RawMessage) error {
	_, err := NewCloudSecretsManagerFromState(state)
	return err
}

func left(provider string) error {
	return fmt.Errorf("secrets provider %q: this pulumi was built with passphrases only; install the official one (https://www.pulumi.com/docs/install/)", provider)
}
