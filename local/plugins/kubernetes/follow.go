package kubernetes

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
)

// errTimeout is the cause of a wait that took too long.
var errTimeout = errors.New("timed out")

// errCanceled is the cause of a wait that the engine ended.
var errCanceled = errors.New("canceled")

// unreachableGrace is how long a wait bears with a server that cannot be reached: long enough for a restart.
const unreachableGrace = time.Minute

// follow gives an object to see as it is now and after each change, nil when there is none, until see is done or fails. It watches, and
// watches again when the server ends the watch; while the server cannot be reached it tells the trouble and tries on, for a minute. When the
// context ends it gives the context's cause.
func (c *cluster) follow(ctx context.Context, kind schema.GroupVersionKind, namespace, name string,
	see func(*unstructured.Unstructured) (bool, error), trouble func(error),
) error {
	pause, reached := 100*time.Millisecond, time.Now()
	for {
		done, err := c.followOnce(ctx, kind, namespace, name, see)
		switch {
		case ctx.Err() != nil && !done:
			return cause(ctx)
		case done:
			return err
		case err != nil && time.Since(reached) > unreachableGrace:
			return err
		case err != nil:
			trouble(err)
			pause = min(2*pause, 2*time.Second)
		default:
			pause, reached = 100*time.Millisecond, time.Now()
		}
		if sleep(ctx, pause) != nil {
			return cause(ctx)
		}
	}
}

// cause says why a context ended, for a person.
func cause(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return errCanceled
}

// followOnce reads the object and watches it until the watch ends. It is done when see was; an error before that is one of the connection.
func (c *cluster) followOnce(ctx context.Context, kind schema.GroupVersionKind, namespace, name string,
	see func(*unstructured.Unstructured) (bool, error),
) (done bool, err error) {
	client, err := c.objects(kind, namespace)
	if err != nil {
		return false, err
	}
	one := fields.OneTermEqualSelector("metadata.name", name).String()
	request, cancel := c.request(ctx)
	list, err := client.List(request, metav1.ListOptions{FieldSelector: one})
	cancel()
	if err != nil {
		return false, c.explain(err)
	}
	var live *unstructured.Unstructured
	if len(list.Items) > 0 {
		live = &list.Items[0]
	}
	if done, err := see(live); done || err != nil {
		return true, err
	}
	watcher, err := client.Watch(ctx, metav1.ListOptions{FieldSelector: one, ResourceVersion: list.GetResourceVersion(), AllowWatchBookmarks: true})
	if err != nil {
		return false, c.explain(err)
	}
	defer watcher.Stop()
	return consume(ctx, watcher, see)
}

func consume(ctx context.Context, watcher watch.Interface, see func(*unstructured.Unstructured) (bool, error)) (done bool, err error) {
	for {
		var event watch.Event
		var open bool
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case event, open = <-watcher.ResultChan():
		}
		if !open {
			return false, nil
		}
		var live *unstructured.Unstructured
		switch event.Type {
		case watch.Bookmark:
			continue
		case watch.Error:
			return false, apierrors.FromObject(event.Object)
		case watch.Deleted:
		default:
			var ok bool
			if live, ok = event.Object.(*unstructured.Unstructured); !ok {
				continue
			}
		}
		if done, err := see(live); done || err != nil {
			return true, err
		}
	}
}
