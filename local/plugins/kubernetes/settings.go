package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientapi "k8s.io/client-go/tools/clientcmd/api"
)

// settings are the provider's configuration. The names and environment variables are the official plugin's.
type settings struct {
	kubeconfig, context, cluster, namespace string

	deleteUnreachable, skipUpdateUnreachable bool
	configMapMutable, secretMutable          bool
	patchForce, upsert                       bool

	client clientSettings
}

// clientSettings tune the API client.
type clientSettings struct {
	Burst   *int     `json:"burst"`
	QPS     *float64 `json:"qps"`
	Timeout *int     `json:"timeout"` // seconds for one request
}

// parseSettings reads what the engine sends as kubernetes:config:<name>; a switch that is not set there may be set by environment.
func parseSettings(variables map[string]string) (settings, error) {
	value := func(name string) string { return variables["kubernetes:config:"+name] }
	enabled := func(name, env string) bool {
		if v, ok := variables["kubernetes:config:"+name]; ok {
			return v == "true"
		}
		return os.Getenv(env) == "true"
	}
	s := settings{
		kubeconfig: value("kubeconfig"), context: value("context"), cluster: value("cluster"), namespace: value("namespace"),
		deleteUnreachable:     enabled("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
		skipUpdateUnreachable: enabled("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"),
		configMapMutable:      enabled("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
		secretMutable:         enabled("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
		patchForce:            enabled("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
		upsert:                enabled("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
	}
	if text := value("kubeClientSettings"); text != "" {
		if err := json.Unmarshal([]byte(text), &s.client); err != nil {
			return settings{}, fmt.Errorf("kubeClientSettings: %w", err)
		}
	}
	return s, nil
}

// restConfig gives the client's configuration and the default namespace, from the kubeconfig of the settings, or from the environment
// (KUBECONFIG, ~/.kube/config, or the pod's service account) when they name none.
func (s settings) restConfig() (*rest.Config, string, error) {
	overrides := &clientcmd.ConfigOverrides{
		Context:        clientapi.Context{Cluster: s.cluster, Namespace: s.namespace},
		CurrentContext: s.context,
	}
	var loader clientcmd.ClientConfig
	if s.kubeconfig == "" {
		loader = clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides)
	} else {
		config, err := parseKubeconfig(s.kubeconfig)
		if err != nil {
			return nil, "", err
		}
		if err := checkContext(config, s); err != nil {
			return nil, "", err
		}
		loader = clientcmd.NewDefaultClientConfig(*config, overrides)
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", s.describeKubeconfig(), err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", s.describeKubeconfig(), err)
	}
	s.tune(config)
	return config, namespace, nil
}

// tune sets the client's speed: the defaults let a stack of a hundred apps through without queueing.
func (s settings) tune(config *rest.Config) {
	config.QPS, config.Burst = 120, 200
	if s.client.QPS != nil {
		config.QPS = float32(*s.client.QPS)
	}
	if s.client.Burst != nil {
		config.Burst = *s.client.Burst
	}
	config.UserAgent = "pulumi-kubernetes"
	config.WarningHandler = rest.NoWarnings{}
}

// requestTimeout bounds one request that is not a watch.
func (s settings) requestTimeout() time.Duration {
	if s.client.Timeout != nil && *s.client.Timeout > 0 {
		return time.Duration(*s.client.Timeout) * time.Second
	}
	return time.Minute
}

// describeKubeconfig names where the cluster is configured, without the contents of a kubeconfig.
func (s settings) describeKubeconfig() string {
	text := "kubeconfig of the provider"
	switch {
	case s.kubeconfig == "" && os.Getenv("KUBECONFIG") != "":
		text = "kubeconfig " + os.Getenv("KUBECONFIG")
	case s.kubeconfig == "":
		text = "kubeconfig ~/.kube/config"
	case looksLikePath(s.kubeconfig):
		text = "kubeconfig " + s.kubeconfig
	}
	if s.context != "" {
		text += fmt.Sprintf(", context %q", s.context)
	}
	return text
}

func looksLikePath(kubeconfig string) bool {
	return !strings.ContainsAny(kubeconfig, "\n{:")
}

// parseKubeconfig reads a kubeconfig from the path of a file or from its contents, YAML or JSON. No error shows the contents.
func parseKubeconfig(pathOrContents string) (*clientapi.Config, error) {
	contents := []byte(pathOrContents)
	if looksLikePath(pathOrContents) {
		file := pathOrContents
		if rest, ok := strings.CutPrefix(file, "~"); ok && (rest == "" || rest[0] == '/') {
			home, err := user.Current()
			if err != nil {
				return nil, fmt.Errorf("kubeconfig %s: %w", file, err)
			}
			file = home.HomeDir + rest
		}
		var err error
		if contents, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("kubeconfig: %w", err)
		}
		config, err := clientcmd.Load(contents)
		if err != nil {
			return nil, fmt.Errorf("kubeconfig %s is not a kubeconfig in YAML or JSON", file)
		}
		// Certificates and keys beside the file are named relative to it.
		dir := filepath.Dir(file)
		for _, cluster := range config.Clusters {
			resolve(dir, &cluster.CertificateAuthority)
		}
		for _, auth := range config.AuthInfos {
			resolve(dir, &auth.ClientCertificate, &auth.ClientKey, &auth.TokenFile)
		}
		return config, nil
	}
	config, err := clientcmd.Load(contents)
	if err != nil {
		return nil, errors.New("kubeconfig of the provider is neither the path of a file nor a kubeconfig in YAML or JSON")
	}
	return config, nil
}

func resolve(dir string, files ...*string) {
	for _, file := range files {
		if *file != "" && !filepath.IsAbs(*file) {
			*file = filepath.Join(dir, *file)
		}
	}
}

// checkContext finds contexts and clusters that the kubeconfig lacks, and says which it has.
func checkContext(config *clientapi.Config, s settings) error {
	if s.context != "" && config.Contexts[s.context] == nil {
		return fmt.Errorf("%s: there is no such context; it has %s", s.describeKubeconfig(), quotedKeys(config.Contexts))
	}
	if s.cluster != "" && config.Clusters[s.cluster] == nil {
		return fmt.Errorf("%s: there is no cluster %q; it has %s", s.describeKubeconfig(), s.cluster, quotedKeys(config.Clusters))
	}
	return nil
}
