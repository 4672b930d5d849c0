package netpol

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
)

// resultOf is a file as libcni writes it, less what nobody reads here.
func resultOf(namespace, name, uid, address string) string {
	return `{"kind":"cniCacheV1","containerId":"c0ffee","config":"e30=","ifName":"eth0","networkName":"pods",
"cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAMESPACE","` + namespace + `"],["K8S_POD_NAME","` + name + `"],["K8S_POD_INFRA_CONTAINER_ID","c0ffee"],["K8S_POD_UID","` + uid + `"]],
"capabilityArgs":{"portMappings":null},
"result":{"cniVersion":"0.4.0","dns":{},"interfaces":[{"name":"cni0"},{"name":"eth0","sandbox":"/run/netns/x"}],
"ips":[{"address":"` + address + `","gateway":"10.250.0.1","interface":1,"version":"4"}],"routes":[{"dst":"0.0.0.0/0"}]}}`
}

func writeResult(t testing.TB, dir, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
}

func TestPodsLinksAreReadFromTheRuntimesResults(t *testing.T) {
	dir := t.TempDir()
	writeResult(t, dir, "pods-c0ffee-eth0", resultOf("red", "web", "u1", "10.250.0.11/24"))
	writeResult(t, dir, "cni-loopback-c0ffee-lo", resultOf("red", "web", "u1", "127.0.0.1/8"))
	writeResult(t, dir, "pods-beef-eth0", resultOf("red", "db", "u2", "10.250.0.12/24")[:100])
	writeResult(t, dir, "pods-dead-eth0", `{"kind":"cniCacheV2"}`)
	got, err := readAttachments(dir, nodeRange)
	require.NoError(t, err)
	assert.Equal(t, []Attachment{{Pod: types.NamespacedName{Namespace: "red", Name: "web"}, UID: "u1", Address: netip.MustParseAddr("10.250.0.11")}}, got)
}

func TestALinkThatComesOrGoesIsNoticed(t *testing.T) {
	dir := t.TempDir()
	changed := make(chan struct{}, 100)
	require.NoError(t, watchAttachments(t.Context(), dir, func() { changed <- struct{}{} }))
	until := func(count int) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for {
			list, err := readAttachments(dir, nodeRange)
			require.NoError(t, err)
			if len(list) == count {
				return
			}
			select {
			case <-changed:
			case <-deadline:
				t.Fatalf("%d links after 10 s, want %d", len(list), count)
			}
		}
	}
	until(0)
	writeResult(t, dir, "pods-c0ffee-eth0", resultOf("red", "web", "u1", "10.250.0.11/24"))
	until(1)
	<-changed
	require.NoError(t, os.Remove(filepath.Join(dir, "pods-c0ffee-eth0")))
	until(0)
}
