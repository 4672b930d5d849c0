package apps_test

import (
	"net/mail"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"live-omega/apps"
)

var dnsLabel = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

func TestEveryAppSaysWhoseItIsAndWhatItNeeds(t *testing.T) {
	require.NotEmpty(t, apps.Names())
	for _, name := range apps.Names() {
		t.Run(name, func(t *testing.T) {
			app, ok := apps.Lookup(name)
			require.True(t, ok)
			assert.Equal(t, name, app.Name)
			assert.LessOrEqual(t, len(app.Name), apps.MaxName)
			assert.Regexp(t, dnsLabel, app.Name)
			assert.Regexp(t, dnsLabel, app.Community)
			assert.NotEmpty(t, app.Owner)
			assert.NotEmpty(t, app.Description)
			_, err := mail.ParseAddress(app.Contact)
			assert.NoError(t, err, "contact")
			for _, path := range []string{app.Probes.Liveness, app.Probes.Readiness} {
				assert.True(t, strings.HasPrefix(path, "/"), "probe %q", path)
			}
			assert.Positive(t, app.DrainSeconds)
			for _, secret := range app.Secrets {
				assert.Regexp(t, dnsLabel, secret)
			}
		})
	}
}

func TestLimitsAreNotBelowRequests(t *testing.T) {
	for _, name := range apps.Names() {
		t.Run(name, func(t *testing.T) {
			app, _ := apps.Lookup(name)
			for _, pair := range [][2]string{
				{app.Resources.CPU, app.Resources.CPULimit},
				{app.Resources.Memory, app.Resources.MemoryLimit},
			} {
				request, err := resource.ParseQuantity(pair[0])
				require.NoError(t, err)
				limit, err := resource.ParseQuantity(pair[1])
				require.NoError(t, err)
				assert.Positive(t, request.Sign())
				assert.GreaterOrEqual(t, limit.Cmp(request), 0, "limit %s, request %s", pair[1], pair[0])
			}
		})
	}
}

func TestNoAppIsWhereAnothersPreviewIs(t *testing.T) {
	for _, name := range apps.Names() {
		_, taken := apps.Lookup(name + "-preview")
		assert.False(t, taken, "%s-preview is the preview host of %s", name, name)
	}
}

func TestLookupKnowsOnlyTheCatalogue(t *testing.T) {
	_, ok := apps.Lookup("nobody")
	assert.False(t, ok)
}
