package http_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/flowrun/flowrun"
)

// TestThroughABadNetwork puts toxiproxy between flowrun and a server that does no wrong itself.
func TestThroughABadNetwork(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 2048)
	var seen atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(srv.Close)
	const items, attempts = 4, 2
	for _, c := range []struct {
		toxic string
		limit string // of the part that the network holds up, where that is to fail; all else has an hour
		kind  string // of every item's failure, "" for none
	}{
		{`{"type": "latency", "attributes": {"latency": 20, "jitter": 10}}`, "", ""},
		{`{"type": "slicer", "attributes": {"average_size": 1000, "size_variation": 500, "delay": 10}}`, "", ""},
		{`{"type": "reset_peer", "attributes": {"timeout": 0}}`, "", "http.connection"},
		{`{"type": "limit_data", "attributes": {"bytes": 60}}`, "", "http.connection"},             // within the header
		{`{"type": "limit_data", "attributes": {"bytes": 20000}}`, "", "http.connection"},          // within the body
		{`{"type": "timeout", "attributes": {"timeout": 0}}`, ", header: 500ms", "timeout.header"}, // nothing comes back
		{`{"type": "bandwidth", "attributes": {"rate": 1}}`, ", body: 500ms", "timeout.body"},      // 1 kB a second
		{`{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`, ", header: 500ms", "timeout.header"},
		{"down", "", "http.connect"},
	} {
		t.Run(c.toxic, func(t *testing.T) {
			t.Parallel()
			addr := "127.0.0.1:1" // where nobody listens, and no system puts a server that asks for any port
			if c.toxic != "down" {
				proxy := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "proxy", "127.0.0.1:0", srv.Listener.Addr().String())
				if err := proxy.Start(); err != nil {
					t.Fatal(err)
				}
				defer proxy.Stop()
				if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(c.toxic)); err != nil {
					t.Fatal(err)
				}
				addr = proxy.Listen
			}
			for _, method := range []string{"get", "put"} {
				dir := t.TempDir()
				p, err := flowrun.Parse(filepath.Join(dir, "x.yaml"), fmt.Appendf(nil, `
source: {range: {from: 1, to: %d}}
steps:
  - http: {%s: "http://%s/"}
    concurrency: 4
    timeout: {attempt: 1h%s}
    retry: {max_attempts: %d, initial: 1ms}
    on_error: {to: failed}
  - map: it.body
sinks:
  failed: {file: failed.jsonl}
`, items, method, addr, c.limit, attempts), flowrun.Options{})
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if _, err := p.Run(context.Background(), flowrun.Options{Stdout: &out}); err != nil {
					t.Fatal(err)
				}
				if c.kind == "" {
					if want := strings.Repeat(`"`+text+"\"\n", items); out.String() != want {
						t.Errorf("%s: %d bytes came out, not %d", method, out.Len(), len(want))
					}
					continue
				}
				failed := failures(t, filepath.Join(dir, "failed.jsonl"))
				for i := 1; i <= items; i++ {
					if failed[i] != c.kind {
						t.Errorf("%s: item %d failed with %q, not %s", method, i, failed[i], c.kind)
					}
				}
			}
		})
	}
	t.Cleanup(func() {
		if n := seen.Load(); n > 9*2*items*attempts {
			t.Errorf("the server saw %d requests", n)
		}
	})
}
