package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
)

type tlsOptions struct {
	CA         string `flow:"ca" doc:"A file of the certificates (PEM) of authorities to trust, in place of the system's."`
	Cert       string `flow:"cert" doc:"A file with the certificate (PEM) by which flowrun names itself."`
	Key        string `flow:"key" doc:"A file with the certificate's key (PEM)."`
	ServerName string `flow:"server_name" doc:"The name that the server's certificate must have, where it is not the URL's."`
	Insecure   bool   `flow:"insecure" doc:"Takes any certificate: whoever sits between can read and change everything."`
}

// dialTimeout bounds a dial, and the handshake after it, that nobody waits for any more.
const dialTimeout = 30 * time.Second

// idleTimeout is how long a connection stays open that no request uses. What stands between may forget one after some
// minutes, and let a request on it go astray.
const idleTimeout = 90 * time.Second

// transport is the connections of one component, for one run. It sends a request once: what net/http would send again
// by itself when a reused connection turns out dead is a failed attempt here, so that attempts are what servers count.
type transport struct {
	base *nethttp.Transport
	h2   sync.Map // hosts that speak HTTP/2, by which nothing is sent twice that may have been seen
	dial flow.Dial

	ctx    context.Context // of dials: ends with the run
	cancel context.CancelFunc
	mu     sync.Mutex
	open   map[*conn]struct{}
}

// newTransport gives the connections that the options ask for. As many stay open, idle, as calls run at once: else each
// call would dial.
func newTransport(opt *requestOptions, method string, env *flow.Env) (*transport, error) {
	t := &transport{dial: env.Dial, open: map[*conn]struct{}{}}
	if t.dial == nil {
		t.dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	idle := 2 * env.Concurrency // hedging may double the calls
	if env.Concurrency == 0 {
		idle = 1000
	}
	config, err := tlsConfig(opt.TLS, env.Dir)
	if err != nil {
		return nil, err
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.base = &nethttp.Transport{
		Proxy:                  proxyOf(os.Environ()),
		DialContext:            t.connect,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    dialTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &nethttp.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConns:           max(idle, 8),
		MaxIdleConnsPerHost:    max(idle, 8),
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 1 << 20,
		DisableCompression:     true, // readBody undoes it, within max_bytes
	}
	if opt.bodiless(method) {
		t.base.WriteBufferSize = 2 << 10 // a header's
	}
	switch opt.Proxy {
	case "":
	case "none":
		t.base.Proxy = nil
	default:
		u, err := url.Parse(opt.Proxy)
		if err != nil {
			return nil, err
		}
		t.base.Proxy = nethttp.ProxyURL(u)
	}
	return t, nil
}

// proxyOf gives how the environment says to reach hosts; nil where it names no proxy, which need not be asked for each
// request then.
func proxyOf(environ []string) func(*nethttp.Request) (*url.URL, error) {
	for _, line := range environ {
		name, set, _ := strings.Cut(line, "=")
		if name = strings.ToUpper(name); set != "" && (name == "HTTP_PROXY" || name == "HTTPS_PROXY") {
			return nethttp.ProxyFromEnvironment
		}
	}
	return nil
}

func tlsConfig(o *tlsOptions, dir string) (*tls.Config, error) {
	if o == nil {
		return nil, nil
	}
	at := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(dir, name)
	}
	c := &tls.Config{ServerName: o.ServerName, InsecureSkipVerify: o.Insecure} //nolint:gosec // asked for
	if o.CA != "" {
		pem, err := os.ReadFile(at(o.CA))
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls: there is no certificate (PEM) in %s", o.CA)
		}
	}
	if o.Cert != "" {
		pair, err := tls.LoadX509KeyPair(at(o.Cert), at(o.Key))
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// connect dials until the run is over: net/http lets a dial go on when the request that asked for it has ended.
func (t *transport) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()
	inner, err := t.dial(ctx, network, addr)
	if err != nil {
		return nil, &dialError{err}
	}
	c := &conn{Conn: inner, of: t}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx.Err() != nil {
		_ = inner.Close() // the run is over
		return nil, &dialError{context.Canceled}
	}
	t.open[c] = struct{}{}
	return c, nil
}

// close ends every dial and every connection, so that nothing is left of the run.
func (t *transport) close() {
	t.cancel()
	t.base.CloseIdleConnections()
	t.mu.Lock()
	open := t.open
	t.open = nil
	t.mu.Unlock()
	for c := range open {
		_ = c.Conn.Close() // whatever it was still used for, nobody waits for it
	}
}

// RoundTrip sends a request once.
func (t *transport) RoundTrip(req *nethttp.Request) (*nethttp.Response, error) {
	own := *req
	resp, err := t.once(&own)
	if err == nil {
		resp.Request = req
	}
	return resp, err
}

// once sends a request, which it changes, once. net/http leaves a request alone whose body cannot be read again, and
// nothing takes the body's place where there is none.
func (t *transport) once(req *nethttp.Request) (*nethttp.Response, error) {
	if _, h2 := t.h2.Load(req.URL.Host); h2 || !replayed(req) {
		return t.base.RoundTrip(req)
	}
	if req.Body == nil || req.Body == nethttp.NoBody {
		req.Body, req.TransferEncoding = nothing{}, identity
	}
	req.GetBody = nil
	resp, err := t.base.RoundTrip(req)
	if err == nil && resp.ProtoMajor == 2 {
		t.h2.Store(req.URL.Host, true)
	}
	return resp, err
}

// nothing is a body of no bytes. With the encoding `identity`, it is nothing on the wire either.
type nothing struct{}

var identity = []string{"identity"}

func (nothing) Read([]byte) (int, error)         { return 0, io.EOF }
func (nothing) WriteTo(io.Writer) (int64, error) { return 0, nil }
func (nothing) Close() error                     { return nil }

// replayed reports whether net/http would send the request again after it may have been seen.
func replayed(req *nethttp.Request) bool {
	switch req.Method {
	case "GET", "HEAD", "OPTIONS", "TRACE":
		return true
	}
	return false
}

// dialError is a connection that was not made: nothing was sent.
type dialError struct{ error }

func (e *dialError) Unwrap() error { return e.error }

// conn counts what is written to a connection, by which a request is known that was never sent.
type conn struct {
	net.Conn
	of      *transport
	written atomic.Int64
}

func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// Write counts before it writes: a reply may be there before it returns.
func (c *conn) Write(p []byte) (int, error) {
	c.written.Add(int64(len(p)))
	return c.Conn.Write(p)
}

// writtenTo gives the count of the connection below, TLS or not; 0 where it is another one.
func writtenTo(c net.Conn) int64 {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	if c, ok := c.(*conn); ok {
		return c.written.Load()
	}
	return 0
}
