package kubernetes

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// defaultTimeout bounds a wait for which neither the resource's customTimeouts nor its annotation says another time.
const defaultTimeout = 10 * time.Minute

// explainEvery is how often a wait looks at the pods behind an object to say what they are doing.
const explainEvery = 2 * time.Second

// timeout is the time an operation may wait: customTimeouts in seconds, else the annotation, else ten minutes.
func timeout(seconds float64, inputs map[string]any) time.Duration {
	if seconds > 0 {
		return time.Duration(seconds * float64(time.Second))
	}
	if n, err := strconv.Atoi(annotation(inputs, annotationTimeout)); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return defaultTimeout
}

// awaitReady waits until an applied object is ready, and gives it as it is then, or as it was last if it does not become ready.
func (p *Provider) awaitReady(ctx context.Context, a applying, applied *unstructured.Unstructured, seconds float64) (*unstructured.Unstructured, error) {
	if isDefinition(applied.Object) {
		// The new kind is served from now on.
		defer a.cluster.forget()
	}
	ready, err := a.cluster.readiness(ctx, a.object, applied)
	if err != nil || ready == nil {
		return applied, err
	}
	limit := timeout(seconds, a.object)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w after %s", errTimeout, limit))
	defer cancel()

	last, message := applied, ""
	stop := p.narrate(ctx, a, applied)
	err = a.cluster.follow(ctx, a.kind, applied.GetNamespace(), applied.GetName(), func(live *unstructured.Unstructured) (bool, error) {
		if live == nil || live.GetUID() != applied.GetUID() {
			return true, fmt.Errorf("it was deleted while it was waited for")
		}
		last = live
		var done bool
		var err error
		done, message, err = ready(live)
		if !done && err == nil {
			a.say.status(ctx, "%s", message)
		}
		return done, err
	}, func(problem error) { a.say.status(ctx, "%v", problem) })
	stop()
	if err == nil {
		a.say.status(ctx, "")
		return last, nil
	}
	summary := err.Error()
	if message != "" && message != summary {
		summary += ": " + message
	}
	// The wait's own context has ended; the question why deserves a few seconds more.
	late, cancelLate := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancelLate()
	return last, &notReadyError{summary: summary, reasons: a.cluster.explainPods(late, last)}
}

// narrate shows, while a workload is waited for, what its pods are doing, until the function it gives is called.
func (p *Provider) narrate(ctx context.Context, a applying, object *unstructured.Unstructured) (stop func()) {
	if !hasPods(object) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	finished := make(chan struct{})
	say := p.messages(a.say.urn)
	go func() {
		defer close(finished)
		for sleep(ctx, explainEvery) == nil {
			if reasons := a.cluster.explainPods(ctx, object); len(reasons) > 0 && ctx.Err() == nil {
				say.status(ctx, "%s", reasons[0])
			}
		}
	}()
	return func() { cancel(); <-finished }
}
