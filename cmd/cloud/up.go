package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"live-omega/local/cluster"
	"live-omega/local/cluster/network"
	"live-omega/local/images"
	"live-omega/local/layout"
	"live-omega/local/registry"
	"live-omega/local/toolchain"
)

// nodeImages are what a cluster needs before anything is deployed on it.
var nodeImages = []string{"pause", "coredns", "local-path-provisioner"}

// serveTimeout is how long the apps may take, after all stacks are deployed,
// until the edge answers for them.
const serveTimeout = 2 * time.Minute

// up brings the machine from anything to a running cloud. Clusters start while
// the tools that they do not need are still being built.
func (c clone) up(ctx context.Context, clusters []layout.Cluster, deploy bool) error {
	started := time.Now()
	if err := c.prerequisites(ctx); err != nil {
		return err
	}
	if err := c.ensureUpgraded(ctx, clusters); err != nil {
		return err
	}
	tools, err := toolchain.Start(ctx, c.root, c.log)
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.startClusters(groupCtx, tools, clusters) })
	if deploy {
		group.Go(func() error { return c.prepareDeploy(groupCtx, tools) })
		group.Go(func() error { return c.compileProgram(groupCtx) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if !deploy {
		c.log.Printf("clusters are up after %s", time.Since(started).Round(time.Second))
		return nil
	}
	if err := c.deployAll(ctx); err != nil {
		return err
	}
	return c.welcome(ctx, started)
}

// prerequisites names everything that this machine lacks, and installs what
// the distribution has.
func (c clone) prerequisites(ctx context.Context) error {
	runs := registry.Status(ctx, c.root, layout.RegistryAddress).Healthy
	missing := toolchain.Prerequisites(ctx, c.root, runs)
	if len(missing) == 0 {
		return nil
	}
	return toolchain.InstallPrerequisites(ctx, c.root, c.log, missing)
}

// ensureUpgraded makes the Kubernetes versions to which clusters were upgraded.
func (c clone) ensureUpgraded(ctx context.Context, clusters []layout.Cluster) error {
	for _, one := range clusters {
		version, exists, err := cluster.Version(c.root, one)
		if err != nil {
			return err
		}
		if !exists || version == toolchain.DefaultKubernetes {
			continue
		}
		tool, err := toolchain.KubernetesTool(version)
		if err != nil {
			return fmt.Errorf("cluster %s: %w", one.Name, err)
		}
		if err := toolchain.Ensure(ctx, c.root, c.log, tool); err != nil {
			return err
		}
	}
	return nil
}

// startClusters starts the registry with the nodes' images, then the clusters
// side by side.
func (c clone) startClusters(ctx context.Context, tools *toolchain.Run, clusters []layout.Cluster) error {
	needed, err := images.Tools(nodeImages...)
	if err != nil {
		return err
	}
	// Traefik is built before Pulumi and after all that clusters need. Waiting for
	// it too costs nothing where it is there, and in a build from nothing keeps
	// three idle clusters from taking a quarter of a core away from the compilers.
	if err := tools.Wait(append(needed, "kubernetes", "etcd", "traefik")...); err != nil {
		return err
	}
	built, err := images.Build(ctx, c.root, c.log, nodeImages...)
	if err != nil {
		return err
	}
	if err := c.push(ctx, built); err != nil {
		return err
	}
	options, err := c.clusterOptions()
	if err != nil {
		return err
	}
	return each(clusters, func(one layout.Cluster) error { return cluster.Up(ctx, c.root, one, options, c.log) })
}

// clusterOptions are what all clusters are started with.
func (c clone) clusterOptions() (cluster.Options, error) {
	self, err := executable()
	if err != nil {
		return cluster.Options{}, err
	}
	options := cluster.Options{Kubernetes: toolchain.DefaultKubernetes, Executable: self}
	for name, reference := range map[string]*string{
		"pause": &options.Images.Pause, "coredns": &options.Images.CoreDNS,
		"local-path-provisioner": &options.Images.LocalPathProvisioner,
	} {
		image, err := images.Lookup(c.root, name, "")
		if err != nil {
			return cluster.Options{}, err
		}
		*reference = layout.RegistryAddress + "/" + image.Ref()
	}
	return options, nil
}

// push starts the registry where it is not running, and gives it the images, if
// any.
func (c clone) push(ctx context.Context, built []images.Image) error {
	if err := network.EnsureBridge(c.root); err != nil {
		return err
	}
	self, err := executable()
	if err != nil {
		return err
	}
	if err := registry.Start(ctx, c.root, layout.RegistryAddress, self, "local", "serve-registry"); err != nil {
		return err
	}
	if len(built) == 0 {
		return nil
	}
	return images.Push(ctx, c.root, c.log, layout.RegistryAddress, built)
}

// prepareDeploy makes what the stacks need besides running clusters.
func (c clone) prepareDeploy(ctx context.Context, tools *toolchain.Run) error {
	if err := c.writeEnvironment(); err != nil {
		return err
	}
	if err := tools.Wait(); err != nil {
		return err
	}
	built, err := images.Build(ctx, c.root, c.log)
	if err != nil {
		return err
	}
	if err := images.CheckConfig(c.root); err != nil {
		return err
	}
	return c.push(ctx, built)
}

// compileProgram compiles the Pulumi program while the tools are being built.
// The language host would do it before the first stack, with everything else
// waiting for the compiler; now it finds the program up to date.
func (c clone) compileProgram(ctx context.Context) error {
	task := c.log.Start("compiling the program")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", c.root.Bin("program"), ".")
	cmd.Dir, cmd.Env = string(c.root), append(os.Environ(), "CGO_ENABLED=0", "GOGC="+toolchain.CompilerGOGC)
	output, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("compiling the program: %w\n%s", err, output)
	}
	task.End(err)
	return err
}

// deployAll deploys the stacks in the order of their references.
func (c clone) deployAll(ctx context.Context) error {
	for _, stage := range localStacks {
		group, ctx := errgroup.WithContext(ctx)
		for _, name := range stage {
			group.Go(func() error { return c.deploy(ctx, name) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if err := c.shareSalt(); err != nil {
			return err
		}
	}
	return nil
}

// writeEnvironment writes the file to source, and makes the passphrase and
// the state folder once.
func (c clone) writeEnvironment() error {
	if err := os.MkdirAll(c.root.State(), 0o700); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	if err := c.ensurePassphrase(); err != nil {
		return err
	}
	if err := c.stopCommandLogs(); err != nil {
		return fmt.Errorf("keeping pulumi from logging its calls: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Source this to use plain pulumi on the local cloud: source %s\n", c.root.Env())
	for _, pair := range c.root.PulumiEnv("$PATH") {
		key, value, _ := strings.Cut(pair, "=")
		if key == "PATH" {
			fmt.Fprintf(&b, "case \":$PATH:\" in *\":%s:\"*) ;; *) export PATH=%q ;; esac\n", c.root.Bin(), value)
			continue
		}
		fmt.Fprintf(&b, "export %s=%q\n", key, value)
	}
	return layout.WriteFile(c.root.Env(), []byte(b.String()), 0o644)
}

// stopCommandLogs puts a file where the CLI would make the folder for its
// automatic logs (v3.258, pkg/v3/logging): every call with all its properties,
// compressed and encrypted. That is half of the CPU time of a preview, and no
// setting turns it off; where the folder cannot be made, the CLI goes without.
func (c clone) stopCommandLogs() error {
	path := c.root.PulumiHome("logs")
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return layout.WriteFile(path, []byte("In place of a folder, so that pulumi does not log every call; remove it to have the logs.\n"), 0o600)
}

// ensurePassphrase makes the passphrase of Pulumi's secrets unless it is there.
// A salt in config without its passphrase cannot be used, so that is said
// before Pulumi would only call the passphrase incorrect.
func (c clone) ensurePassphrase() error {
	_, err := os.Stat(c.root.Passphrase())
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	salted, err := c.saltedFiles()
	if err != nil {
		return err
	}
	if len(salted) > 0 {
		return fmt.Errorf("%s: has an encryptionsalt, and %s does not hold the passphrase that it belongs to;"+
			" put the passphrase there (mode 0600), or remove the encryptionsalt lines to start with a new one",
			strings.Join(salted, ", "), c.root.Passphrase())
	}
	return layout.WriteFile(c.root.Passphrase(), []byte(rand.Text()+"\n"), 0o600)
}

// welcome waits until the edge answers for every app, then says what there is.
func (c clone) welcome(ctx context.Context, started time.Time) error {
	o, err := c.readOverview(ctx)
	if err != nil {
		return err
	}
	hosts := o.hosts()
	task := c.log.Start("waiting for the edge to serve " + strings.Join(hosts, ", "))
	err = awaitHosts(ctx, o.Edge.Gateway, hosts)
	task.End(err)
	if err != nil {
		return err
	}
	took := time.Since(started).Round(time.Second)
	c.log.Printf("the cloud is up after %s\n", took)
	// Only the first start has everything to do, so only it is worth keeping.
	if _, err := os.Stat(c.root.FirstStart()); errors.Is(err, fs.ErrNotExist) {
		if err := layout.WriteFile(c.root.FirstStart(), fmt.Appendln(nil, took.Seconds()), 0o644); err != nil {
			return err
		}
	}
	if err := o.print(os.Stdout); err != nil {
		return err
	}
	fmt.Println("\nTry:")
	for _, host := range hosts {
		fmt.Printf("  curl -H 'Host: %s' http://%s/api/whoami\n", host, strings.TrimSuffix(o.Edge.Gateway, ":80"))
	}
	fmt.Print(`
Next:
  source .local/env                      plain pulumi works here from now on
  $EDITOR Pulumi.edge.yaml               move traffic: default: {live: 0, omega: 100}
  pulumi up -s edge
  make status                            what runs where, and who sees it
  make test                              every test, the last ones with real traffic
  make down                              stop, keep state
`)
	return nil
}

// hosts are the names under which the deployed apps are reached, sorted.
func (o overview) hosts() []string {
	var hosts []string
	for _, one := range o.Clusters {
		for _, app := range one.Apps {
			if !slices.Contains(hosts, app.Host) {
				hosts = append(hosts, app.Host)
			}
		}
	}
	slices.Sort(hosts)
	return hosts
}

// awaitHosts returns when the gateway answers 200 for every host.
func awaitHosts(ctx context.Context, gateway string, hosts []string) error {
	ctx, cancel := context.WithTimeout(ctx, serveTimeout)
	defer cancel()
	client := &http.Client{Timeout: 2 * time.Second}
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	for _, host := range hosts {
		for {
			err := serves(ctx, client, gateway, host)
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s: %w; see `make status`", host, err)
			case <-poll.C:
			}
		}
	}
	return nil
}

func serves(ctx context.Context, client *http.Client, gateway, host string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+gateway+"/", nil)
	if err != nil {
		return err
	}
	request.Host = host
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the edge answers %s", response.Status)
	}
	return nil
}
