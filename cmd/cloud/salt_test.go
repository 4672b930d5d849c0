package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"live-omega/local/layout"
)

func cloneWith(t *testing.T, live string) clone {
	t.Helper()
	c := clone{root: layout.Root(t.TempDir())}
	require.NoError(t, os.WriteFile(c.root.Path("Pulumi.live.yaml"), []byte(live), 0o644))
	return c
}

func TestDestroyTakesSaltAndPassphraseTogether(t *testing.T) {
	c := cloneWith(t, "# mine\nconfig:\n  live-omega:layer: cluster # a layer\nencryptionsalt: v1:abc=:v1:def\n")
	require.NoError(t, layout.WriteFile(c.root.Passphrase(), []byte("x"), 0o600))
	require.NoError(t, c.removeState())
	content, err := os.ReadFile(c.root.Path("Pulumi.live.yaml"))
	require.NoError(t, err)
	assert.Equal(t, "# mine\nconfig:\n  live-omega:layer: cluster # a layer\n", string(content))
	assert.NoDirExists(t, c.root.Local())
}

func TestDestroyKeepsThePassphraseThatASecureValueNeeds(t *testing.T) {
	for name, config := range map[string]string{
		"block": "config:\n  live-omega:token:\n    secure: v1:aaa\nencryptionsalt: v1:abc\n",
		"flow":  "config:\n  live-omega:token: {secure: v1:aaa}\nencryptionsalt: v1:abc\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := cloneWith(t, config)
			require.NoError(t, layout.WriteFile(c.root.Passphrase(), []byte("x"), 0o600))
			require.NoError(t, layout.WriteFile(c.root.State()+"/stack", []byte("x"), 0o600))
			require.NoError(t, c.removeState())
			assert.FileExists(t, c.root.Passphrase())
			assert.NoDirExists(t, c.root.State())
			content, err := os.ReadFile(c.root.Path("Pulumi.live.yaml"))
			require.NoError(t, err)
			assert.Equal(t, config, string(content))
		})
	}
}

func TestASaltWithoutItsPassphraseIsSaidBeforePulumiFails(t *testing.T) {
	c := cloneWith(t, "encryptionsalt: v1:abc\n")
	err := c.ensurePassphrase()
	require.ErrorContains(t, err, "Pulumi.live.yaml: has an encryptionsalt")
	assert.NoFileExists(t, c.root.Passphrase())
}

func TestThePassphraseIsMadeOnceAndPrivate(t *testing.T) {
	c := cloneWith(t, "config: {}\n")
	require.NoError(t, c.writeEnvironment())
	first, err := os.ReadFile(c.root.Passphrase())
	require.NoError(t, err)
	assert.Greater(t, len(first), 20)
	info, err := os.Stat(c.root.Passphrase())
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, c.writeEnvironment())
	second, err := os.ReadFile(c.root.Passphrase())
	require.NoError(t, err)
	assert.Equal(t, first, second)

	env, err := os.ReadFile(c.root.Env())
	require.NoError(t, err)
	assert.Contains(t, string(env), `export PULUMI_BACKEND_URL="file://`+filepath.Join(string(c.root), ".local", "state")+`"`)
	assert.NotContains(t, string(env), string(first[:10]), "the passphrase is named by its file only")
}

func TestStacksWithoutASaltGetThatOfTheFirst(t *testing.T) {
	c := cloneWith(t, "config: {a: b} # mine\n")
	require.NoError(t, os.WriteFile(c.root.Path("Pulumi.shared.yaml"), []byte("config: {}\nencryptionsalt: v1:one\n"), 0o644))
	require.NoError(t, os.WriteFile(c.root.Path("Pulumi.omega.yaml"), []byte("config: {}\nencryptionsalt: v1:own\n"), 0o644))
	require.NoError(t, c.shareSalt())
	content := map[string]string{}
	for _, name := range []string{"live", "omega"} {
		read, err := os.ReadFile(c.root.Path("Pulumi." + name + ".yaml"))
		require.NoError(t, err)
		content[name] = string(read)
	}
	assert.Equal(t, "config: {a: b} # mine\nencryptionsalt: v1:own\n", content["live"])
	assert.Equal(t, "config: {}\nencryptionsalt: v1:own\n", content["omega"], "a salt that is there stays")
}

func TestWithoutAnySaltNothingIsWritten(t *testing.T) {
	c := cloneWith(t, "config: {}\n")
	require.NoError(t, c.shareSalt())
	content, err := os.ReadFile(c.root.Path("Pulumi.live.yaml"))
	require.NoError(t, err)
	assert.Equal(t, "config: {}\n", string(content))
}
