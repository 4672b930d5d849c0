package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
)

// unreachableError says that no API server answered.
type unreachableError struct {
	cluster string
	err     error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("configured Kubernetes cluster is unreachable: %s: %v. Start the cluster or correct its kubeconfig; if the cluster is gone for good, "+
		"drop its resources from the state with deleteUnreachable on the provider or PULUMI_K8S_DELETE_UNREACHABLE=true", e.cluster, e.err)
}

func (e *unreachableError) Unwrap() error { return e.err }

func isUnreachable(err error) bool {
	var u *unreachableError
	return errors.As(err, &u)
}

// isNetworkError tells errors of the way to the server from the server's own answers. A canceled operation is neither.
func isNetworkError(err error) bool {
	var status apierrors.APIStatus
	if errors.As(err, &status) || meta.IsNoMatchError(err) || errors.Is(err, context.Canceled) {
		return false
	}
	var netErr net.Error
	var urlErr *url.Error
	var groups *discovery.ErrGroupDiscoveryFailed
	if errors.As(err, &groups) {
		return false
	}
	return errors.As(err, &netErr) || errors.As(err, &urlErr) || strings.Contains(err.Error(), "connection refused")
}

func asStatus(err error, status *apierrors.APIStatus) bool { return errors.As(err, status) }

// conflict is one field that another manager holds.
type conflict struct{ manager, field string }

// conflicts lists why the server refused an apply: fields of other managers. It is empty for any other error.
func conflicts(err error) []conflict {
	var status apierrors.APIStatus
	if !apierrors.IsConflict(err) || !asStatus(err, &status) || status.Status().Details == nil {
		return nil
	}
	var all []conflict
	for _, cause := range status.Status().Details.Causes {
		if cause.Type != metav1.CauseTypeFieldManagerConflict {
			continue
		}
		// The server writes: conflict with "<manager>" using <apiVersion> at <time>
		manager := cause.Message
		if _, rest, ok := strings.Cut(manager, `"`); ok {
			manager, _, _ = strings.Cut(rest, `"`)
		}
		all = append(all, conflict{manager: manager, field: strings.TrimPrefix(cause.Field, ".")})
	}
	return all
}

// yields tells whether a manager's fields are taken over without being asked for: those of people at a kubectl, and those of
// client-side apply by a Pulumi plugin.
func yields(manager string) bool {
	return strings.HasPrefix(manager, "kubectl") || slices.Contains(clientSideManagers, manager) || manager == "before-first-apply"
}

// clientSideManagers are the names under which Pulumi plugins write without server-side apply.
var clientSideManagers = []string{"pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"}

// conflictError names who holds which fields, and the ways out.
func conflictError(found []conflict, err error) error {
	fields := map[string][]string{}
	for _, c := range found {
		fields[c.manager] = append(fields[c.manager], c.field)
	}
	var who []string
	for _, manager := range slices.Sorted(maps.Keys(fields)) {
		who = append(who, fmt.Sprintf("%q manages %s", manager, strings.Join(fields[manager], ", ")))
	}
	return fmt.Errorf("field managers conflict: %s. To take these fields over set the annotation %s: \"true\" (or enablePatchForce on the provider); "+
		"to leave them to the other manager remove them from the program: %w", strings.Join(who, "; "), annotationPatchForce, err)
}

// initError tells the engine that an object is there but is not ready. The engine saves the object's state and updates it next time
// even if nothing has changed.
func initError(id string, err error, state, inputs *structpb.Struct) error {
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, err.Error()), &pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: state, Inputs: inputs, Reasons: reasonsOf(err),
	})
}

// notReadyError is the end of a wait without success.
type notReadyError struct {
	summary string
	reasons []string
}

func (e *notReadyError) Error() string {
	if len(e.reasons) == 0 {
		return e.summary
	}
	return e.summary + ":\n  - " + strings.Join(e.reasons, "\n  - ")
}

func reasonsOf(err error) []string {
	var notReady *notReadyError
	if errors.As(err, &notReady) {
		return append([]string{notReady.summary}, notReady.reasons...)
	}
	return []string{err.Error()}
}
