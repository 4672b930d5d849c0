package kubernetes

import (
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// identity changes make another object of any kind.
var identity = []string{"metadata.name", "metadata.namespace"}

// immutable holds, by group and kind, the fields whose change needs a replacement according to the official plugin. The API server refuses
// changes to most of them; a few (a StatefulSet's revisionHistoryLimit, a Job's parallelism) it would accept, but the plans of both plugins should agree.
// What else is immutable is found by a dry run.
var immutable = map[schema.GroupKind][]string{
	{Group: "apps", Kind: "DaemonSet"}:   {"spec.selector"},
	{Group: "apps", Kind: "Deployment"}:  {"spec.selector"},
	{Group: "apps", Kind: "StatefulSet"}: {"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"},
	{Group: "batch", Kind: "Job"}:        {"spec.completions", "spec.parallelism", "spec.selector", "spec.template"},
	{Kind: "PersistentVolume"}: volumeSources("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
		"gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
	{Kind: "PersistentVolumeClaim"}: {"spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"},
	{Kind: "Pod"}:                   podFields(),
	{Kind: "ResourceQuota"}:         {"spec.scopes"},
	{Kind: "Secret"}:                {"type"},
	{Kind: "Service"}:               {"spec.clusterIP"},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {"roleRef"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {"roleRef"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                  {"parameters", "provisioner"},
}

func volumeSources(names ...string) []string {
	for i, name := range names {
		names[i] = "spec." + name
	}
	return names
}

func podFields() []string {
	fields := []string{
		"affinity", "automountServiceAccountToken", "dnsConfig", "dnsPolicy", "enableServiceLinks", "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostname",
		"imagePullSecrets", "nodeName", "nodeSelector", "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy", "runtimeClassName",
		"schedulerName", "securityContext", "serviceAccount", "serviceAccountName", "shareProcessNamespace", "subdomain", "terminationGracePeriodSeconds", "volumes",
	}
	for _, field := range []string{
		"args", "command", "env", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "ports", "readinessProbe", "resources", "securityContext", "stdin",
		"stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices", "volumeMounts", "workingDir",
	} {
		fields = append(fields, "containers[*]."+field, "initContainers[*]."+field)
	}
	for i, field := range fields {
		fields[i] = "spec." + field
	}
	return fields
}

// forcesReplacement tells whether a change to an object needs a new one. The contents of Secrets and ConfigMaps are replaced rather than
// changed, so that what uses them is rolled, unless the provider's settings make them mutable and the object itself does not forbid it.
func (s settings) forcesReplacement(kind schema.GroupVersionKind, object map[string]any, c change) bool {
	fields := slices.Concat(identity, immutable[kind.GroupKind()])
	frozen := object["immutable"] == true
	if isSecret(object) && (!s.secretMutable || frozen) {
		fields = append(fields, "data", "stringData")
	}
	if isConfigMap(object) && (!s.configMapMutable || frozen) {
		fields = append(fields, "data", "binaryData")
	}
	return slices.ContainsFunc(fields, c.touches)
}

// immutableMarks are the words with which the API server's validation and the rules of custom kinds refuse a change for good.
var immutableMarks = []string{"immutable", "may not be changed", "may not change once set", "cannot be changed", "cannot change", "updates to statefulset spec for fields other than", "may not be updated"}

// refusedFields gives the fields of an Invalid answer that can never be changed, as the server names them ("spec.selector"). It is empty for
// every other error, also for an answer that holds a plain mistake besides: a replacement would not help there.
func refusedFields(err error) []string {
	if !apierrors.IsInvalid(err) {
		return nil
	}
	var status apierrors.APIStatus
	if !asStatus(err, &status) || status.Status().Details == nil {
		return nil
	}
	var fields []string
	for _, cause := range status.Status().Details.Causes {
		message := strings.ToLower(cause.Message)
		if !slices.ContainsFunc(immutableMarks, func(mark string) bool { return strings.Contains(message, mark) }) {
			return nil
		}
		fields = append(fields, cause.Field)
	}
	return fields
}
