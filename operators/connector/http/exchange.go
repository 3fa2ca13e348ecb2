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

// exchange is a request of one item under way: the loop of go-retryablehttp, driven by the step's policy. As the loop's
// transport it makes an attempt. It has no CloseIdleConnections, by which a cancelled wait between two attempts would
// end everybody's connections.
type exchange struct {
	client  *client
	flight  flow.Flight
	request *request
	again   func(attempt int) (*request, error) // gives the request for another attempt; nil: the same
	attempt int
	sent    atomic.Bool // by some try of the attempt, as far as is known
	reply   *reply
	err     error
	delay   time.Duration

	loop  retryablehttp.Client
	inner nethttp.Client
	outer retryablehttp.Request
}

// blank stands for the request in the loop, which never looks into it.
var blank = nethttp.Request{Method: nethttp.MethodGet, URL: &url.URL{Scheme: "http", Host: "request"}, Header: nethttp.Header{}}

// send makes a request until it succeeds or the policy ends it.
func (c *client) send(ctx context.Context, it flow.Item, r *request, again func(attempt int) (*request, error)) (*reply, error) {
	e := &exchange{client: c, flight: c.policy.Begin(ctx, it), request: r, again: again}
	e.inner = nethttp.Client{Transport: e, CheckRedirect: asItIs}
	e.loop.HTTPClient, e.loop.RetryMax = &e.inner, math.MaxInt
	e.loop.CheckRetry, e.loop.Backoff, e.loop.ErrorHandler = e.decide, e.backoff, failed
	e.outer.Request = blank.WithContext(ctx)
	if _, err := e.loop.Do(&e.outer); err != nil {
		return nil, err
	}
	return e.reply, nil
}

// asItIs leaves redirects to the attempt, which has followed them.
func asItIs(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse }

// RoundTrip makes one attempt.
func (e *exchange) RoundTrip(req *nethttp.Request) (*nethttp.Response, error) {
	e.attempt++
	e.sent.Store(false)
	if e.attempt > 1 && e.again != nil {
		r, err := e.again(e.attempt)
		if err != nil {
			e.err = err
			return nil, err
		}
		e.request = r
	}
	r := e.request
	var out any
	out, e.err = e.flight.Attempt(req.Context(), func(ctx context.Context) (any, error) {
		reply, err := e.client.try(ctx, r, &e.sent)
		if err != nil {
			return nil, err
		}
		return reply, nil
	})
	if e.err != nil {
		return nil, e.err
	}
	e.reply = out.(*reply)
	return &nethttp.Response{StatusCode: nethttp.StatusOK, Body: nethttp.NoBody, Request: req}, nil
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
