//go:build integration

package gateway

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is a Traefik that runs outside of a pod as it would run in one.
type process struct {
	// address of the entry point for users' requests.
	address string

	binary, folder string
	flags          []string
	log            log
	command        *exec.Cmd
}

// log keeps what a process writes.
type log struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *log) Write(text []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(text)
}

func (l *log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// newProcess prepares Traefik with the flags and files that the Deployment among the objects gives it.
// Only its ports are others: Gateway and flags are changed to them.
func newProcess(t testing.TB, c *cluster, objects []object) *process {
	t.Helper()
	binary, err := filepath.Abs(filepath.Join("..", "..", ".local", "bin", "traefik"))
	require.NoError(t, err)
	require.FileExists(t, binary, "run `make tools`, which builds it")
	p := &process{binary: binary, folder: t.TempDir()}
	web := freePort(t)
	p.address = net.JoinHostPort("127.0.0.1", strconv.Itoa(web))
	configMaps := map[string]object{}
	for _, o := range objects {
		switch o["kind"] {
		case "ConfigMap":
			configMaps[o["metadata"].(object)["name"].(string)] = o["data"].(object)
		case "Gateway":
			o["spec"].(object)["listeners"].([]any)[0].(object)["port"] = float64(web)
		case "Deployment":
			pod := o["spec"].(object)["template"].(object)["spec"].(object)
			p.takeFlags(t, pod["containers"].([]any)[0].(object))
			p.writeFiles(t, pod, configMaps)
		}
	}
	return p
}

var entryPoint = regexp.MustCompile(`^--entrypoints\.(\w+)\.address=:\d+$`)

func (p *process) takeFlags(t testing.TB, container object) {
	t.Helper()
	for _, flag := range container["args"].([]any) {
		flag := flag.(string)
		if match := entryPoint.FindStringSubmatch(flag); match != nil {
			address := p.address
			if match[1] != "web" {
				address = net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(t)))
			}
			flag = "--entrypoints." + match[1] + ".address=" + address
		}
		p.flags = append(p.flags, flag)
	}
}

// writeFiles lays the ConfigMaps of a pod down as a kubelet does: the files are links into a folder
// that can be exchanged at once.
func (p *process) writeFiles(t testing.TB, pod object, configMaps map[string]object) {
	t.Helper()
	container := pod["containers"].([]any)[0].(object)
	for _, volume := range pod["volumes"].([]any) {
		volume := volume.(object)
		for _, mount := range container["volumeMounts"].([]any) {
			if mount := mount.(object); mount["name"] == volume["name"] {
				folder := filepath.Join(p.folder, mount["mountPath"].(string))
				require.NoError(t, os.MkdirAll(filepath.Join(folder, "..2026"), 0o755))
				require.NoError(t, os.Symlink("..2026", filepath.Join(folder, "..data")))
				data := configMaps[volume["configMap"].(object)["name"].(string)]
				require.NotEmpty(t, data)
				for name, content := range data {
					require.NoError(t, os.WriteFile(filepath.Join(folder, "..data", name), []byte(content.(string)), 0o444))
					require.NoError(t, os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)))
				}
			}
		}
	}
}

// start runs Traefik until the end of the test.
func (p *process) start(t testing.TB, kubeconfig string) {
	t.Helper()
	p.command = exec.Command(p.binary, p.flags...)
	// The container's working folder is the root of its files.
	p.command.Dir = p.folder
	p.command.Env = []string{"KUBECONFIG=" + kubeconfig}
	p.command.Stdout, p.command.Stderr = &p.log, &p.log
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.command.Start())
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
		if t.Failed() {
			t.Logf("Traefik's log:\n%s", p.log.String())
		}
	})
}

// errors are the lines of the log that tell of mistakes.
func (p *process) errors() []string {
	var lines []string
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, `"level":"error"`) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// cpu is what the process has used.
func (p *process) cpu(t testing.TB) time.Duration {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.command.Process.Pid), "stat"))
	require.NoError(t, err)
	// The name in parentheses may hold anything; user and system time are 12 and 13 after it.
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	var ticks time.Duration
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks += time.Duration(n)
	}
	const perSecond = 100 // USER_HZ, which Linux fixes for programs
	return ticks * time.Second / perSecond
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
