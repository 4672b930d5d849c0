// Command pause is the first process of every pod's sandbox: it holds the pod's
// namespaces, collects orphans that are left to it, and leaves when it is told.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the image build.
var version string

func main() {
	if len(os.Args) > 1 && os.Args[1] == "-v" {
		fmt.Println("pause " + version)
		return
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	// Orphans may have ended before the signals were asked for.
	reap()
	for s := range signals {
		if s != syscall.SIGCHLD {
			return
		}
		reap()
	}
}

// reap collects every child that has ended: several may share one SIGCHLD.
func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if pid <= 0 {
			return
		}
	}
}
