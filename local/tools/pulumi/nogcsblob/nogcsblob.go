// Package gcsblob stands for Go Cloud's driver of Google's storage, see the
// stand of authhelpers, which Pulumi's CLI asks first and which says what is
// left out.
package gcsblob

import (
	"context"
	"errors"
	"net/url"

	"gocloud.dev/blob"
)

// Scheme begins the URL of a bucket.
const Scheme = "gs"

type opener struct{}

// OpenBucketURL opens nothing: the error says why.
func (opener) OpenBucketURL(context.Context, *url.URL) (*blob.Bucket, error) {
	return nil, errors.New("this build has no driver for gs://")
}

// The scheme stays known, or Pulumi would call the URL wrong.
func init() { blob.DefaultURLMux().RegisterBucket(Scheme, opener{}) }
