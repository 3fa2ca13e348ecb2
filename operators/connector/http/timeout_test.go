package http

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	nethttp "net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// slowServer takes one connection of the network after the other, and leaves it to a function. Stop waits for them.
func slowServer(n *network, serve func(c net.Conn)) (stop func()) {
	l := n.listen("server.test:80")
	var group sync.WaitGroup
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer c.Close() //nolint:errcheck // the test is over
				serve(c)
			})
		}
	})
	return func() {
		_ = l.Close()
		group.Wait()
	}
}

func readRequest(c net.Conn) {
	if req, err := nethttp.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

func TestEachPartOfARequestHasItsTime(t *testing.T) {
	limits := flow.Timeouts{Connect: 3 * time.Second, Header: 10 * time.Second, Body: 30 * time.Second}
	after := func(d time.Duration) { time.Sleep(d) } // virtual
	for _, c := range []struct {
		name  string
		dial  time.Duration // how long a connection takes
		serve func(c net.Conn)
		kind  string
		sent  bool
		takes time.Duration
	}{
		{"no connection", time.Hour, nil, "timeout.connect", false, 3 * time.Second},
		{"no handshake", 0, gone, "timeout.connect", false, 3 * time.Second},
		{"a connection just in time", 3*time.Second - 1, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, okReply)
		}, "", true, 3*time.Second - 1},
		{"no header", 0, func(c net.Conn) { readRequest(c); gone(c) }, "timeout.header", true, 10 * time.Second},
		{"half a header", 0, func(c net.Conn) {
			readRequest(c)
			after(9 * time.Second)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le")
			gone(c)
		}, "timeout.header", true, 10 * time.Second},
		{"no body", 0, func(c net.Conn) {
			readRequest(c)
			after(9 * time.Second)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
			gone(c)
		}, "timeout.body", true, 39 * time.Second},
		{"a body that trickles", 0, func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			for {
				after(time.Second)
				if _, err := io.WriteString(c, "."); err != nil {
					return
				}
			}
		}, "timeout.body", true, 30 * time.Second},
		{"a body just in time", 0, func(c net.Conn) {
			readRequest(c)
			after(9 * time.Second)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
			after(30*time.Second - 1)
			_, _ = io.WriteString(c, "hello")
		}, "", true, 39*time.Second - 1},
		{"each hop has its own", 0, func(c net.Conn) {
			r := bufio.NewReader(c)
			for _, reply := range []string{"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", okReply} {
				if _, err := nethttp.ReadRequest(r); err != nil {
					return
				}
				after(8 * time.Second)
				_, _ = io.WriteString(c, reply)
			}
		}, "", true, 16 * time.Second},
	} {
		for _, method := range []string{"GET", "POST"} {
			t.Run(c.name+" "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork()
					stop := slowServer(n, c.serve)
					dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
						select {
						case <-time.After(c.dial):
							return n.dial(ctx, network, addr)
						case <-ctx.Done():
							return nil, ctx.Err()
						}
					}
					url := "http://server.test/"
					if c.name == "no handshake" {
						url = "https://server.test:80/"
					}
					step := newCaller(t, &flow.Env{Dial: dial, Timeouts: limits}, to(method, url))
					start := time.Now()
					_, err := step.Call(context.Background(), one)
					if took := time.Since(start); took != c.takes {
						t.Errorf("it took %v, not %v", took, c.takes)
					}
					step.Close()
					stop()
					if c.kind == "" {
						if err != nil {
							t.Error(err)
						}
						return
					}
					var f *flow.Fault
					if !errors.As(err, &f) || flow.ErrorType(err) != c.kind || !f.Transient || f.Final != (c.sent && method == "POST") {
						t.Errorf("%#v %v", f, err)
					}
				})
			})
		}
	}
}

// Whether a POST was sent decides whether it may be sent again, also where the attempt's own time is over.
func TestAnAttemptThatSentNothingMayBeRepeated(t *testing.T) {
	for _, c := range []struct {
		dial time.Duration
		want int64
	}{{time.Hour, 3}, {0, 1}} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork()
			stop := slowServer(n, func(c net.Conn) { readRequest(c); gone(c) })
			var dials atomic.Int64
			dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
				dials.Add(1)
				select {
				case <-time.After(c.dial):
					return n.dial(ctx, network, addr)
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			step := newCaller(t, &flow.Env{Dial: dial, Policy: attempts{max: 3, delay: time.Second, limit: 10 * time.Second}}, to("POST", "http://server.test/"))
			_, err := step.Call(context.Background(), one)
			step.Close()
			stop()
			var f *flow.Fault
			if !errors.As(err, &f) || f.Type != "timeout.attempt" || f.Final != (c.dial == 0) || dials.Load() != c.want {
				t.Errorf("dial of %v: %d dials: %#v", c.dial, dials.Load(), err)
			}
		})
	}
}

func TestAWaitBetweenAttemptsEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
			if r.URL.Path == "/busy" {
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(503)
			}
		})
		env := &flow.Env{Dial: n.dial, Policy: attempts{max: 5}}
		step := newCaller(t, env, stepOptions{target: target{Get: *text(func(s *flow.Scope) string { return "http://server.test/" + s.It.Text() })}})
		if _, err := step.Call(context.Background(), item("fine")); err != nil {
			t.Fatal(err)
		}
		dials := n.dials
		ctx, cancel := context.WithCancelCause(context.Background())
		stopped := errors.New("stopped")
		start := time.Now()
		time.AfterFunc(time.Minute, func() { cancel(stopped) })
		_, err := step.Call(ctx, item("busy"))
		if took := time.Since(start); took != time.Minute || err == nil {
			t.Fatalf("after %v: %v", took, err)
		}
		if _, err := step.Call(context.Background(), item("fine")); err != nil || n.dials != dials {
			t.Fatalf("%d dials after the wait was cancelled, %d before: %v", n.dials, dials, err)
		}
		step.Close()
	})
}
