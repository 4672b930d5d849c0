// Package kubernetes is a Pulumi resource provider for Kubernetes objects. It stands in for the official plugin of the same name on
// machines that cannot download it: the same tokens, inputs, outputs, annotations and provider settings, so that a program cannot
// tell the two apart and a stack's state can be used by either.
//
// It covers objects: every kind that an API server serves, built in or custom, applied server-side. What the official plugin does
// beyond objects (Helm, Kustomize, YAML components, client-side apply, rendering YAML) is refused with a message
// that names the official plugin.
//
// Choices of its own, where the official plugin leaves room or is slow:
//   - A Service is ready when it exists (of type LoadBalancer: when it has an address). The official plugin waits until its endpoints
//     have been quiet for ten seconds. The workload behind a Service has a wait of its own, which says more.
//   - An object that exists already is adopted if this very resource made it, which happens when an update was killed; the field manager's
//     name tells, because it is derived from the URN. Any other existing object is an error unless upsertExistingObjects is set.
//   - A patch (NodePatch and its like) of an object that does not exist waits half a minute for it and is then an error, and one whose object is
//     gone is deleted without a trace. The official plugin makes an object that holds nothing but the patch, both times.
//   - Diff compares inputs with inputs and so needs no network; a dry run follows only when they differ. Read keeps an input as the
//     program wrote it until the live field really moves, so that defaults and other spellings of a value are never drift.
//   - State holds no metadata.managedFields; they are large and nothing reads them.
package kubernetes
