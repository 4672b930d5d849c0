package images

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	local "live-omega/local/layout"
)

const stale = "sha256:1111111111111111111111111111111111111111111111111111111111111111"

const config = `# The cluster that serves.
config:
  live-omega:ingress: {image: "traefik@STALE", replicas: 2} # two, see docs
  live-omega:apps:
    guestbook:
      variants:
        # ä wide character before, on purpose
        a: {note: "äöü", image: 'demo@STALE', version: v1.0.0}
        b: {image: demo@…, version: v2.0.0} # not filled in yet
    other:
      variants: {a: {image: "nginx@STALE"}, b: {image: "demo@STALE", version: v1.0.0}, c: {image: "demo@STALE", version: v2.0.0}}
`

func clone(t *testing.T, content string) local.Root {
	t.Helper()
	root := local.Root(t.TempDir())
	content = strings.NewReplacer("STALE", stale, "@…", "@sha256:…").Replace(content)
	require.NoError(t, os.WriteFile(root.Path("Pulumi.live.yaml"), []byte(content), 0o640))
	return root
}

func TestWritingDigestsChangesNothingElse(t *testing.T) {
	root := clone(t, config)
	images := built(t, root)
	traefik, one, two := images[0], images[1], images[2]

	err := CheckConfig(root)
	require.ErrorContains(t, err, "Pulumi.live.yaml:3: live-omega:ingress.image: traefik@"+stale+" is not among the built images: traefik v3.5.4, built here, is "+traefik.Ref())
	require.ErrorContains(t, err, "`cloud local images --write` puts it there")
	require.Equal(t, 5, strings.Count(err.Error(), "is not among"), "all at once, and not images from elsewhere")

	changes, err := WriteConfig(root)
	require.NoError(t, err)
	require.Len(t, changes, 5)
	require.Equal(t, Change{
		File: root.Path("Pulumi.live.yaml"), Path: "live-omega:ingress.image", Line: 3,
		Old: "traefik@" + stale, New: traefik.Ref(),
	}, changes[0])

	want := strings.NewReplacer(
		`"traefik@STALE"`, `"`+traefik.Ref()+`"`,
		`'demo@STALE'`, `'`+one.Ref()+`'`,
		`demo@…`, two.Ref(),
		`{image: "demo@STALE", version: v1.0.0}`, `{image: "`+one.Ref()+`", version: v1.0.0}`,
		`{image: "demo@STALE", version: v2.0.0}`, `{image: "`+two.Ref()+`", version: v2.0.0}`,
		"STALE", stale,
	).Replace(config)
	got, err := os.ReadFile(root.Path("Pulumi.live.yaml"))
	require.NoError(t, err)
	require.Equal(t, want, string(got))
	info, err := os.Stat(root.Path("Pulumi.live.yaml"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())

	require.NoError(t, CheckConfig(root))
	changes, err = WriteConfig(root)
	require.NoError(t, err)
	require.Empty(t, changes)
}

func TestAValueThatCannotBeDecidedChangesNoFile(t *testing.T) {
	content := "config:\n  a: {image: \"traefik@STALE\"}\n  b: {image: \"demo@STALE\"}\n  c: {image: \"demo@STALE\", version: v9}\n"
	root := clone(t, content)
	built(t, root)
	before, err := os.ReadFile(root.Path("Pulumi.live.yaml"))
	require.NoError(t, err)
	_, err = WriteConfig(root)
	require.EqualError(t, err, "Pulumi.live.yaml:3: b.image: demo@"+stale+": which of v1.0.0, v2.0.0 is meant? write `version: v1.0.0` beside it\n"+
		"Pulumi.live.yaml:4: c.image: demo@"+stale+": which of v1.0.0, v2.0.0 is meant? write `version: v1.0.0` beside it")
	after, err := os.ReadFile(root.Path("Pulumi.live.yaml"))
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestBrokenConfigIsNamed(t *testing.T) {
	root := clone(t, "config: [")
	built(t, root)
	require.ErrorContains(t, CheckConfig(root), "reading config Pulumi.live.yaml: yaml: line 1")
}
