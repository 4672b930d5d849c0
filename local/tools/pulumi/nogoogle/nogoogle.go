// Package authhelpers stands for the package of the same name in Pulumi's CLI:
// logging in to Google for state in its storage, whose client brings gRPC's
// xDS. A CLI built with it has no state there.
package authhelpers

import (
	"context"
	"errors"

	"gocloud.dev/blob"
)

// GoogleCredentialsMux opens nothing: the error says why.
func GoogleCredentialsMux(context.Context) (*blob.URLMux, error) {
	return nil, errors.New("this pulumi was built without Google's storage; install the official one (https://www.pulumi.com/docs/install/)")
}
