// Package azureblob stands for Go Cloud's driver of Azure's storage, with as
// much of its face as Pulumi's CLI sees. A CLI built with it has no state there.
package azureblob

import (
	"context"
	"errors"
	"net/url"

	"gocloud.dev/blob"
)

// Scheme begins the URL of a bucket.
const Scheme = "azblob"

// ServiceURLOptions are the driver's options; none has a use here.
type ServiceURLOptions struct{}

// NewDefaultServiceURLOptions are no options.
func NewDefaultServiceURLOptions() *ServiceURLOptions { return &ServiceURLOptions{} }

// NewDefaultClient is what the driver's opener calls, and this one does not.
func NewDefaultClient() {}

// URLOpener opens nothing.
type URLOpener struct {
	MakeClient        func()
	ServiceURLOptions ServiceURLOptions
}

// OpenBucketURL opens nothing: the error says why.
func (*URLOpener) OpenBucketURL(context.Context, *url.URL) (*blob.Bucket, error) {
	return nil, errors.New("this pulumi was built without Azure's storage; install the official one (https://www.pulumi.com/docs/install/)")
}

// The scheme stays known, or Pulumi would call the URL wrong.
func init() { blob.DefaultURLMux().RegisterBucket(Scheme, &URLOpener{}) }
