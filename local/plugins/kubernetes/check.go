package kubernetes

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Check completes inputs: kind, name and namespace. It asks the cluster only where nothing else tells whether a kind has a namespace.
func (p *Provider) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	ctx, done := p.operation(ctx)
	defer done()
	urn := resource.URN(req.GetUrn())
	kind, err := kindOf(urn)
	if err != nil {
		return nil, err
	}
	if !p.settings.skipUpdateUnreachable && len(req.GetOlds().GetFields()) > 0 && proto.Equal(req.GetOlds(), req.GetNews()) {
		// The old inputs came out of a Check. Not reading them matters for definitions, whose schemas are large.
		p.scopes.learn(scopeOf(req.GetNews()))
		return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
	}
	olds, err := unmarshal("the old inputs of "+urn.Name(), req.GetOlds())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal("the inputs of "+urn.Name(), req.GetNews())
	if err != nil {
		return nil, err
	}
	if err := refuseList(urn, kind); err != nil {
		return nil, err
	}
	patch := patches(urn, plainHead(news))
	if patch {
		kind.Kind = strings.TrimSuffix(kind.Kind, "Patch")
	}
	old := plainHead(olds)
	if p.settings.skipUpdateUnreachable && len(olds) > 0 && p.reach() != nil {
		p.messages(urn).warn(ctx, "the cluster is unreachable, and skipUpdateUnreachable is set: %s is left as it is", urn.Name())
		return &pulumirpc.CheckResponse{Inputs: req.GetOlds()}, nil
	}
	setDefault(news, "apiVersion", kind.GroupVersion().String())
	setDefault(news, "kind", kind.Kind)
	normalize(news)

	var failures []*pulumirpc.CheckFailure
	metadata, known := metadataOf(news)
	if known {
		if err := name(metadata, old, urn, req, patch); err != nil {
			failures = append(failures, &pulumirpc.CheckFailure{Property: "metadata.name", Reason: err.Error()})
		}
		if !has(metadata, "namespace") && p.needsNamespace(kind, old) {
			metadata["namespace"] = resource.NewStringProperty(p.defaultNamespace())
		}
	}
	if isDefinition(plainHead(news)) {
		p.scopes.learn(plain(news))
	}
	markSecrets(news, nil)
	inputs, err := marshal("the inputs of "+urn.Name(), news)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures}, nil
}

func setDefault(m resource.PropertyMap, key resource.PropertyKey, value string) {
	if !has(m, key) {
		m[key] = resource.NewStringProperty(value)
	}
}

// has tells whether a field is set, be it to something unknown.
func has(m resource.PropertyMap, key resource.PropertyKey) bool {
	value, ok := m[key]
	return ok && !value.IsNull() && !(value.IsString() && value.StringValue() == "")
}

// metadataOf gives the metadata to write into; known is false if all of it is only known later.
func metadataOf(news resource.PropertyMap) (metadata resource.PropertyMap, known bool) {
	value, ok := news["metadata"]
	if !ok || value.IsNull() {
		metadata = resource.PropertyMap{}
		news["metadata"] = resource.NewObjectProperty(metadata)
		return metadata, true
	}
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsObject() {
		return nil, false
	}
	return value.ObjectValue(), true
}

// name keeps the name that was made for the resource before, or makes one, unless the program sets it. That of a patch is of an object
// that is there, so the program must.
func name(metadata resource.PropertyMap, old map[string]any, urn resource.URN, req *pulumirpc.CheckRequest, patch bool) error {
	if has(metadata, "name") {
		return nil
	}
	if patch {
		return fmt.Errorf("a patch needs the name of the object that it changes: set metadata.name")
	}
	if has(metadata, "generateName") {
		return fmt.Errorf("metadata.generateName cannot be used with server-side apply: leave it out to have a name made, or set metadata.name")
	}
	autonamed := lookupString(old, "metadata", "name")
	if annotation(old, annotationAutonamed) != "true" || autonamed == "" {
		var err error
		if autonamed, err = autoname(urn, req.GetRandomSeed(), req.GetAutonaming()); err != nil {
			return err
		}
	}
	metadata["name"] = resource.NewStringProperty(autonamed)
	switch annotations := metadata["annotations"]; {
	case annotations.IsObject():
		annotations.ObjectValue()[annotationAutonamed] = resource.NewStringProperty("true")
	case annotations.V == nil:
		metadata["annotations"] = resource.NewObjectProperty(resource.PropertyMap{annotationAutonamed: resource.NewStringProperty("true")})
	}
	return nil
}

// needsNamespace tells whether an object without a namespace is to be given the default one. Where only the cluster could tell and cannot
// be asked, the answer is yes; creation corrects it.
func (p *Provider) needsNamespace(kind schema.GroupVersionKind, old map[string]any) bool {
	if namespaced, known := p.scopes.namespaced(kind.GroupKind()); known {
		return namespaced
	}
	if old["kind"] == kind.Kind {
		// The answer of before is in the old inputs.
		return lookupString(old, "metadata", "namespace") != ""
	}
	cluster, err := p.connection()
	if err != nil {
		return true
	}
	mapping, err := cluster.mapping(kind)
	return err != nil || mapping.Scope.Name() == "namespace"
}

func (p *Provider) defaultNamespace() string {
	if p.cluster != nil && p.cluster.defaultNamespace != "" {
		return p.cluster.defaultNamespace
	}
	if p.settings.namespace != "" {
		return p.settings.namespace
	}
	return "default"
}

// readOnly are the fields of metadata that the server alone writes. Manifests made by generators often carry them empty.
var readOnly = []resource.PropertyKey{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "uid",
}

// normalize writes inputs as the server keeps them where the two differ: a Secret's stringData becomes data, and read-only fields go.
func normalize(inputs resource.PropertyMap) {
	if metadata := inputs["metadata"]; metadata.IsObject() {
		for _, key := range readOnly {
			delete(metadata.ObjectValue(), key)
		}
	}
	head := plainHead(inputs)
	switch {
	case isDefinition(head):
		delete(inputs, "status")
		if spec := inputs["spec"]; spec.IsObject() {
			if v := spec.ObjectValue()["preserveUnknownFields"]; v.IsBool() && !v.BoolValue() {
				delete(spec.ObjectValue(), "preserveUnknownFields")
			}
		}
	case isSecret(head):
		encodeStringData(inputs)
	}
}

func encodeStringData(inputs resource.PropertyMap) {
	text, ok := open(inputs["stringData"]).V.(resource.PropertyMap)
	if !ok || len(text) == 0 || hasUnknown(plain(text)) {
		return
	}
	data, ok := open(inputs["data"]).V.(resource.PropertyMap)
	switch {
	case ok:
	case has(inputs, "data"):
		return // not known yet
	default:
		data = resource.PropertyMap{}
	}
	for key, value := range text {
		if s, ok := plainValue(value).(string); ok {
			data[key] = resource.NewStringProperty(base64.StdEncoding.EncodeToString([]byte(s)))
		}
	}
	inputs["data"] = resource.MakeSecret(resource.NewObjectProperty(data))
	delete(inputs, "stringData")
}

// open gives what a secret holds.
func open(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	return value
}
