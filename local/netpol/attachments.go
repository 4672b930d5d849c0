package netpol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fsnotify/fsnotify"
	"k8s.io/apimachinery/pkg/types"
)

// result is a file in which libcni keeps what its plugins answered for one
// link of a pod: written when the link is there, before the pod's containers
// start, and removed when it is gone. The arguments name the pod. (The format
// is libcni's "cniCacheV1", since its version 0.8.)
type result struct {
	Kind   string      `json:"kind"`
	Args   [][2]string `json:"cniArgs"`
	Result struct {
		IPs []struct {
			Address string `json:"address"`
		} `json:"ips"`
	} `json:"result"`
}

// attachment returns the pod's address in the range. A pod has other links,
// its loopback for one, that are none.
func (r result) attachment(pods netip.Prefix) (Attachment, bool) {
	var a Attachment
	if r.Kind != "cniCacheV1" {
		return a, false
	}
	for _, arg := range r.Args {
		switch arg[0] {
		case "K8S_POD_NAMESPACE":
			a.Pod.Namespace = arg[1]
		case "K8S_POD_NAME":
			a.Pod.Name = arg[1]
		case "K8S_POD_UID":
			a.UID = types.UID(arg[1])
		}
	}
	for _, ip := range r.Result.IPs {
		if p, err := netip.ParsePrefix(ip.Address); err == nil && pods.Contains(p.Addr()) {
			a.Address = p.Addr()
			return a, a.Pod.Name != ""
		}
	}
	return a, false
}

// readAttachments reads all results in the folder. A file that is being
// written is left out: its last write is noticed.
func readAttachments(dir string, pods netip.Prefix) ([]Attachment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the pods' links: %w", err)
	}
	var list []Attachment
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the pods' links: %w", err)
		}
		var r result
		if json.Unmarshal(content, &r) != nil {
			continue
		}
		if a, ok := r.attachment(pods); ok {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b Attachment) int {
		return strings.Compare(a.Address.String()+string(a.UID), b.Address.String()+string(b.UID))
	})
	return list, nil
}

// watchAttachments calls changed whenever the folder's content changes, until
// ctx ends. It returns once it watches.
func watchAttachments(ctx context.Context, dir string, changed func()) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching the pods' links: %w", err)
	}
	if err := watcher.Add(dir); err != nil {
		watcher.Close()
		return fmt.Errorf("watching the pods' links in %s: %w", dir, err)
	}
	go func() {
		defer watcher.Close()
		for {
			select {
			case <-ctx.Done():
				return
			case <-watcher.Events:
				changed()
			case <-watcher.Errors:
				// Events were lost: whatever they were, look again.
				changed()
			}
		}
	}()
	return nil
}
