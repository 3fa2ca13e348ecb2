package http

import (
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// client makes requests by a policy.
type client struct {
	builder   *builder
	policy    flow.Policy
	timeouts  flow.Timeouts
	transport *transport
	redirects func(*nethttp.Request, []*nethttp.Request) error
	tokens    *tokens // nil without OAuth 2
	expect    []statuses
	maxBytes  int64
	zstd      decoders
	kinds     atomic.Pointer[contentKind] // of the content type seen last
	headers   atomic.Pointer[headerShape] // of the headers seen last
	json      sync.Pool                   // of *value.Decoder, which know the keys seen before
}

func newClient(opt *requestOptions, method string, target *flow.Text, env *flow.Env) (*client, error) {
	c := &client{policy: env.Policy, timeouts: env.Timeouts, maxBytes: int64(opt.MaxBytes)}
	if c.policy == nil {
		c.policy = single{}
	}
	var err error
	if c.builder, err = newBuilder(opt, method, target); err != nil {
		return nil, err
	}
	if c.transport, err = newTransport(opt, method, env); err != nil {
		return nil, err
	}
	c.redirects = bounded(opt.Redirects)
	if opt.Auth != nil && opt.Auth.OAuth2 != nil {
		c.tokens = newTokens(opt.Auth.OAuth2, &nethttp.Client{Transport: c.transport, CheckRedirect: c.redirects})
	}
	for _, text := range opt.Expect {
		s, err := parseStatuses(text)
		if err != nil {
			return nil, err
		}
		c.expect = append(c.expect, s)
	}
	return c, nil
}

// bounded follows so many redirects at most, and none that leads out of HTTP.
func bounded(most int) func(*nethttp.Request, []*nethttp.Request) error {
	return func(next *nethttp.Request, via []*nethttp.Request) error {
		switch {
		case most == 0:
			return nethttp.ErrUseLastResponse
		case len(via) > most:
			return &permanentError{"http.redirects", fmt.Errorf("there are more than %d redirects, the last of them to %s", most, next.URL.Redacted())}
		case next.URL.Scheme != "http" && next.URL.Scheme != "https":
			return &permanentError{"http.redirects", fmt.Errorf("it leads to %s, which is no URL of http or https", next.URL.Redacted())}
		}
		return nil
	}
}

// Close ends the connections.
func (c *client) Close() { c.transport.close() }

// IdleConnections is how many connections to one host stay open while they are not used.
func (c *client) IdleConnections() int { return c.transport.base.MaxIdleConnsPerHost }

// expected reports whether a status is no failure.
func (c *client) expected(status int) bool {
	if c.expect == nil {
		return status < 400
	}
	for _, s := range c.expect {
		if s.from <= status && status <= s.to {
			return true
		}
	}
	return false
}

// reply is what came of a request that was answered as expected.
type reply struct {
	request *request
	status  int
	header  nethttp.Header
	body    []byte
	url     *url.URL     // where the last redirect led
	value   value.Value  // what a source's expressions see of it, once one has asked
	item    [1]flow.Item // of a step, what it gives
}

// do makes the item's request, as often as the policy says.
func (c *client) do(ctx context.Context, it flow.Item) (*reply, error) {
	all := &struct { // in one piece of memory
		exchange exchange
		first    request
		scope    flow.Scope
	}{scope: flow.Scope{It: it.Value}}
	e, first, scope := &all.exchange, &all.first, &all.scope
	if it.Meta == nil {
		if err := c.builder.build(first, scope, ""); err != nil {
			return nil, err
		}
		return e.send(ctx, c, it, first)
	}
	meta := *it.Meta
	meta.Attempt, scope.Meta = 1, &meta
	if err := c.builder.build(first, scope, ""); err != nil {
		return nil, err
	}
	e.again = func(attempt int) (*request, error) {
		meta.Attempt = attempt
		r := &request{}
		return r, c.builder.build(r, scope, first.key)
	}
	return e.send(ctx, c, it, first)
}

// redirects reports whether a reply is a redirect.
func redirects(resp *nethttp.Response) bool {
	return resp.StatusCode/100 == 3 && resp.Header.Get("Location") != ""
}

// follow goes on from a redirect. The rules are those of net/http's client, for which the first reply is there already.
func (c *client) follow(first *nethttp.Response, req *nethttp.Request) (*nethttp.Response, error) {
	client := nethttp.Client{CheckRedirect: c.redirects, Transport: &onwards{first, c.transport}}
	resp, err := client.Do(req)
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err // the fault names the request
	}
	return resp, err
}

// onwards is a transport whose first reply is there already.
type onwards struct {
	first *nethttp.Response
	rest  *transport
}

func (o *onwards) RoundTrip(req *nethttp.Request) (*nethttp.Response, error) {
	if resp := o.first; resp != nil {
		o.first = nil
		resp.Request = req
		return resp, nil
	}
	return o.rest.RoundTrip(req)
}

// try sends a request once, redirects included, and reads the reply.
func (c *client) try(ctx context.Context, r *request, sent *atomic.Bool) (*reply, error) {
	token, cached, err := c.tokens.get(ctx)
	if err != nil {
		return nil, fault(ctx, r, err, false)
	}
	var w *watch
	if c.timeouts.Connect > 0 || c.timeouts.Header > 0 || c.timeouts.Body > 0 || !r.repeatable {
		w = &watch{limits: c.timeouts}
		ctx = w.follow(ctx)
		defer w.end()
	}
	resp, err := c.transport.once(r.ready(ctx, token))
	if err == nil && redirects(resp) {
		resp, err = c.follow(resp, r.ready(ctx, token))
	}
	if err == nil {
		if w != nil {
			w.enter(reading, c.timeouts.Body)
		}
		var out *reply
		if out, err = c.read(r, resp); err == nil {
			return out, nil
		}
		if status := (*statusError)(nil); cached && resp.StatusCode == nethttp.StatusUnauthorized && errors.As(err, &status) {
			c.tokens.drop(token)
			status.stale = true
		}
	}
	maybe := w == nil || w.sent()
	if maybe {
		sent.Store(true)
	}
	return nil, fault(ctx, r, err, maybe)
}
