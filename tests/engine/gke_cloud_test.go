//go:build integration

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"

	"live-omega/tests/apiserver"
	"live-omega/tests/gcp"
)

// gkeStacks are the stacks on Google Cloud, in the order of their deployment.
var gkeStacks = []string{"gke-shared", "gke-live", "gke-omega", "gke-edge"}

// gkeCloud is the committed config of Google Cloud, with a project that is a folder (see package gcp) and an
// API server for each cluster, whose nodes, scheduler, autoscaler and controller of endpoint groups are
// played; see gkeCluster.
type gkeCloud struct {
	*cloud
	project *gcp.Project
	tokens  []string // of the API servers' administrators
}

func newGKECloud(t *testing.T) *gkeCloud {
	t.Helper()
	c := &gkeCloud{cloud: newCloud(t)}
	dir := t.TempDir()
	c.env = append(c.env, gcp.ProjectVariable+"="+dir, "PULUMI_DEBUG_COMMANDS=true") // which has --event-log
	var err error
	if c.project, err = gcp.OpenProject(dir); err != nil {
		t.Fatal(err)
	}
	for _, stack := range gkeStacks {
		name := "Pulumi." + stack + ".yaml"
		data, err := os.ReadFile(built.root.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(c.dir, name), unlocked(data))
	}
	for _, name := range []string{"live", "omega"} {
		server := apiserver.Start(t)
		kubeconfig, err := os.ReadFile(server.Kubeconfig)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, c.project.Kubeconfig(name), string(kubeconfig))
		c.tokens = append(c.tokens, server.Token)
		player := &gkeCluster{name: name, project: c.project}
		c.clusters[name] = newCluster(t, server, player.play(t))
	}
	return c
}

// deploy brings every stack up as a person does, with a preview, which knows little of what is not there yet;
// the clusters side by side.
func (c *gkeCloud) deploy(t *testing.T) {
	t.Helper()
	c.init(t, gkeStacks...)
	c.everywhere(t, func(stack string) []string { return []string{"up", "--yes", "-s", stack} })
}

// everywhere runs a command for every stack, after those that it refers to: a state in a folder is not there
// for a moment while it is written.
func (c *gkeCloud) everywhere(t *testing.T, command func(stack string) []string) {
	t.Helper()
	c.together(t, command, "gke-shared")
	c.together(t, command, "gke-live", "gke-omega")
	c.together(t, command, "gke-edge")
}

// together runs a command for several stacks at once; all must end well.
func (c *gkeCloud) together(t *testing.T, command func(stack string) []string, stacks ...string) {
	t.Helper()
	failures := make([]error, len(stacks))
	var running sync.WaitGroup
	for i, stack := range stacks {
		running.Go(func() {
			if out, ok := c.try(t, command(stack)...); !ok {
				failures[i] = fmt.Errorf("pulumi %s failed:\n%s", strings.Join(command(stack), " "), out)
			}
		})
	}
	running.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
}

// step is what an update did to a resource.
type step struct {
	op, typ, name string
	diffs         []string
}

func (s step) String() string { return fmt.Sprintf("%s %s %s", s.op, s.typ, s.name) }

// steps brings a stack up and returns what changed, in the order in which it was done.
func (c *gkeCloud) steps(t *testing.T, stack string) []step {
	t.Helper()
	log := filepath.Join(t.TempDir(), "events")
	c.up(t, stack, "--event-log", log)
	file, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var steps []step
	for decoder := json.NewDecoder(file); decoder.More(); {
		var event apitype.EngineEvent
		if err := decoder.Decode(&event); err != nil {
			t.Fatalf("reading the events: %v", err)
		}
		if event.ResOutputsEvent == nil {
			continue
		}
		metadata := event.ResOutputsEvent.Metadata
		op := string(metadata.Op)
		if slices.Contains([]string{"same", "read", "refresh"}, op) || strings.HasPrefix(metadata.Type, "pulumi:pulumi:") {
			continue
		}
		steps = append(steps, step{op, metadata.Type[strings.LastIndex(metadata.Type, ":")+1:], urn.URN(metadata.URN).Name(), metadata.Diffs})
	}
	return steps
}

func names(steps []step) []string {
	all := []string{}
	for _, s := range steps {
		all = append(all, s.String())
	}
	return all
}

// record is the resource of a kind whose ID ends as given.
func (c *gkeCloud) record(t *testing.T, kind, suffix string) gcp.Record {
	t.Helper()
	all, err := c.project.All(kind)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if strings.HasSuffix(r.ID, suffix) {
			return r
		}
	}
	t.Fatalf("the project has no %s …%s", kind, suffix)
	return gcp.Record{}
}

// records names everything in the project.
func (c *gkeCloud) records(t *testing.T) []string {
	t.Helper()
	all, err := c.project.All()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range all {
		names = append(names, r.Kind+" "+r.ID)
	}
	return names
}

// at is a value inside a resource's state; nil when there is none. Steps are keys, and indices of lists.
func at(value any, steps ...any) any {
	for _, step := range steps {
		switch key := step.(type) {
		case string:
			inner, _ := value.(map[string]any)
			value = inner[key]
		case int:
			list, _ := value.([]any)
			if key >= len(list) {
				return nil
			}
			value = list[key]
		}
	}
	return value
}
