package traefik

import (
	"embed"
	"io/fs"
)

const (
	// PluginName is what Middlewares and Traefik's flags call the plugin.
	PluginName = "cohorts"
	// PluginModule is the import path of the plugin, and the folder below plugins-local/src in Traefik's
	// working directory where Traefik looks for its source.
	PluginModule = "live-omega/components/traefik/plugin"

	// HostsName and HostsModule are the same of the plugin that takes a suffix off the Host header.
	HostsName   = "hosts"
	HostsModule = "live-omega/components/traefik/hosts"
)

// source are the plugins without their tests.
//
//go:embed plugin/plugin.go plugin/.traefik.yml hosts/plugin.go hosts/.traefik.yml
var source embed.FS

// PluginFiles are the files of the plugin's source by their names.
func PluginFiles() (map[string]string, error) { return filesIn("plugin") }

// HostsFiles are those of the plugin that takes a suffix off the Host header.
func HostsFiles() (map[string]string, error) { return filesIn("hosts") }

func filesIn(folder string) (map[string]string, error) {
	entries, err := fs.ReadDir(source, folder)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, entry := range entries {
		content, err := fs.ReadFile(source, folder+"/"+entry.Name())
		if err != nil {
			return nil, err
		}
		files[entry.Name()] = string(content)
	}
	return files, nil
}
