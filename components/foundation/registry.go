package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"live-omega/components/naming"
)

// readerRole lets nodes pull images.
const readerRole = "roles/artifactregistry.reader"

// Registry is the prefix of images in the registry of a project.
func Registry(project, region string) string {
	return fmt.Sprintf("%s-docker.pkg.dev/%s/%s", region, project, cloud)
}

// registry makes the repository for images, which the nodes may read. Nothing cleans it up: config names
// images by digest, however old, and a policy knows only their age and number.
func (b *builder) registry() error {
	repository, err := artifactregistry.NewRepository(b.ctx, b.name, &artifactregistry.RepositoryArgs{
		RepositoryId: pulumi.String(cloud),
		Location:     pulumi.String(b.args.Region),
		Format:       pulumi.String("DOCKER"),
		Description:  pulumi.String("Images of the cloud's apps and of its ingress."),
		DockerConfig: &artifactregistry.RepositoryDockerConfigArgs{ImmutableTags: pulumi.Bool(true)},
	}, b.kept()...)
	if err != nil {
		return fmt.Errorf("creating the registry: %w", err)
	}
	b.made.Registry = pulumi.String(Registry(b.args.Project, b.args.Region)).ToStringOutput()
	for _, cluster := range b.args.clusters() {
		_, err := artifactregistry.NewRepositoryIamMember(b.ctx, naming.Logical(b.name, cluster), &artifactregistry.RepositoryIamMemberArgs{
			Location:   repository.Location,
			Repository: repository.RepositoryId,
			Role:       pulumi.String(readerRole),
			Member:     b.accounts[cluster].Member,
		}, b.child...)
		if err != nil {
			return fmt.Errorf("letting the nodes of cluster %s read the registry: %w", cluster, err)
		}
	}
	return nil
}
