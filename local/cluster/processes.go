package cluster

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"live-omega/local/cluster/node"
	"live-omega/local/cluster/pki"
	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
)

// Names of the processes of a cluster's first node, in the order of `Status`.
const (
	Etcd              = "etcd"
	Containerd        = "containerd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
	Kubelet           = "kubelet"
	Proxy             = "kube-proxy"
)

// controlPlane are those that the second node does without.
var controlPlane = []string{Etcd, APIServer, ControllerManager, Scheduler}

// Stages of stopping. Pods end between the first two, when nobody restarts
// them and everything they may still need is there. etcd ends last: without
// it the API server takes ten seconds to end.
const (
	stageManagers = iota
	stageServers
	stageStore
)

// environment of all processes. An idle cluster should be small, and these
// processes are idle most of the time: the garbage collector may run earlier.
var environment = []string{"PATH=" + searchPath, "GOGC=50"}

// versions says which Kubernetes version each process runs. They differ only
// in the middle of an upgrade.
type versions map[string]string

func allAt(version string) versions {
	return versions{APIServer: version, ControllerManager: version, Scheduler: version, Kubelet: version, Proxy: version}
}

// nodeAt is allAt for the second node.
func nodeAt(version string) versions { return versions{Kubelet: version, Proxy: version} }

// spec is what the node's supervisor runs, given the revisions of the config
// files.
func (p paths) spec(v versions, tools hostTools, revisions map[string]string) supervisor.Spec {
	revise := func(names ...string) string {
		var list []string
		for _, n := range names {
			list = append(list, revisions[n])
		}
		return strings.Join(list, " ")
	}
	s := supervisor.Spec{Processes: []supervisor.Process{
		{
			Name: Etcd, Path: p.root.Bin("etcd"), Args: p.etcdArgs(), Env: environment,
			Ready:     supervisor.Probe{TCP: "127.0.0.1:2379"},
			StopStage: stageStore, StopSeconds: 10,
		},
		{
			Name: Containerd, Path: tools.containerd, Args: []string{"--config", p.config(containerdFile)},
			Env: environment, Revision: revise(containerdFile),
			Ready:     supervisor.Probe{Unix: runtimeSocket},
			StopStage: stageServers, StopSeconds: 10,
		},
		{
			Name: APIServer, Args: p.apiServerArgs(), Env: environment, Revision: revise(encryptionFile, authenticationFile),
			After:     []string{Etcd},
			Ready:     supervisor.Probe{HTTP: p.c.API() + "/readyz"},
			StopStage: stageServers, StopSeconds: 10,
		},
		{
			Name: ControllerManager, Args: p.controllerManagerArgs(), Env: environment,
			After:     []string{APIServer},
			Ready:     supervisor.Probe{HTTP: "https://127.0.0.1:10257/healthz"},
			StopStage: stageManagers, StopSeconds: 5,
		},
		{
			Name: Scheduler, Args: p.schedulerArgs(), Env: environment,
			After:     []string{APIServer},
			Ready:     supervisor.Probe{HTTP: "https://127.0.0.1:10259/healthz"},
			StopStage: stageManagers, StopSeconds: 5,
		},
		{
			Name: Kubelet, Args: p.kubeletArgs(), Env: environment, Revision: revise(kubeletFile),
			After:     []string{Containerd, APIServer},
			Ready:     supervisor.Probe{HTTP: "http://127.0.0.1:10248/healthz"},
			StopStage: stageManagers, StopSeconds: 5,
		},
		{
			Name: Proxy, Args: []string{"--config=" + p.config(proxyFile)}, Env: environment,
			Revision: revise(proxyFile), After: []string{APIServer},
			Ready:     supervisor.Probe{HTTP: "http://127.0.0.1:10256/livez"},
			StopStage: stageServers, StopSeconds: 5,
		},
	}}
	for i, process := range s.Processes {
		if version, ok := v[process.Name]; ok {
			s.Processes[i].Path = p.root.KubernetesBin(version, process.Name)
		}
	}
	if !p.isFirst() {
		s.Processes = withoutControlPlane(s.Processes)
	}
	return s
}

// withoutControlPlane are those of the processes that the second node has.
// They wait for none of the others, which another supervisor runs.
func withoutControlPlane(processes []supervisor.Process) []supervisor.Process {
	isControlPlane := func(name string) bool { return slices.Contains(controlPlane, name) }
	var own []supervisor.Process
	for _, process := range processes {
		if isControlPlane(process.Name) {
			continue
		}
		process.After = slices.DeleteFunc(slices.Clone(process.After), isControlPlane)
		own = append(own, process)
	}
	return own
}

func (p paths) etcdArgs() []string {
	const client, peer = "https://127.0.0.1:2379", "https://127.0.0.1:2380"
	return []string{
		"--name=" + p.c.Name,
		"--data-dir=" + p.dir("etcd"),
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=" + p.c.Name + "=" + peer,
		"--client-cert-auth", "--trusted-ca-file=" + p.pki(pki.EtcdCA+".crt"),
		"--cert-file=" + p.pki(pki.EtcdServer+".crt"), "--key-file=" + p.pki(pki.EtcdServer+".key"),
		"--peer-client-cert-auth", "--peer-trusted-ca-file=" + p.pki(pki.EtcdCA+".crt"),
		"--peer-cert-file=" + p.pki(pki.EtcdServer+".crt"), "--peer-key-file=" + p.pki(pki.EtcdServer+".key"),
		// Few changes are kept in memory for members that lag: there are none.
		"--snapshot-count=5000",
		"--log-level=warn",
	}
}

func (p paths) apiServerArgs() []string {
	return []string{
		"--etcd-servers=https://127.0.0.1:2379",
		"--etcd-cafile=" + p.pki(pki.EtcdCA+".crt"),
		"--etcd-certfile=" + p.pki(pki.APIServerEtcd+".crt"), "--etcd-keyfile=" + p.pki(pki.APIServerEtcd+".key"),
		"--encryption-provider-config=" + p.config(encryptionFile),
		"--bind-address=0.0.0.0", "--secure-port=6443", "--advertise-address=" + p.c.Address.String(),
		"--service-cluster-ip-range=" + p.c.Services.String(),
		"--tls-cert-file=" + p.pki(pki.APIServer+".crt"), "--tls-private-key-file=" + p.pki(pki.APIServer+".key"),
		"--client-ca-file=" + p.pki(pki.CA+".crt"),
		"--authentication-config=" + p.config(authenticationFile),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--kubelet-certificate-authority=" + p.pki(pki.CA+".crt"),
		"--kubelet-client-certificate=" + p.pki(pki.APIServerKubelet+".crt"),
		"--kubelet-client-key=" + p.pki(pki.APIServerKubelet+".key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + p.pki(pki.ServiceAccount+".pub"),
		"--service-account-signing-key-file=" + p.pki(pki.ServiceAccount+".key"),
		"--requestheader-client-ca-file=" + p.pki(pki.FrontProxyCA+".crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + p.pki(pki.FrontProxyClient+".crt"),
		"--proxy-client-key-file=" + p.pki(pki.FrontProxyClient+".key"),
		"--max-requests-inflight=200", "--max-mutating-requests-inflight=100",
		"--profiling=false",
	}
}

func (p paths) controllerManagerArgs() []string {
	config := pki.ComponentKubeconfig(p.pki(), pki.ControllerManager)
	return []string{
		"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--requestheader-client-ca-file=" + p.pki(pki.FrontProxyCA+".crt"),
		"--bind-address=127.0.0.1",
		"--cluster-name=" + p.c.Name,
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + p.pki(pki.ServiceAccount+".key"),
		"--root-ca-file=" + p.pki(pki.CA+".crt"),
		"--cluster-signing-cert-file=" + p.pki(pki.CA+".crt"), "--cluster-signing-key-file=" + p.pki(pki.CA+".key"),
		// Each node gets the half that it has from its layout: the first is
		// there first. What is read is the layout; this keeps Node objects
		// telling the same.
		"--allocate-node-cidrs=true", "--cluster-cidr=" + p.c.Pods.String(),
		"--node-cidr-mask-size=" + strconv.Itoa(p.n.PodCIDR.Bits()),
		"--kube-api-qps=100", "--kube-api-burst=200",
		// There is no other to be elected instead.
		"--leader-elect=false",
		"--profiling=false",
	}
}

func (p paths) schedulerArgs() []string {
	config := pki.ComponentKubeconfig(p.pki(), pki.Scheduler)
	return []string{
		"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1",
		"--leader-elect=false",
		"--profiling=false",
	}
}

func (p paths) kubeletArgs() []string {
	return []string{
		"--config=" + p.config(kubeletFile),
		"--kubeconfig=" + pki.ComponentKubeconfig(p.pki(), pki.Kubelet),
		"--root-dir=" + node.Kubelet,
		"--hostname-override=" + p.n.Name,
		"--node-ip=" + p.n.Address.String(),
		"--node-labels=" + layout.PoolLabel + "=" + p.n.Pool,
	}
}

// executables are the files that the spec will start.
func executables(s supervisor.Spec) []string {
	var list []string
	for _, p := range s.Processes {
		list = append(list, filepath.Clean(p.Path))
	}
	return list
}
