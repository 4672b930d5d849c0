package kubernetes

import (
	"bufio"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

func TestThePluginServesUntilItsEngineIsGone(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	engine := grpc.NewServer()
	go func() { _ = engine.Serve(listener) }()
	defer engine.Stop()

	stdout, reader := os.Stdout, (*os.File)(nil)
	reader, os.Stdout, err = os.Pipe()
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- Serve([]string{listener.Addr().String()}) }()
	port, err := bufio.NewReader(reader).ReadString('\n')
	os.Stdout = stdout
	require.NoError(t, err)

	conn, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()
	client := pulumirpc.NewResourceProviderClient(conn)
	info, err := client.GetPluginInfo(t.Context(), &emptypb.Empty{})
	require.NoError(t, err)
	assert.Equal(t, Version, info.GetVersion())
	shaken, err := client.Handshake(t.Context(), &pulumirpc.ProviderHandshakeRequest{EngineAddress: listener.Addr().String()})
	require.NoError(t, err)
	assert.True(t, shaken.GetAcceptSecrets())
	schema, err := client.GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
	require.NoError(t, err)
	assert.Contains(t, schema.GetSchema(), `"name":"kubernetes"`)
	_, err = client.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "kubernetes:helm:template"})
	assert.ErrorContains(t, err, "official pulumi-kubernetes plugin only")

	engine.Stop()
	select {
	case err := <-ended:
		assert.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("the plugin still runs a minute after its engine has gone")
	}
}
