package clusters

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
	"live-omega/components/placement"
)

// gkePools makes the node pools of a cluster on GKE.
//
// Which edits replace a pool is the provider's, google-beta 5.42 (services/container/node_config.go and
// resource_container_node_pool.go, where it says ForceNew): those of its name, cluster, location and
// initialNodeCount, and of nodeConfig's spot, serviceAccount, oauthScopes, shieldedInstanceConfig, metadata
// and of kinds of disks and machines that are not used here. Image, version, machine type, size and kind of
// the boot disk, taints (since 5.4), labels, zones, autoscaling and upgrade settings are changed in place: GKE
// rolls the nodes by the upgrade settings, and for taints and labels it changes the nodes that there are
// (cloud.google.com/kubernetes-engine/docs/how-to/update-existing-nodepools). The provider changes upgrade
// settings last, so in one update with a new version the nodes still roll by the old ones.
type gkePools struct {
	ctx     *pulumi.Context
	gke     GKE
	nodes   Nodes
	cluster *container.Cluster
	opts    []pulumi.ResourceOption
}

// create makes the pools that are wanted.
func (p *gkePools) create(wanted func(pool string) bool, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	for _, name := range p.nodes.names() {
		if !wanted(name) {
			continue
		}
		pool, err := p.createPool(name, opts...)
		if err != nil {
			return nil, fmt.Errorf("creating node pool %q: %w", name, err)
		}
		made = append(made, pool)
	}
	return made, nil
}

func (p *gkePools) createPool(name string, opts ...pulumi.ResourceOption) (pulumi.Resource, error) {
	pool := p.nodes.Pools[name].GKE
	if pool == nil {
		return nil, errors.New("it has no description for GKE")
	}
	image, ok := LookupImage(pool.Image)
	if !ok {
		return nil, fmt.Errorf("image %q is none of %s", pool.Image, strings.Join(ImageNames(), ", "))
	}
	taints, err := gkeTaints(p.nodes.taints(name))
	if err != nil {
		return nil, err
	}
	args := &container.NodePoolArgs{
		Name:     p.gke.poolName(name, *pool),
		Project:  pulumi.String(p.gke.Project),
		Location: pulumi.String(p.gke.Location),
		Cluster:  p.cluster.Name,
		Version:  pulumi.String(pool.Version),

		NodeLocations:   pulumi.ToStringArray(p.gke.Zones),
		NetworkConfig:   &container.NodePoolNetworkConfigArgs{EnablePrivateNodes: pulumi.Bool(true)},
		NodeConfig:      p.gke.nodeConfig(name, *pool, image, taints),
		UpgradeSettings: pool.Upgrade.settings(),
		// A cluster in a release channel cannot have pools without these ("Auto_upgrade cannot be false when
		// release_channel REGULAR is set"); what keeps Google from upgrading nodes is the hold.
		Management: &container.NodePoolManagementArgs{AutoUpgrade: pulumi.Bool(true), AutoRepair: pulumi.Bool(true)},
	}
	p.size(args, name, *pool)
	return container.NewNodePool(p.ctx, naming.Logical("pool", name), args, slices.Concat(p.opts, opts, []pulumi.ResourceOption{
		// It is for the pool's birth. The API changes the number when somebody resizes the pool by hand, and
		// the pool would be replaced.
		pulumi.IgnoreChanges([]string{"initialNodeCount"}),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "1h", Update: pool.updateTime(len(p.gke.Zones)).String(), Delete: "2h"}),
	})...)
}

// size says how many nodes a pool has.
//
// A pool in use, or one that stands by with its nodes, is the autoscaler's: it is born with Min nodes, but
// at least one, and from then on nodeCount is not mentioned, so that no update takes back what the autoscaler
// did. A pool without nodes has no autoscaler, which would give it some, and says nodeCount 0.
//
// Coming back from there, nodeCount is not mentioned either. The provider reads that as "as it is", 0, and it
// is the autoscaler that adds nodes, for the pods that are bound to the pool and wait. It does not add any
// for the sake of Min: "If the current node pool size is lower than the specified minimum [...] when you enable
// autoscaling, the autoscaler waits to take effect until a new node is needed"
// (cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler). A number written for that moment alone
// would have to be taken back in another update, or be fought over from then on.
func (p *gkePools) size(args *container.NodePoolArgs, name string, pool GKEPool) {
	if p.nodes.Zero && !p.nodes.InUse(name) {
		args.NodeCount = pulumi.Int(0)
		return
	}
	args.InitialNodeCount = pulumi.Int(max(pool.Min, 1))
	args.Autoscaling = &container.NodePoolAutoscalingArgs{MinNodeCount: pulumi.Int(pool.Min), MaxNodeCount: pulumi.Int(pool.Max)}
}

// nodeScopes leave it to the roles of the nodes' account what they may do, as Google advises.
var nodeScopes = []string{"https://www.googleapis.com/auth/cloud-platform"}

// Nodes start nothing that is not signed, and what they start is measured.
const secureBoot, integrityMonitoring = true, true

// nodeDisk is the kind of boot disk: SSD at a middle price.
const nodeDisk = "pd-balanced"

func (g GKE) nodeConfig(name string, pool GKEPool, image Image, taints container.NodePoolNodeConfigTaintArray) *container.NodePoolNodeConfigArgs {
	return &container.NodePoolNodeConfigArgs{
		ImageType:      pulumi.String(image.Type),
		MachineType:    pulumi.String(pool.MachineType),
		Spot:           pulumi.Bool(pool.Spot),
		DiskType:       pulumi.String(nodeDisk),
		DiskSizeGb:     pulumi.Int(pool.DiskGB),
		Labels:         pulumi.StringMap{placement.PoolLabel: pulumi.String(name)},
		Taints:         taints,
		ServiceAccount: g.Network.NodeAccount.ToStringOutput(),
		OauthScopes:    pulumi.ToStringArray(nodeScopes),
		// Pods get the identity of their own service account from the metadata server, and not the node's.
		WorkloadMetadataConfig: &container.NodePoolNodeConfigWorkloadMetadataConfigArgs{Mode: pulumi.String("GKE_METADATA")},
		ShieldedInstanceConfig: &container.NodePoolNodeConfigShieldedInstanceConfigArgs{
			EnableSecureBoot: pulumi.Bool(secureBoot), EnableIntegrityMonitoring: pulumi.Bool(integrityMonitoring),
		},
	}
}

// effects are the API's names of the effects of taints.
var effects = map[string]string{
	"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE",
}

func gkeTaints(taints []placement.Taint) (container.NodePoolNodeConfigTaintArray, error) {
	var written container.NodePoolNodeConfigTaintArray
	for _, taint := range taints {
		effect, ok := effects[taint.Effect]
		if !ok {
			return nil, fmt.Errorf("taint %s has effect %q, want NoExecute, NoSchedule or PreferNoSchedule", taint.Key, taint.Effect)
		}
		written = append(written, &container.NodePoolNodeConfigTaintArgs{
			Key: pulumi.String(taint.Key), Value: pulumi.String(taint.Value), Effect: pulumi.String(effect),
		})
	}
	return written, nil
}

// maxPoolName is the length of the longest name of a node pool, in bytes.
const maxPoolName = 40

// poolName changes with what replaces a pool, and with nothing else. Two pools cannot have one name, so with
// the old name the old pool would have to go first, and its pods with it.
func (g GKE) poolName(name string, pool GKEPool) pulumi.StringOutput {
	return g.Network.NodeAccount.ToStringOutput().ApplyT(func(account string) (string, error) {
		replacing, err := json.Marshal(map[string]any{
			"spot": pool.Spot, "serviceAccount": account, "oauthScopes": nodeScopes, "secureBoot": secureBoot, "integrityMonitoring": integrityMonitoring,
		})
		if err != nil {
			return "", fmt.Errorf("naming node pool %q: %w", name, err)
		}
		return naming.VersionedWithin(maxPoolName, name, string(replacing)), nil
	}).(pulumi.StringOutput)
}
