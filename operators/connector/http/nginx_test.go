package http_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/flowrun/flowrun"
)

// nginxConfig limits the rate of one place, the connections of another, and compresses a third.
const nginxConfig = `
user root;
daemon off;
worker_processes 1;
pid "%[1]s/pid";
error_log "%[1]s/error.log";
events { worker_connections 256; }
http {
  access_log "%[1]s/access.log";
  client_body_temp_path "%[1]s/body"; proxy_temp_path "%[1]s/proxy"; fastcgi_temp_path "%[1]s/fastcgi";
  uwsgi_temp_path "%[1]s/uwsgi"; scgi_temp_path "%[1]s/scgi";
  limit_req_zone $host zone=rate:1m rate=5r/s;
  limit_conn_zone $host zone=conns:1m;
  server {
    listen %[2]s;
    default_type text/plain;
    location /rate/ { limit_req zone=rate burst=3 nodelay; limit_req_status 429; alias "%[1]s/files/"; }
    location /conns/ { limit_conn conns 3; limit_conn_status 503; limit_rate 200k; alias "%[1]s/files/"; }
    location /gzip/ { gzip on; gzip_types text/plain; alias "%[1]s/files/"; }
    location /moved/ { return 301 /rate/small; }
  }
}
`

// startNginx runs Debian's nginx on a free port. Where there is none, the tests that need it are no tests, unless
// FLOWRUN_NGINX says that there must be one.
func startNginx(t *testing.T) (addr, dir string) {
	binary, err := exec.LookPath("nginx")
	if err != nil {
		if binary = "/usr/sbin/nginx"; !exists(binary) {
			if os.Getenv("FLOWRUN_NGINX") != "" {
				t.Fatal("FLOWRUN_NGINX asks for nginx, and there is none")
			}
			t.Skip("nginx is not installed")
		}
	}
	dir = t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "files"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"small": 100, "large": 100_000} {
		if err := os.WriteFile(filepath.Join(dir, "files", name), bytes.Repeat([]byte("x"), size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // nginx has its own
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close() //nolint:errcheck // as above
	addr = l.Addr().String()
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir, addr), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-c", config, "-p", dir, "-e", filepath.Join(dir, "error.log"))
	cmd.ExtraFiles, cmd.Env = []*os.File{socket}, append(os.Environ(), "NGINX=3;") // it takes over the socket, so that nobody waits for it
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it ends its worker
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("nginx says: %s", log)
		}
	})
	return addr, dir
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// run runs a pipeline that fetches a place some times, and gives its output.
func run(t *testing.T, addr, place, keys string, times int) string {
	t.Helper()
	p, err := flowrun.Parse("nginx.yaml", fmt.Appendf(nil, `
source: {range: {from: 1, to: %d}}
steps:
  - http: {get: "http://%s%s"}
%s
  - map: len(it.body)
`, times, addr, place, keys), flowrun.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := p.Run(context.Background(), flowrun.Options{Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// statuses counts the replies that nginx wrote into its log. What it has answered before another request is in the log when
// it answers that.
func statuses(t *testing.T, addr, dir, place string) map[string]int {
	t.Helper()
	r, err := http.Get("http://" + addr + "/gzip/small")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close() // of no interest
	text, err := os.ReadFile(filepath.Join(dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, line := range strings.Split(string(text), "\n") {
		if parts := strings.Fields(line); len(parts) > 8 && strings.HasPrefix(parts[6], place) {
			out[parts[8]]++
		}
	}
	return out
}

func TestNginx(t *testing.T) {
	addr, dir := startNginx(t)
	retry := "    concurrency: 10\n    retry: {max_attempts: 50, initial: 20ms, max_delay: 200ms}"
	// Nginx refuses the fifth of five that come within a fifth of a second. These are to come in two seconds, which leaves
	// room for a machine that holds some of them up.
	t.Run("a rate that is kept is never exceeded", func(t *testing.T) {
		p, err := flowrun.Parse("nginx.yaml", fmt.Appendf(nil, `
limits: {rate: {rate: 2/s, burst: 1}}
source: {range: {from: 1, to: 5}}
steps:
  - http: {get: "http://%s/rate/small"}
    concurrency: 10
    limits: rate
    retry: none
  - count: {}
`, addr), flowrun.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := p.Run(context.Background(), flowrun.Options{Stdout: &out}); err != nil || out.String() != "5\n" {
			t.Error(out.String(), err)
		}
		if s := statuses(t, addr, dir, "/rate/"); s["200"] != 5 || s["429"] != 0 {
			t.Errorf("nginx counts %v", s)
		}
	})
	t.Run("a rate that is exceeded is waited for", func(t *testing.T) {
		if out := run(t, addr, "/rate/small", retry, 10); out != strings.Repeat("100\n", 10) {
			t.Error(out)
		}
		if s := statuses(t, addr, dir, "/rate/"); s["200"] != 15 || s["429"] == 0 {
			t.Errorf("nginx counts %v", s)
		}
	})
	t.Run("a bound on connections is kept by concurrency", func(t *testing.T) {
		if out := run(t, addr, "/conns/large", "    concurrency: 3\n    retry: none", 12); out != strings.Repeat("100000\n", 12) {
			t.Error(out)
		}
		if s := statuses(t, addr, dir, "/conns/"); s["200"] != 12 || s["503"] != 0 {
			t.Errorf("nginx counts %v", s)
		}
	})
	t.Run("a bound on connections that is exceeded is waited for", func(t *testing.T) {
		if out := run(t, addr, "/conns/large", retry, 12); out != strings.Repeat("100000\n", 12) {
			t.Error(out)
		}
		if s := statuses(t, addr, dir, "/conns/"); s["200"] != 24 || s["503"] == 0 {
			t.Errorf("nginx counts %v", s)
		}
	})
	t.Run("what is compressed and what has moved", func(t *testing.T) {
		if out := run(t, addr, "/gzip/large", "", 2); out != "100000\n100000\n" {
			t.Error(out)
		}
		if out := run(t, addr, "/moved/", retry, 2); out != "100\n100\n" {
			t.Error(out)
		}
	})
}
