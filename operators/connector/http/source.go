package http

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"net/url"
	"path"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/operators/codec"
)

type sourceOptions struct {
	target
	requestOptions
	codec.ReadOptions
	bodyOptions
	Items    flow.Expr     `flow:"items" doc:"The items of a reply (it: {status, headers, body, request}): a list gives its elements, null none. Unless given, the body is read as a file of its format, which its content type or the URL's name tells."`
	Paginate *paginate     `flow:"paginate" doc:"How the next page is found. Unless given, there is one."`
	Every    time.Duration `flow:"every" doc:"Asks again and again, this long from one beginning to the next, until the run is stopped. Where a reply has an ETag or a date, the next request asks only for what is new."`
}

func (o *sourceOptions) Endless() bool { return o.Every > 0 }

func (o *sourceOptions) Period() time.Duration { return o.Every }

func (o *sourceOptions) Check(report func(option, message, help string)) {
	o.target.check(report)
	o.requestOptions.check(report)
	o.CheckRead(report)
	if o.Every < 0 {
		report("every", fmt.Sprintf("nothing happens every %v", o.Every), "write a duration such as 10s")
	}
	if o.As != "" && o.Items == nil {
		report("as", "`as` is how `items` sees the body, and there is no `items`", "write `format`, or add `items: it.body`")
	}
	if o.Items != nil && o.Format != "" {
		report("format", "`items` picks the items, and `format` reads them from the body", "keep one of them")
	}
}

// Repeatable reports whether a request may follow another that may have been carried out.
func (o *sourceOptions) Repeatable() (ok bool, what, help string) {
	method, _ := o.method("GET")
	return o.repeatable(method), "a " + method, "add `idempotent: true` where doing it twice does no harm"
}

func source() *flow.Component {
	return &flow.Component{
		Name: "http", Group: "source", Traits: traits,
		Doc: "Makes a request and gives the items of the reply: once, page by page (`paginate`), or again and again (`every`). " +
			"A page is asked for when the items of the one before have been taken.",
		Sees: flow.Sees(func(o *sourceOptions, _ *flow.Typing) map[string]flow.Type {
			return map[string]flow.Type{"it": replyType(o.As, flow.Only(value.Null))}
		}),
		Gives: flow.Gives(func(o *sourceOptions, t *flow.Typing) flow.Type {
			if o.Items == nil {
				return codec.Gives(o.Format)
			}
			items := t.TypeOf(o.Items)
			switch {
			case items.Must(value.List, value.Null):
				return items.Elem()
			case items.May(value.List):
				return items.Without(value.List).Or(items.Elem())
			}
			return items
		}),
		Maker: flow.Makes(func(o *sourceOptions, env *flow.Env) (flow.Source, error) {
			method, url := o.method("GET")
			c, err := newClient(&o.requestOptions, method, url, env)
			if err != nil {
				return nil, err
			}
			return &reader{client: c, opt: o, env: env}, nil
		}),
		Examples: []flow.Example{
			{Pipeline: "source: {http: \"http://example.test/users.csv\"}\nsteps:\n  - map: it.name\n", Output: "\"Ada\"\n\"Bob\"\n"},
			{
				Doc:      "All pages of a list.",
				Pipeline: "source:\n  http:\n    get: http://example.test/pages\n    items: it.body.items\n    paginate: {cursor: it.body.next, param: after}\n",
				Output:   "1\n2\n3\n4\n5\n",
			},
			{
				Doc:      "What is new, every ten seconds.",
				Pipeline: "source: {http: {get: \"http://example.test/users/1\", every: 10s}}\nsteps:\n  - take: 1\n  - map: it.name\n",
				Output:   "\"Ada\"\n",
			},
		},
	}
}

type reader struct {
	*client
	opt *sourceOptions
	env *flow.Env
}

func (r *reader) Read(ctx context.Context, emit flow.Emit) error {
	if r.opt.Every == 0 {
		return r.pages(ctx, emit, nil)
	}
	start := time.Now()
	var seen validators
	for {
		stopped := false
		err := r.pages(ctx, func(it flow.Item) error {
			err := emit(it)
			stopped = stopped || err != nil
			return err
		}, &seen)
		if err != nil && !stopped && ctx.Err() == nil && r.env.Reject != nil {
			err = r.env.Reject(flow.Item{}, err) // the next time may go better
		}
		if err != nil {
			return err
		}
		// A round that takes too long leaves out those that were due meanwhile.
		round := time.NewTimer(r.opt.Every - time.Since(start)%r.opt.Every)
		select {
		case <-round.C:
		case <-ctx.Done():
			round.Stop()
			return context.Cause(ctx)
		}
	}
}

// pages makes one round: a request for every page there is.
func (r *reader) pages(ctx context.Context, emit flow.Emit, seen *validators) error {
	first := &request{}
	err := r.builder.build(first, &flow.Scope{}, "")
	if err != nil {
		return err
	}
	p := r.opt.Paginate
	request := p.first(first)
	for page := 1; ; page++ {
		sent := request
		if seen != nil && page == 1 {
			sent = seen.ask(request)
		}
		reply, err := r.send(ctx, flow.Item{}, sent)
		if err != nil {
			return err
		}
		if reply.status == nethttp.StatusNotModified {
			return nil
		}
		if seen != nil && page == 1 {
			seen.note(reply)
		}
		n := 0
		count := func(it flow.Item) error {
			n++
			return emit(it)
		}
		if err := r.items(reply, count); err != nil {
			return err
		}
		if request, err = r.next(request, reply, n, page); err != nil || request == nil {
			return err
		}
	}
}

// items gives the items of a reply.
func (r *reader) items(reply *reply, emit flow.Emit) error {
	if r.opt.Items == nil {
		opt := r.opt.ReadOptions
		name := reply.request.url.Path
		if opt.Encoding = opt.For(name); opt.Format == "" {
			opt.Format = r.format(reply)
		}
		if name = path.Base(name); name == "/" || name == "." {
			name = reply.request.url.Host
		}
		if len(bytes.TrimSpace(reply.body)) == 0 {
			return nil
		}
		return codec.Items(name, bytes.NewReader(reply.body), &opt, r.env, emit)
	}
	v, err := r.value(reply)
	if err != nil {
		return err
	}
	if v, err = r.opt.Items.Eval(&flow.Scope{It: v}); err != nil {
		return fmt.Errorf("%s: items: %w", reply.request.named(), err)
	}
	list := v.List()
	if v.Kind() != value.List && !v.IsNull() {
		list = []value.Value{v}
	}
	for _, x := range list {
		if err := emit(flow.Item{Value: x}); err != nil {
			return err
		}
	}
	return nil
}

// value gives what expressions see of a reply.
func (r *reader) value(reply *reply) (v value.Value, err error) {
	if reply.value.IsNull() {
		reply.value, err = r.result(reply, r.opt.As, value.Value{})
	}
	return reply.value, err
}

// format gives the format that a reply's content type says; text is lines.
func (r *reader) format(reply *reply) string {
	switch kind := r.kindOf(reply.header).kind; kind {
	case "text":
		return "lines"
	default:
		return kind
	}
}

// validators are by what a server knows that nothing has changed.
type validators struct{ tag, date string }

func (v *validators) note(r *reply) {
	v.tag, v.date = r.header.Get("ETag"), r.header.Get("Last-Modified")
}

// ask makes a request one for what is new.
func (v *validators) ask(r *request) *request {
	if v.tag == "" && v.date == "" || r.method != nethttp.MethodGet {
		return r
	}
	out := *r
	out.header = r.header.Clone()
	if v.tag != "" {
		out.header.Set("If-None-Match", v.tag)
	} else {
		out.header.Set("If-Modified-Since", v.date)
	}
	return &out
}

// errSamePage ends a pagination that leads nowhere.
var errSamePage = errors.New("the next page is the page itself")

// at gives a request like r for another URL.
func (r *request) at(u *url.URL) *request {
	out := *r
	out.url, out.written = u, u.String()
	return &out
}
