package http

import (
	"context"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// A connection is used again for as long as there are requests, and closed when there was none for a while.
func TestIdleConnectionsAreClosedInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, quick)
		step := newCaller(t, &flow.Env{Dial: n.dial}, to("GET", "http://server.test/"))
		call := func() {
			t.Helper()
			if _, err := step.Call(context.Background(), one); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 {
			call()
			time.Sleep(idleTimeout - time.Second)
		}
		if n.dials != 1 {
			t.Errorf("%d connections for requests one after another", n.dials)
		}
		for range 3 {
			call()
			time.Sleep(idleTimeout + time.Second)
			synctest.Wait()
			step.transport.mu.Lock()
			open := len(step.transport.open)
			step.transport.mu.Unlock()
			if open != 0 {
				t.Errorf("%d connections are open, long after the last request", open)
			}
		}
		if n.dials != 3 {
			t.Errorf("%d connections, want 3", n.dials)
		}
	})
}

// A connection for requests without a body has room for their headers only, and they may be larger.
func TestAHeaderMayBeLargerThanTheBufferForIt(t *testing.T) {
	got := ""
	srv := httptest.NewServer(nethttp.HandlerFunc(func(_ nethttp.ResponseWriter, r *nethttp.Request) { got = r.Header.Get("X-Long") }))
	defer srv.Close()
	o := to("GET", srv.URL)
	want := strings.Repeat("long ", 2000) + "."
	o.Headers = map[string]flow.Text{"X-Long": flow.DynOf(want)}
	step := newCaller(t, &flow.Env{}, o)
	if _, err := step.Call(context.Background(), one); err != nil || got != want || step.transport.base.WriteBufferSize == 0 {
		t.Errorf("a header of %d bytes, want %d: %v", len(got), len(want), err)
	}
	o.Body = flow.DynOf("text")
	if step = newCaller(t, &flow.Env{}, o); step.transport.base.WriteBufferSize != 0 {
		t.Error("a body has no room")
	}
}

func TestOnlyAProxyThatIsSetIsAskedFor(t *testing.T) {
	for line, want := range map[string]bool{
		"HTTP_PROXY=http://127.0.0.1:1": true, "https_proxy=127.0.0.1:1": true, "HTTP_PROXY=": false, "NO_PROXY=a.test": false, "PATH=/HTTP_PROXY": false,
	} {
		if got := proxyOf([]string{"HOME=/", line}) != nil; got != want {
			t.Errorf("%s: asked for: %t", line, got)
		}
	}
}
