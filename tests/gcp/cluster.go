package gcp

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// clientConfig reaches the API server that the test keeps for a cluster.
func (p *Project) clientConfig(cluster string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig(cluster))
	if err != nil {
		return nil, fmt.Errorf("the test has no API server for the cluster %s: %w", cluster, err)
	}
	config.WarningHandler = rest.NoWarnings{}
	return config, nil
}

func checkCluster(inputs object) []failure {
	var failures []failure
	if inputs["removeDefaultNodePool"] == true {
		checkThat(&failures, numberAt(inputs, "initialNodeCount") >= 1, "initialNodeCount", "is needed to make the default node pool, also when it is removed at once")
	}
	advanced := textAt(inputs, "datapathProvider") == "ADVANCED_DATAPATH"
	checkThat(&failures, !advanced || at(inputs, "networkPolicy", "enabled") != true, "networkPolicy", "is built into ADVANCED_DATAPATH and cannot be enabled beside it")
	private, _ := inputs["privateClusterConfig"].(object)
	checkThat(&failures, private["enablePrivateNodes"] != true || private["masterIpv4CidrBlock"] != nil || private["privateEndpointSubnetwork"] != nil,
		"privateClusterConfig.masterIpv4CidrBlock", "is needed with private nodes")
	version := textAt(inputs, "minMasterVersion")
	checkThat(&failures, version == "" || gkeVersion.MatchString(version), "minMasterVersion", "is %q, which is not exact", version)
	encryption, _ := inputs["databaseEncryption"].(object)
	checkThat(&failures, textAt(encryption, "state") != "ENCRYPTED" || encryption["keyName"] != nil, "databaseEncryption.keyName", "is needed to encrypt")
	return failures
}

var gkeVersion = regexp.MustCompile(`^(\d+)\.(\d+)\.(\d+)-gke\.(\d+)$`)

// compareVersions gives the difference of the first part that differs, and which it is: 0 for the major one.
func compareVersions(a, b string) (difference, part int) {
	as, bs := gkeVersion.FindStringSubmatch(a), gkeVersion.FindStringSubmatch(b)
	if as == nil || bs == nil {
		return 0, 0
	}
	for i := range 4 {
		x, _ := strconv.Atoi(as[i+1])
		y, _ := strconv.Atoi(bs[i+1])
		if x != y {
			return x - y, i
		}
	}
	return 0, 0
}

// setClusterOutputs leaves endpoint and certificate unknown until the cluster is there.
func setClusterOutputs(c *call) {
	if c.old == nil && c.preview {
		for _, key := range []string{"endpoint", "masterVersion", "masterAuth"} {
			c.state[key] = unknown{}
		}
		return
	}
	for _, key := range []string{"endpoint", "masterAuth", "masterVersion"} {
		if c.old[key] != nil {
			c.state[key] = clone(c.old[key])
		}
	}
	if version := textAt(c.state, "minMasterVersion"); version != "" && !c.preview {
		c.state["masterVersion"] = version
	}
}

func changeCluster(_ context.Context, c *call) error {
	if err := checkRanges(c); err != nil {
		return err
	}
	if c.old != nil {
		return checkUpgrade(textAt(c.old, "masterVersion"), textAt(c.state, "masterVersion"))
	}
	config, err := c.project.clientConfig(textAt(c.state, "name"))
	if err != nil {
		return err
	}
	endpoint, err := url.Parse(config.Host)
	if err != nil {
		return err
	}
	c.state["endpoint"] = endpoint.Host
	// Without a client certificate being asked for, its parts are empty.
	c.state["masterAuth"] = object{
		"clientCertificateConfig": object{"issueClientCertificate": false}, "clientCertificate": "", "clientKey": "",
		"clusterCaCertificate": base64.StdEncoding.EncodeToString(config.CAData),
	}
	return nil
}

// checkRanges: the secondary ranges are those of the cluster's subnetwork.
func checkRanges(c *call) error {
	subnetwork, err := c.project.find([]string{"Subnetwork"}, textAt(c.state, "subnetwork"))
	if err != nil || subnetwork == nil {
		return err
	}
	names := map[string]bool{"": true}
	for _, secondary := range objectsAt(subnetwork.State, "secondaryIpRanges") {
		names[textAt(secondary, "rangeName")] = true
	}
	for _, key := range []string{"clusterSecondaryRangeName", "servicesSecondaryRangeName"} {
		if name := textAt(c.state, "ipAllocationPolicy", key); !names[name] {
			return invalid("Services or pods range: secondary range %q does not exist in network, subnetwork %q", name, subnetwork.ID)
		}
	}
	return nil
}

// checkUpgrade: a control plane goes up, one minor version at a time
// (cloud.google.com/kubernetes-engine/docs/how-to/upgrading-a-cluster).
func checkUpgrade(from, to string) error {
	difference, part := compareVersions(to, from)
	switch {
	case difference < 0:
		return invalid("Master cannot be downgraded from %s to %s", from, to)
	case part == 1 && difference > 1, part == 0 && difference > 0:
		return invalid("Master cannot be upgraded from %s to %s: one minor version at a time", from, to)
	}
	return nil
}

// removeCluster deletes the node pools too.
func removeCluster(ctx context.Context, c *call) error {
	if c.state["deletionProtection"] != false {
		return fmt.Errorf("Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster deletion") //nolint:staticcheck // the provider's words
	}
	pools, err := c.project.poolsOf(textAt(c.state, "name"))
	if err != nil {
		return err
	}
	for _, pool := range pools {
		if err := removeNodes(ctx, &call{project: c.project, id: pool.ID, old: pool.State, state: pool.State}); err != nil {
			return err
		}
		if err := c.project.Remove(pool.Kind, pool.ID); err != nil {
			return err
		}
	}
	return nil
}

func (p *Project) poolsOf(cluster string) ([]Record, error) {
	all, err := p.All("NodePool")
	if err != nil {
		return nil, err
	}
	var pools []Record
	for _, pool := range all {
		if lastPart(textAt(pool.State, "cluster")) == cluster {
			pools = append(pools, pool)
		}
	}
	return pools, nil
}
