package http

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	nethttp "net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// deadWhenReused answers the first request of a connection, and breaks off at the second, which it has read.
func deadWhenReused(t *testing.T, seen *atomic.Int64) string {
	return rawServer(t, func(c *net.TCPConn) {
		r := bufio.NewReader(c)
		for n := 0; ; n++ {
			req, err := nethttp.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			seen.Add(1)
			if n > 0 {
				drop(c)
				return
			}
			_, _ = io.WriteString(c, okReply)
		}
	})
}

// net/http alone sends a GET, and a POST with an idempotency key, again when a reused connection breaks off: the server
// sees two requests for one. Here it sees one for each attempt.
func TestEachAttemptIsSeenOnce(t *testing.T) {
	for _, c := range []struct {
		method, key string
		repeatable  bool
	}{
		{"GET", "", true}, {"OPTIONS", "", true}, {"PUT", "", true}, {"POST", "k", true}, {"POST", "", false}, {"PATCH", "", false},
	} {
		for _, most := range []int{1, 3} {
			var seen atomic.Int64
			o := to(c.method, "http://"+deadWhenReused(t, &seen)+"/")
			if c.key != "" {
				o.IdempotencyKey = flow.DynOf(c.key)
			}
			if c.method != "GET" {
				o.Body = flow.DynOf("text")
			}
			step := newCaller(t, &flow.Env{Policy: attempts{max: most}}, o)
			if _, err := step.Call(context.Background(), one); err != nil {
				t.Fatal(err)
			}
			out, err := step.Call(context.Background(), one)
			want := int64(2) // the first request, and the one that broke off
			if c.repeatable && most > 1 {
				want++
				if err != nil || body(out) != "ok" {
					t.Errorf("%s %s: %v", c.method, c.key, err)
				}
			} else if f := (*flow.Fault)(nil); !errors.As(err, &f) || !f.Transient || f.Final == c.repeatable {
				t.Errorf("%s %s: %#v", c.method, c.key, err)
			}
			if got := seen.Load(); got != want {
				t.Errorf("%s %s, %d attempts: the server saw %d requests, not %d", c.method, c.key, most, got, want)
			}
		}
	}
}

// The test above can fail: this is what it guards against.
func TestNetHTTPSendsAgainByItself(t *testing.T) {
	var seen atomic.Int64
	url := "http://" + deadWhenReused(t, &seen) + "/"
	client := &nethttp.Client{Transport: &nethttp.Transport{}}
	defer client.CloseIdleConnections()
	for range 2 {
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if got := seen.Load(); got != 3 {
		t.Fatalf("the server saw %d requests for two", got)
	}
}

// A connection that the server closed while it was idle was never written to: another takes its place, unseen. Where the
// close crosses a request on its way, nobody knows whether it was seen, and a POST fails.
func TestAnIdleConnectionThatWasClosedIsNotMissed(t *testing.T) {
	for _, method := range []string{"POST", "GET"} {
		closed := make(chan struct{}, 1)
		var seen atomic.Int64
		addr := rawServer(t, func(c *net.TCPConn) {
			if _, err := nethttp.ReadRequest(bufio.NewReader(c)); err != nil {
				return
			}
			seen.Add(1)
			_, _ = io.WriteString(c, okReply)
			_ = c.Close()
			closed <- struct{}{}
		})
		o := to(method, "http://"+addr+"/")
		o.JSON = flow.Literal{Expr: dotted("")}
		step := newCaller(t, &flow.Env{Policy: attempts{max: 5}}, o)
		answered := int64(0)
		for range 50 {
			_, err := step.Call(context.Background(), one)
			var f *flow.Fault
			switch {
			case err == nil:
				answered++
				<-closed
			case method == "GET" || !errors.As(err, &f) || !f.Final || !f.Transient:
				t.Fatal(err)
			}
		}
		if n := seen.Load(); n != answered || answered == 0 {
			t.Errorf("%s: %d requests were seen, and %d answered", method, n, answered)
		}
	}
}

// What is on the wire of a request without a body is what net/http itself writes.
func TestARequestWithoutABodyLooksAsUsual(t *testing.T) {
	heads := make(chan string, 1)
	addr := rawServer(t, func(c *net.TCPConn) {
		buf := make([]byte, 4096)
		n, _ := c.Read(buf)
		heads <- string(buf[:n])
		_, _ = io.WriteString(c, okReply)
	})
	step := newCaller(t, &flow.Env{}, to("GET", "http://"+addr+"/a?b=c"))
	if _, err := step.Call(context.Background(), one); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{"GET /a?b=c HTTP/1.1", "Host: " + addr, "User-Agent: flowrun", "Accept-Encoding: gzip, zstd", "", ""}, "\r\n")
	if got := <-heads; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
