package http

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	nethttp "net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/oauth2"

	"github.com/flowrun/flowrun/flow"
)

// exchange is a request of one item under way. Where its first attempt fails in a way that the step's policy tries again,
// the loop of go-retryablehttp goes on, driven by that policy, with the exchange for its transport. It has no
// CloseIdleConnections, by which a cancelled wait between two attempts would end everybody's connections.
type exchange struct {
	client  *client
	flight  flow.Flight
	request *request
	again   func(attempt int) (*request, error) // gives the request for another attempt; nil: the same
	attempt int
	looping bool
	sent    atomic.Bool // by some try of the attempt, as far as is known
	reply   *reply
	err     error
	delay   time.Duration
}

// blank stands for the request in the loop, which never looks into it.
var blank = nethttp.Request{Method: nethttp.MethodGet, URL: &url.URL{Scheme: "http", Host: "request"}, Header: nethttp.Header{}}

// send makes a request until it succeeds or the policy ends it.
func (c *client) send(ctx context.Context, it flow.Item, r *request) (*reply, error) {
	return new(exchange).send(ctx, c, it, r)
}

// send makes the exchange, of which all but what gives another attempt's request is zero.
func (e *exchange) send(ctx context.Context, c *client, it flow.Item, r *request) (*reply, error) {
	e.client, e.flight, e.request = c, c.policy.Begin(ctx, it), r
	if e.try(ctx); e.err != nil {
		return e.loop(ctx)
	}
	return e.reply, nil
}

// loop goes on after the first attempt has failed.
func (e *exchange) loop(ctx context.Context) (*reply, error) {
	loop := retryablehttp.Client{
		HTTPClient: &nethttp.Client{Transport: e, CheckRedirect: asItIs},
		RetryMax:   math.MaxInt, CheckRetry: e.decide, Backoff: e.backoff, ErrorHandler: failed,
	}
	if _, err := loop.Do(&retryablehttp.Request{Request: blank.WithContext(ctx)}); err != nil {
		return nil, err
	}
	return e.reply, nil
}

// asItIs leaves redirects to the attempt, which has followed them.
func asItIs(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }

// RoundTrip makes one attempt of the loop, the first of which was made before.
func (e *exchange) RoundTrip(req *nethttp.Request) (*nethttp.Response, error) {
	if e.looping {
		e.try(req.Context())
	}
	e.looping = true
	if e.err != nil {
		return nil, e.err
	}
	return &nethttp.Response{StatusCode: nethttp.StatusOK, Body: nethttp.NoBody, Request: req}, nil
}

// try makes one attempt.
func (e *exchange) try(ctx context.Context) {
	e.attempt++
	e.sent.Store(false)
	if e.attempt > 1 && e.again != nil {
		r, err := e.again(e.attempt)
		if err != nil {
			e.err = err
			return
		}
		e.request = r
	}
	r := e.request
	var out any
	out, e.err = e.flight.Attempt(ctx, func(ctx context.Context) (any, error) {
		reply, err := e.client.try(ctx, r, &e.sent)
		if err != nil {
			return nil, err
		}
		return reply, nil
	})
	if e.err == nil {
		e.reply = out.(*reply)
	}
}

// decide is the loop's CheckRetry.
func (e *exchange) decide(context.Context, *nethttp.Response, error) (again bool, err error) {
	if e.err == nil {
		return false, nil
	}
	if !e.request.repeatable {
		e.err = final(e.err, e.sent.Load())
	}
	e.delay, again = e.flight.Retry(e.err)
	if again {
		return true, nil
	}
	return false, e.err
}

// final marks the failure of a request that may have been carried out all the same, and only that.
func final(err error, sent bool) error {
	f := &flow.Fault{Err: err}
	if old := (*flow.Fault)(nil); errors.As(err, &old) {
		*f = *old
	}
	f.Final = sent && !undone(f.Status)
	return f
}

func (e *exchange) backoff(_, _ time.Duration, _ int, _ *nethttp.Response) time.Duration {
	return e.delay
}

// failed gives the failure as it is.
func failed(_ *nethttp.Response, err error, _ int) (*nethttp.Response, error) { return nil, err }

// ready gives the request for one try.
func (r *request) ready(ctx context.Context, token *oauth2.Token) *nethttp.Request {
	req := (&nethttp.Request{Method: r.method, URL: r.url, Host: r.host, Header: r.header}).WithContext(ctx)
	if r.hasBody {
		req.ContentLength = int64(len(r.body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.body)), nil }
		req.Body, _ = req.GetBody()
	}
	if token != nil {
		req.Header = r.header.Clone()
		token.SetAuthHeader(req)
	}
	return req
}

// single is the policy of a component that has none: one attempt.
type single struct{}

func (s single) Begin(context.Context, flow.Item) flow.Flight { return s }

func (single) Attempt(ctx context.Context, try func(context.Context) (any, error)) (any, error) {
	return try(ctx)
}

func (single) Retry(error) (time.Duration, bool) { return 0, false }
