// Package http makes requests: for each item, as a source, and as a sink.
package http

import (
	"context"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// All gives the components.
func All() []*flow.Component { return []*flow.Component{source(), step(), sink()} }

// traits are those of every component here: the loop of attempts is go-retryablehttp's, driven by the step's policy.
var traits = flow.Traits{One: true, Loops: true, Network: true, Attempt: 30 * time.Second}

type stepOptions struct {
	target
	requestOptions
	bodyOptions
}

func (o *stepOptions) Check(report func(option, message, help string)) {
	o.target.check(report)
	o.requestOptions.check(report)
}

// Repeatable reports whether a request may follow another that may have been carried out.
func (o *stepOptions) Repeatable() (ok bool, what, help string) {
	method, _ := o.method("GET")
	return o.repeatable(method), "a " + method, "add `idempotency_key`, or `idempotent: true` where doing it twice does no harm"
}

func step() *flow.Component {
	return &flow.Component{
		Name: "http", Group: "call", Traits: traits,
		Doc: "Makes a request for each item, and gives `{status, headers, body, request: {method, url}, item}`: the body decoded by its content type, " +
			"the names of headers in lower case, `item` what came in. A status of 400 or more is a failure (`http.status`). " +
			"A GET, HEAD, OPTIONS, PUT or DELETE is tried again as `retry` says, by default four times in all; any other method only where nothing was sent, " +
			"after a 429, or with `idempotency_key` or `idempotent: true`.",
		Gives: flow.Gives(func(o *stepOptions, t *flow.Typing) flow.Type { return replyType(o.As, t.It()) }),
		Maker: flow.Makes(func(o *stepOptions, env *flow.Env) (flow.Call, error) {
			method, url := o.method("GET")
			c, err := newClient(&o.requestOptions, method, url, env)
			if err != nil {
				return nil, err
			}
			return &caller{client: c, as: o.As}, nil
		}),
		Examples: []flow.Example{
			{
				Pipeline: "source: {range: {from: 1, to: 2}}\nsteps:\n  - http: \"http://example.test/users/${it}\"\n    concurrency: 5\n  - map: it.body.name\n",
				Output:   "\"Ada\"\n\"Bob\"\n",
			},
			{
				Doc:      "A request that may be made once only.",
				Pipeline: "source: {items: [{id: 7, name: Cid}]}\nsteps:\n  - http:\n      post: http://example.test/users\n      json: {name: it.name}\n      idempotency_key: \"user-${it.id}\"\n      expect: 201\n  - map: it.status\n",
				Output:   "201\n",
			},
		},
	}
}

// caller makes one request an item.
type caller struct {
	*client
	as string
}

func (c *caller) Call(ctx context.Context, it flow.Item) ([]flow.Item, error) {
	r, err := c.do(ctx, it)
	if err != nil {
		return nil, err
	}
	v, err := c.result(r, c.as, it.Value)
	if err != nil {
		return nil, err
	}
	r.item[0] = it.With(v)
	return r.item[:], nil
}
