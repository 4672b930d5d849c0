// Command kubernetes is the control plane and node of Kubernetes in one
// binary. Which component runs is decided by the name it is called by, as
// Kubernetes' own hyperkube did: one link step and one page cache instead of
// five.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	kubeapiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kubecontrollermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubescheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	commands := map[string]func() *cobra.Command{
		"kube-apiserver":          kubeapiserver.NewAPIServerCommand,
		"kube-controller-manager": kubecontrollermanager.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return kubescheduler.NewSchedulerCommand() },
		"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
		"kube-proxy":              kubeproxy.NewProxyCommand,
	}
	name := filepath.Base(os.Args[0])
	command, ok := commands[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "called as %q: call it by a link named after one component (kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy)\n", name)
		os.Exit(2)
	}
	os.Exit(cli.Run(command()))
}
