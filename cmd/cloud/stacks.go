package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"live-omega/local/progress"
)

// localStacks are the stacks of the local cloud, in the order of their
// references: shared before the clusters, the clusters before the edge.
var localStacks = [][]string{{"shared"}, {"live", "omega"}, {"edge"}}

// openStack opens a stack of the clone in the local cloud's backend, and makes
// it where it is not there yet.
func (c clone) openStack(ctx context.Context, name string) (auto.Stack, error) {
	env := map[string]string{}
	for _, pair := range c.root.PulumiEnv(os.Getenv("PATH")) {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	// The Automation API looks pulumi up on this process's own PATH.
	if err := os.Setenv("PATH", env["PATH"]); err != nil {
		return auto.Stack{}, fmt.Errorf("opening stack %s: %w", name, err)
	}
	stack, err := auto.UpsertStackLocalSource(ctx, name, string(c.root), auto.EnvVars(env))
	if err != nil {
		return auto.Stack{}, fmt.Errorf("opening stack %s: %w", name, err)
	}
	return stack, nil
}

// deploy runs `pulumi up` on a stack, shown as one task.
func (c clone) deploy(ctx context.Context, name string) error {
	task := c.log.Start("pulumi up -s " + name)
	changes, err := c.runUp(ctx, name, task)
	if err != nil {
		task.Fail(fmt.Errorf("see below"))
		return fmt.Errorf("pulumi up -s %s: %w", name, err)
	}
	task.Done("%s", changes)
	return nil
}

func (c clone) runUp(ctx context.Context, name string, task *progress.Task) (string, error) {
	stack, err := c.openStack(ctx, name)
	if err != nil {
		return "", err
	}
	stop := make(chan struct{})
	result, err := stack.Up(ctx, optup.EventStreams(watch(task, stop)), optup.SuppressProgress())
	close(stop)
	if err != nil {
		return "", err
	}
	return summary(result.Summary.ResourceChanges), nil
}

// watch shows on the task which resource the engine is working on.
func watch(task *progress.Task, stop <-chan struct{}) chan<- events.EngineEvent {
	stream := make(chan events.EngineEvent)
	go func() {
		done := 0
		for {
			select {
			case <-stop:
				return
			case event, open := <-stream:
				if !open {
					return
				}
				switch {
				case event.ResourcePreEvent != nil && event.ResourcePreEvent.Metadata.Op != apitype.OpSame:
					urn := event.ResourcePreEvent.Metadata.URN
					task.Update("%d done, now %s", done, urn[strings.LastIndex(urn, "::")+2:])
				case event.ResOutputsEvent != nil:
					done++
				}
			}
		}
	}()
	return stream
}

// summary says what an update changed: "12 created, 3 updated", or "no changes".
func summary(changes *map[string]int) string {
	if changes == nil {
		return "done"
	}
	var parts []string
	for _, op := range []struct{ key, said string }{
		{"create", "created"}, {"update", "updated"}, {"replace", "replaced"}, {"delete", "deleted"},
	} {
		if n := (*changes)[op.key]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, op.said))
		}
	}
	if len(parts) == 0 {
		return "no changes"
	}
	return strings.Join(parts, ", ")
}

// outputs reads a stack's outputs from the state into value; secrets stay
// masked. It asks no cluster, so it answers while one is dead. The backend is
// the one that the shell has chosen, else the local cloud's.
func (c clone) outputs(ctx context.Context, name string, value any) error {
	env, command := os.Environ(), "pulumi"
	if os.Getenv("PULUMI_BACKEND_URL") == "" {
		env, command = append(env, c.root.PulumiEnv(os.Getenv("PATH"))...), c.root.Bin("pulumi")
	}
	cmd := exec.CommandContext(ctx, command, "stack", "output", "--json", "--stack", name)
	cmd.Dir, cmd.Env = string(c.root), env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, value)
	}
	if err != nil {
		return fmt.Errorf("reading the outputs of stack %s: %w: %s", name, err, strings.TrimSpace(stderr.String()))
	}
	return nil
}
