package ingress

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
	"live-omega/components/traefik"
)

const (
	routingFile   = "routing.yaml"
	routingFolder = "/etc/traefik/routing"

	// workingFolder is where Traefik runs, and where it looks for the source of plugins.
	workingFolder = "/"
	pluginFolder  = workingFolder + "plugins-local/src/"
)

// files are a ConfigMap in a folder of the pods.
type files struct {
	name, folder string
	configMap    pulumi.StringPtrInput
}

// allFiles creates the ConfigMaps of the pods. Their names follow their content: a change makes a new
// ConfigMap, rolls the pods onto it, and only then removes the old one.
func (b *builder) allFiles() ([]files, error) {
	plugin, err := b.pluginFiles("plugin", traefik.PluginModule, traefik.PluginFiles)
	if err != nil {
		return nil, err
	}
	all := []files{plugin}
	if b.args.Exposure.Kind == NEG {
		hosts, err := b.pluginFiles("hosts", traefik.HostsModule, traefik.HostsFiles)
		if err != nil {
			return nil, err
		}
		all = append(all, hosts)
	}
	if b.args.Routing != nil {
		routing, err := b.configMap("", b.args.Routing, pulumi.StringMap{routingFile: b.args.Routing})
		if err != nil {
			return nil, err
		}
		all = append(all, files{name: "routing", folder: routingFolder, configMap: routing})
	}
	return all, nil
}

// pluginFiles creates the ConfigMap with the source of a plugin.
func (b *builder) pluginFiles(part, module string, read func() (map[string]string, error)) (files, error) {
	source, err := read()
	if err != nil {
		return files{}, fmt.Errorf("reading the source of the plugin: %w", err)
	}
	var content strings.Builder
	for _, name := range slices.Sorted(maps.Keys(source)) {
		fmt.Fprintf(&content, "%s\n%s\n", name, source[name])
	}
	configMap, err := b.configMap(part, pulumi.String(content.String()), pulumi.ToStringMap(source))
	if err != nil {
		return files{}, err
	}
	return files{name: part, folder: pluginFolder + module, configMap: configMap}, nil
}

// configMap creates a ConfigMap and returns its name, which stands for the content. Part is "" for the
// one that is named like the rest.
func (b *builder) configMap(part string, content pulumi.StringInput, data pulumi.StringMap) (pulumi.StringPtrInput, error) {
	logical, prefix := b.name, objectName
	if part != "" {
		logical, prefix = naming.Logical(b.name, part), naming.Logical(objectName, part)
	}
	name := content.ToStringOutput().ApplyT(func(content string) string {
		return naming.Versioned(prefix, content)
	}).(pulumi.StringOutput)
	metadata := b.metadata("")
	metadata.Name = name
	_, err := corev1.NewConfigMap(b.ctx, logical, &corev1.ConfigMapArgs{
		Metadata:  metadata,
		Immutable: pulumi.Bool(true),
		Data:      data,
	}, b.inNamespace...)
	if err != nil {
		return nil, fmt.Errorf("creating ConfigMap %s: %w", logical, err)
	}
	return name, nil
}

func volumes(all []files) corev1.VolumeArray {
	var volumes corev1.VolumeArray
	for _, f := range all {
		volumes = append(volumes, &corev1.VolumeArgs{
			Name: pulumi.String(f.name),
			ConfigMap: &corev1.ConfigMapVolumeSourceArgs{
				Name: f.configMap, DefaultMode: pulumi.Int(0o444),
			},
		})
	}
	return volumes
}

func mounts(all []files) corev1.VolumeMountArray {
	var mounts corev1.VolumeMountArray
	for _, f := range all {
		mounts = append(mounts, &corev1.VolumeMountArgs{
			Name: pulumi.String(f.name), MountPath: pulumi.String(f.folder), ReadOnly: pulumi.Bool(true),
		})
	}
	return mounts
}
