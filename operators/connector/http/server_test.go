package http

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	nethttp "net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// TestMain leaves out a proxy that the environment may name: the servers of these tests are their own.
func TestMain(m *testing.M) {
	if err := os.Setenv("NO_PROXY", "*"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// network connects clients and servers in memory, so that tests may run in a bubble.
type network struct {
	mu    sync.Mutex
	hosts map[string]chan net.Conn
	dials int
}

func newNetwork() *network { return &network{hosts: map[string]chan net.Conn{}} }

// host gives the connections to an address.
func (n *network) host(addr string) chan net.Conn {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.hosts[addr]
	if c == nil {
		c = make(chan net.Conn)
		n.hosts[addr] = c
	}
	return c
}

func (n *network) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	n.dials++
	n.mu.Unlock()
	near, far := net.Pipe()
	select {
	case n.host(addr) <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listener is where a server of the network takes its connections.
type listener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (n *network) listen(addr string) *listener {
	return &listener{conns: n.host(addr), closed: make(chan struct{})}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return &net.IPAddr{} }

// serve runs a server at http://server.test.
func (n *network) serve(t *testing.T, h nethttp.HandlerFunc) {
	srv := &nethttp.Server{Handler: h}
	l := n.listen("server.test:80")
	go srv.Serve(l) //nolint:errcheck // ends with Close
	t.Cleanup(func() { _ = srv.Close() })
}

// attempts is a policy of so many attempts, with the delay that the other side asks for or else a fixed one.
type attempts struct {
	max   int
	delay time.Duration
	limit time.Duration // of one attempt; 0 is none
}

type tries struct {
	attempts
	made int
}

func (a attempts) Begin(context.Context, flow.Item) flow.Flight { return &tries{attempts: a} }

func (a *tries) Attempt(ctx context.Context, try func(context.Context) (any, error)) (any, error) {
	a.made++
	if a.limit == 0 {
		return try(ctx)
	}
	late := &flow.Fault{Type: "timeout.attempt", Transient: true, Err: context.DeadlineExceeded}
	ctx, cancel := context.WithTimeoutCause(ctx, a.limit, late)
	defer cancel()
	return try(ctx)
}

func (a *tries) Retry(err error) (time.Duration, bool) {
	f, ok := err.(*flow.Fault)
	if !ok || !f.Transient || f.Final || a.made >= a.max {
		return 0, false
	}
	return max(a.delay, f.After), true
}

// newCaller gives a step that makes requests of a method to a URL.
func newCaller(t *testing.T, env *flow.Env, o stepOptions) *caller {
	t.Helper()
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 20
	}
	if o.Redirects == 0 {
		o.Redirects = 10
	}
	method, url := o.method("GET")
	c, err := newClient(&o.requestOptions, method, url, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &caller{client: c, as: o.As}
}

// to gives options of a request.
func to(method, url string) stepOptions {
	return stepOptions{target: target{Method: method, URL: flow.DynOf(url)}}
}

var one = flow.Item{Value: value.OfInt(1)}

func body(out []flow.Item) string {
	v, _ := out[0].Value.Field("body")
	return v.Text()
}

// rawServer takes TCP connections on loopback, and leaves them to a function each.
func rawServer(t *testing.T, serve func(c *net.TCPConn)) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	done := make(chan struct{})
	t.Cleanup(func() {
		close(done)
		_ = l.Close()
		group.Wait()
	})
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer c.Close() //nolint:errcheck // the test is over
				go func() { <-done; _ = c.Close() }()
				serve(c.(*net.TCPConn))
			})
		}
	})
	return l.Addr().String()
}

// drop ends a connection by a reset.
func drop(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

const okReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"

// gone waits until the other side has closed the connection.
func gone(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
