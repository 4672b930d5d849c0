package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"live-omega/local/cluster"
	"live-omega/local/cluster/supervisor"
	"live-omega/local/layout"
	"live-omega/local/registry"
)

// localStatus shows the registry and the processes of the clusters. It fails
// if something that should run does not.
func (c clone) localStatus(ctx context.Context, clusters []layout.Cluster) error {
	statuses := make([]cluster.ClusterStatus, len(clusters))
	index := map[string]int{}
	for i, one := range clusters {
		index[one.Name] = i
	}
	err := each(clusters, func(one layout.Cluster) error {
		status, err := cluster.Status(ctx, c.root, one)
		statuses[index[one.Name]] = status
		return err
	})
	if err != nil {
		return err
	}
	return printLocal(os.Stdout, registry.Status(ctx, c.root, layout.RegistryAddress), statuses, time.Now())
}

// printLocal writes one block per cluster. What is down comes back as an
// error too, so that a script can ask.
func printLocal(w io.Writer, images registry.State, statuses []cluster.ClusterStatus, now time.Time) error {
	var problems []string
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if images.Healthy {
		fmt.Fprintf(table, "registry\trunning\t%s\tpid %d\n", images.Address, images.Pid)
	} else {
		fmt.Fprintf(table, "registry\tdown\t%s\tlog %s\n", images.Address, images.Log)
		problems = append(problems, "the registry is down")
	}
	for _, s := range statuses {
		fmt.Fprintf(table, "\n%s\t%s\tKubernetes %s\t%.2f GiB\n", s.Cluster, s.State, s.Kubernetes, float64(s.Memory)/(1<<30))
		if s.State != cluster.Running {
			problems = append(problems, fmt.Sprintf("%s is %s", s.Cluster, s.State))
		}
		if s.State == cluster.Degraded {
			for _, message := range messages(s) {
				fmt.Fprintf(table, "  ! %s\n", message)
			}
		}
		for _, n := range s.Nodes {
			if len(s.Nodes) > 1 || n.Cordoned {
				fmt.Fprintf(table, "  node %s\t%s\tpool %s\n", n.Name, nodeState(s.State, n), n.Pool)
			}
			printProcesses(table, n.Processes, now)
		}
	}
	fmt.Fprintln(table)
	if err := table.Flush(); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; ") + "; start with `make up`, or `cloud local up CLUSTER`")
	}
	return nil
}

// messages say what is wrong with a cluster that does not run as it should.
func messages(s cluster.ClusterStatus) []string {
	var list []string
	if s.API != "" {
		list = append(list, s.API)
	}
	for _, n := range s.Nodes {
		if !n.Ready && n.Message != "" {
			list = append(list, "node "+n.Name+": "+n.Message)
		}
	}
	return list
}

func nodeState(of cluster.State, n cluster.NodeStatus) string {
	switch {
	case of == cluster.Stopped:
		return "stopped"
	case !n.Ready:
		return "not ready"
	case n.Cordoned:
		return "ready, takes no pods"
	default:
		return "ready"
	}
}

func printProcesses(w io.Writer, processes []supervisor.ProcessState, now time.Time) {
	for _, p := range processes {
		fmt.Fprintf(w, "  %s\t%s\t%s\tpid %d, restarts %d\t%s\n",
			p.Name, p.Phase, now.Sub(p.Since).Round(time.Second), p.PID, p.Restarts, p.Log)
		if p.LastExit != "" {
			fmt.Fprintf(w, "    last exit: %s\n", p.LastExit)
		}
	}
}
