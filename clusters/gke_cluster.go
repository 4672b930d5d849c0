package clusters

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/container"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// describeNetwork says where the cluster lies: nodes and pods have addresses of the subnetwork and none
// outside of it, and NetworkPolicies are kept by Dataplane V2.
func (g GKE) describeNetwork(args *container.ClusterArgs) {
	args.Network = g.Network.Network.ToStringOutput()
	args.Subnetwork = g.Network.Subnetwork.ToStringOutput()
	args.NetworkingMode = pulumi.String("VPC_NATIVE")
	args.DatapathProvider = pulumi.String("ADVANCED_DATAPATH")
	args.IpAllocationPolicy = &container.ClusterIpAllocationPolicyArgs{
		ClusterSecondaryRangeName:  g.Network.PodsRange.ToStringOutput(),
		ServicesSecondaryRangeName: g.Network.ServicesRange.ToStringOutput(),
	}
	args.PrivateClusterConfig = &container.ClusterPrivateClusterConfigArgs{
		EnablePrivateNodes: pulumi.Bool(true),
		// People reach the API over the internet, from the networks in Access.
		EnablePrivateEndpoint: pulumi.Bool(false),
		MasterIpv4CidrBlock:   g.Network.ControlPlane.ToStringOutput(),
	}
}

// describeAccess says who gets in, and as what.
func (g GKE) describeAccess(args *container.ClusterArgs) {
	blocks := container.ClusterMasterAuthorizedNetworksConfigCidrBlockArray{}
	for _, block := range g.Access {
		blocks = append(blocks, &container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs{CidrBlock: pulumi.String(block)})
	}
	args.MasterAuthorizedNetworksConfig = &container.ClusterMasterAuthorizedNetworksConfigArgs{
		CidrBlocks: blocks,
		// Otherwise every machine on Google Cloud, whoever's it is, would be let through as well.
		GcpPublicCidrsAccessEnabled: pulumi.Bool(false),
	}
	// People and machines log in with tokens that expire. Passwords are gone from GKE since 1.19.
	args.MasterAuth = &container.ClusterMasterAuthArgs{
		ClientCertificateConfig: &container.ClusterMasterAuthClientCertificateConfigArgs{IssueClientCertificate: pulumi.Bool(false)},
	}
	args.EnableLegacyAbac = pulumi.Bool(false)
	args.EnableShieldedNodes = pulumi.Bool(true)
	args.WorkloadIdentityConfig = &container.ClusterWorkloadIdentityConfigArgs{WorkloadPool: pulumi.String(g.Project + ".svc.id.goog")}
	// Images are pinned by digest, and come from one registry.
	args.BinaryAuthorization = &container.ClusterBinaryAuthorizationArgs{EvaluationMode: pulumi.String("DISABLED")}
	args.DatabaseEncryption = &container.ClusterDatabaseEncryptionArgs{State: pulumi.String("DECRYPTED")}
	if g.EncryptionKey != "" {
		args.DatabaseEncryption = &container.ClusterDatabaseEncryptionArgs{
			State: pulumi.String("ENCRYPTED"), KeyName: pulumi.String(g.EncryptionKey),
		}
	}
}

// holdName is the name of the exclusion in the API.
const holdName = "hold"

// describeUpkeep says when Google may work on the cluster, and what it keeps of logs and metrics: of those
// as much as costs nothing, unless more is asked for.
func (g GKE) describeUpkeep(args *container.ClusterArgs) {
	maintenance := &container.ClusterMaintenancePolicyArgs{
		DailyMaintenanceWindow: &container.ClusterMaintenancePolicyDailyMaintenanceWindowArgs{StartTime: pulumi.String(g.Window)},
	}
	if g.Hold != nil {
		maintenance.MaintenanceExclusions = container.ClusterMaintenancePolicyMaintenanceExclusionArray{
			&container.ClusterMaintenancePolicyMaintenanceExclusionArgs{
				ExclusionName: pulumi.String(holdName),
				StartTime:     pulumi.String(g.Hold.From + "T00:00:00Z"),
				EndTime:       pulumi.String(g.Hold.Until + "T00:00:00Z"),
				// Patches of the control plane are all that is left to Google.
				ExclusionOptions: &container.ClusterMaintenancePolicyMaintenanceExclusionExclusionOptionsArgs{
					Scope: pulumi.String("NO_MINOR_OR_NODE_UPGRADES"),
				},
			},
		}
	}
	args.MaintenancePolicy = maintenance
	logs := []string{"SYSTEM_COMPONENTS"}
	if g.WorkloadLogs {
		logs = append(logs, "WORKLOADS")
	}
	args.LoggingConfig = &container.ClusterLoggingConfigArgs{EnableComponents: pulumi.ToStringArray(logs)}
	args.MonitoringConfig = &container.ClusterMonitoringConfigArgs{
		EnableComponents:  pulumi.ToStringArray([]string{"SYSTEM_COMPONENTS"}),
		ManagedPrometheus: &container.ClusterMonitoringConfigManagedPrometheusArgs{Enabled: pulumi.Bool(false)},
	}
}
