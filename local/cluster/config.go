package cluster

import (
	"fmt"

	"live-omega/local/cluster/node"
	"live-omega/local/cluster/pki"
	"live-omega/local/layout"
)

// maxPods is how many pods a node may run: more than a hundred apps with two
// variants of two replicas, which is beyond the usual 110.
const maxPods = 500

// object is a config object on its way to YAML.
type object = map[string]any

func encryptionConfig(key string) object {
	return object{
		"apiVersion": "apiserver.config.k8s.io/v1",
		"kind":       "EncryptionConfiguration",
		"resources": []object{{
			"resources": []string{"secrets"},
			"providers": []object{
				{"secretbox": object{"keys": []object{{"name": "key1", "secret": key}}}},
				{"identity": object{}},
			},
		}},
	}
}

// authenticationConfig lets the unknown ask for health and nothing else.
func authenticationConfig() object {
	return object{
		"apiVersion": "apiserver.config.k8s.io/v1beta1",
		"kind":       "AuthenticationConfiguration",
		"anonymous": object{
			"enabled":    true,
			"conditions": []object{{"path": "/livez"}, {"path": "/readyz"}, {"path": "/healthz"}},
		},
	}
}

func (p paths) kubeletConfig() object {
	return object{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"authentication": object{
			"anonymous": object{"enabled": false},
			"webhook":   object{"enabled": true},
			"x509":      object{"clientCAFile": p.pki(pki.CA + ".crt")},
		},
		"authorization":            object{"mode": "Webhook"},
		"tlsCertFile":              p.pki(pki.KubeletServer + ".crt"),
		"tlsPrivateKeyFile":        p.pki(pki.KubeletServer + ".key"),
		"containerRuntimeEndpoint": "unix://" + runtimeSocket,
		"clusterDomain":            "cluster.local",
		"clusterDNS":               []string{p.c.DNS().String()},
		"resolvConf":               p.config(kubeletResolvFile),
		"podLogsDir":               node.PodLogs,
		"maxPods":                  maxPods,
		"serializeImagePulls":      false,
		// Pods' control groups lie in the cluster's own (see cgroup), by which
		// all that belongs to it is found. That takes groups per QoS class:
		// without them the kubelet leaves the place to containerd, which
		// has one for all of the machine.
		"cgroupDriver":           "cgroupfs",
		"cgroupRoot":             "/" + string(p.group()),
		"cgroupsPerQOS":          true,
		"enforceNodeAllocatable": []string{},
		// Where a machine still has version 1 of control groups, or swap, so
		// be it.
		"failCgroupV1":         false,
		"failSwapOn":           false,
		"oomScoreAdj":          0,
		"containerLogMaxSize":  "5Mi",
		"containerLogMaxFiles": 2,
		// The disk is the machine's: how full it is is not for pods to
		// suffer from, and images are few and pinned.
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
		"evictionHard":                object{"nodefs.available": "0%", "imagefs.available": "0%", "memory.available": "100Mi"},
	}
}

func (p paths) proxyConfig() object {
	return object{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"mode":               "nftables",
		"clientConnection":   object{"kubeconfig": pki.ComponentKubeconfig(p.pki(), pki.Proxy)},
		"clusterCIDR":        p.c.Pods.String(),
		"hostnameOverride":   p.n.Name,
		"bindAddress":        p.n.Address.String(),
		"healthzBindAddress": "127.0.0.1:10256",
		"metricsBindAddress": "127.0.0.1:10249",
		"oomScoreAdj":        0,
		// Zero leaves the machine's connection table as it is; it is not the
		// node's to size.
		"conntrack": object{"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
		"nftables":  object{"minSyncPeriod": "100ms", "syncPeriod": "30s"},
	}
}

// cniConfig gives every pod a link to the node's own bridge and an address
// from the node's half of the cluster's range. Leases lie in memory, so a lost
// machine leaves none behind. Masquerading is not the plugin's: it would hide
// a pod's address from pods on the other node; see network.Ensure.
func (p paths) cniConfig() object {
	return object{
		"cniVersion": "0.4.0",
		"name":       "pods",
		"plugins": []object{
			{
				"type": "bridge", "bridge": podBridge, "isGateway": true, "hairpinMode": true,
				// The bridge outlives its pods; one from when a node had the
				// whole range takes the new address.
				"forceAddress": true,
				"ipam": object{
					"type":    "host-local",
					"dataDir": node.CNI + "/networks",
					"ranges":  [][]object{{{"subnet": p.n.PodCIDR.String()}}},
					"routes":  []object{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}
}

// registryConfig makes containerd speak plain HTTP to the local registry: it
// is on this machine, and images are named by digest.
const registryConfig = `server = "http://` + layout.RegistryAddress + `"

[host."http://` + layout.RegistryAddress + `"]
  capabilities = ["pull", "resolve"]
`

func (p paths) containerdConfig(o Options, tools hostTools) string {
	return fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
  address = %q

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  # Without CAP_SYS_RESOURCE no process may protect itself more than its
  # parent does, and sandboxes that ask for it would not start.
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = %q

  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = %q
`, node.Containerd, node.Runtime+"/state", runtimeSocket, o.Images.Pause, tools.cni,
		p.config("cni"), p.config("registries"), tools.runc)
}
