package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"live-omega/local/layout"
)

func serve(t *testing.T, dir string) (host string, stop func()) {
	t.Helper()
	handler, err := New(dir, log.New(io.Discard, "", 0))
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), server.Close
}

func push(t *testing.T, ref string) v1.Image {
	t.Helper()
	img, err := random.Image(10_000, 3)
	require.NoError(t, err)
	require.NoError(t, remote.Write(reference(t, ref), img))
	return img
}

func reference(t *testing.T, ref string) name.Reference {
	t.Helper()
	r, err := name.ParseReference(ref, name.Insecure)
	require.NoError(t, err)
	return r
}

func requirePulls(t *testing.T, ref string, want v1.Image) {
	t.Helper()
	got, err := remote.Image(reference(t, ref))
	require.NoError(t, err)
	wantDigest, err := want.Digest()
	require.NoError(t, err)
	gotDigest, err := got.Digest()
	require.NoError(t, err)
	require.Equal(t, wantDigest, gotDigest)
	layers, err := got.Layers()
	require.NoError(t, err)
	for _, l := range layers {
		r, err := l.Compressed()
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, r) // remote layers verify their digests
		require.NoError(t, err)
		require.NoError(t, r.Close())
	}
}

func TestImagesOutliveTheRegistry(t *testing.T) {
	dir := t.TempDir()
	host, stop := serve(t, dir)
	img := push(t, host+"/apps/demo:v1")
	digest, err := img.Digest()
	require.NoError(t, err)
	index, err := random.Index(500, 1, 2)
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(reference(t, host+"/multi:v1"), index))
	stop()

	host, _ = serve(t, dir)
	requirePulls(t, host+"/apps/demo:v1", img)
	requirePulls(t, host+"/apps/demo@"+digest.String(), img)
	_, err = remote.Index(reference(t, host+"/multi:v1"))
	require.NoError(t, err, "an index is replayed after what it lists")
	tags, err := remote.List(reference(t, host+"/apps/demo:v1").Context())
	require.NoError(t, err)
	require.Equal(t, []string{"v1"}, tags)
}

func TestRemovedTagsStayRemoved(t *testing.T) {
	dir := t.TempDir()
	host, stop := serve(t, dir)
	push(t, host+"/demo:v1")
	require.NoError(t, remote.Delete(reference(t, host+"/demo:v1")))
	stop()
	host, _ = serve(t, dir)
	_, err := remote.Head(reference(t, host+"/demo:v1"))
	require.ErrorContains(t, err, "404")
}

func TestManyClientsPushAtOnce(t *testing.T) {
	dir := t.TempDir()
	host, stop := serve(t, dir)
	images := make([]v1.Image, 16)
	var group errgroup.Group
	for i := range images {
		img, err := random.Image(5_000, 2)
		require.NoError(t, err)
		images[i] = img
		ref := reference(t, fmt.Sprintf("%s/app%d:v1", host, i%4))
		if i >= 4 {
			ref = reference(t, fmt.Sprintf("%s/app%d:v%d", host, i%4, i))
		}
		group.Go(func() error { return remote.Write(ref, img) })
		// The same image twice at once: both must succeed.
		group.Go(func() error { return remote.Write(ref, img) })
	}
	require.NoError(t, group.Wait())
	stop()
	host, _ = serve(t, dir)
	for i, img := range images {
		digest, err := img.Digest()
		require.NoError(t, err)
		requirePulls(t, fmt.Sprintf("%s/app%d@%s", host, i%4, digest), img)
	}
}

func TestADamagedManifestDoesNotHideTheOthers(t *testing.T) {
	dir := t.TempDir()
	host, stop := serve(t, dir)
	good, bad := push(t, host+"/good:v1"), push(t, host+"/bad:v1")
	stop()
	digest, err := bad.Digest()
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "blobs", "sha256", digest.Hex)))

	var complaints bytes.Buffer
	handler, err := New(dir, log.New(&complaints, "", 0))
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	host = strings.TrimPrefix(server.URL, "http://")
	requirePulls(t, host+"/good:v1", good)
	require.Contains(t, complaints.String(), "manifest v1 of bad")
}

func TestBlobsAreRefusedUnderAWrongDigestAndLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	host, _ := serve(t, dir)
	wrong := "sha256:" + strings.Repeat("0", 64)
	resp, err := http.Post("http://"+host+"/v2/demo/blobs/uploads/?digest="+wrong, "application/octet-stream", strings.NewReader("abc"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	for _, sub := range []string{"uploads", "blobs/sha256"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		require.NoError(t, err)
		require.Empty(t, entries, sub)
	}
}

func TestUploadsInChunksMustFollowEachOther(t *testing.T) {
	host, _ := serve(t, t.TempDir())
	send := func(method, url, contentRange, body string) *http.Response {
		req, err := http.NewRequest(method, url, strings.NewReader(body))
		require.NoError(t, err)
		if contentRange != "" {
			req.Header.Set("Content-Range", contentRange)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp
	}
	begun := send(http.MethodPost, "http://"+host+"/v2/demo/blobs/uploads", "", "")
	require.Equal(t, http.StatusAccepted, begun.StatusCode)
	upload := "http://" + host + begun.Header.Get("Location")
	require.Equal(t, http.StatusAccepted, send(http.MethodPatch, upload, "0-2", "abc").StatusCode)
	require.Equal(t, http.StatusRequestedRangeNotSatisfiable, send(http.MethodPatch, upload, "9-10", "zz").StatusCode)
	require.Equal(t, http.StatusAccepted, send(http.MethodPatch, upload, "3-5", "def").StatusCode)
	h, _, err := v1.SHA256(strings.NewReader("abcdef"))
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, send(http.MethodPut, upload+"?digest="+h.String(), "", "").StatusCode)

	req, err := http.NewRequest(http.MethodGet, "http://"+host+"/v2/demo/blobs/"+h.String(), nil)
	require.NoError(t, err)
	req.Header.Set("Range", "bytes=4-")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "ef", string(rest), "a pull that was cut off goes on")
}

func TestNamesCannotLeaveTheFolder(t *testing.T) {
	dir := t.TempDir()
	handler, err := New(filepath.Join(dir, "registry"), log.New(io.Discard, "", 0))
	require.NoError(t, err)
	for _, path := range []string{"/v2/../../x/manifests/v1", "/v2/a//b/manifests/v1", "/v2/a/manifests/..", "/v2/./manifests/v1"} {
		req := httptest.NewRequest(http.MethodPut, "/v2/", strings.NewReader("{}"))
		req.URL.Path = path
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, req)
		require.Equal(t, http.StatusBadRequest, answer.Code, path)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestLargeLayersDoNotPassThroughMemory(t *testing.T) {
	const size = 256 << 20
	host, _ := serve(t, t.TempDir())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	h, _, err := v1.SHA256(io.LimitReader(zeros{}, size))
	require.NoError(t, err)
	req, err := http.NewRequest(http.MethodPost, "http://"+host+"/v2/demo/blobs/uploads/?digest="+h.String(), io.LimitReader(zeros{}, size))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), "bytes allocated while %d bytes were pushed", size)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestMain lets this test binary be the detached process of the test below.
func TestMain(m *testing.M) {
	if root := os.Getenv("REGISTRY_TEST_ROOT"); root != "" {
		if err := Serve(context.Background(), layout.Root(root), os.Getenv("REGISTRY_TEST_ADDRESS")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestTheDaemonStartsOnceAnswersAndStops(t *testing.T) {
	root := layout.Root(t.TempDir())
	address := freeAddress(t)
	t.Setenv("REGISTRY_TEST_ROOT", string(root))
	t.Setenv("REGISTRY_TEST_ADDRESS", address)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	t.Cleanup(func() { require.NoError(t, Stop(context.Background(), root)) })

	require.Equal(t, State{Address: address, Log: root.Logs("registry.log")}, Status(ctx, root, address))
	require.NoError(t, Start(ctx, root, address, os.Args[0]))
	first := Status(ctx, root, address)
	require.True(t, first.Healthy)
	require.NotZero(t, first.Pid)
	require.NoError(t, Start(ctx, root, address, os.Args[0]))
	require.Equal(t, first.Pid, Status(ctx, root, address).Pid, "a second start leaves the first process alone")

	require.False(t, Status(ctx, layout.Root(t.TempDir()), address).Healthy, "another clone's registry is not this one's")
	require.NoError(t, Stop(ctx, root))
	require.Zero(t, Status(ctx, root, address).Pid)
	require.NoError(t, Stop(ctx, root))
}

func TestADaemonThatCannotListenSaysWhy(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	root := layout.Root(t.TempDir())
	address := taken.Addr().String()
	t.Setenv("REGISTRY_TEST_ROOT", string(root))
	t.Setenv("REGISTRY_TEST_ADDRESS", address)
	// What listens there answers nothing, so that asking it takes its time.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = Start(ctx, root, address, os.Args[0])
	require.ErrorContains(t, err, "address already in use")
	require.Zero(t, Status(ctx, root, address).Pid)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
