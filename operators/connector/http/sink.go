package http

import (
	"context"
	"fmt"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/operators/codec"
)

// sinkTarget is the method and the URL of a sink's requests.
type sinkTarget struct {
	Post   flow.Text `flow:"post,short" doc:"The URL of a POST request."`
	Put    flow.Text `flow:"put" doc:"The URL of a PUT request."`
	Patch  flow.Text `flow:"patch" doc:"The URL of a PATCH request."`
	Method string    `flow:"method" doc:"Any other method, with url."`
	URL    flow.Text `flow:"url" doc:"The URL of a request, with method."`
}

func (t *sinkTarget) target() *target {
	return &target{Post: t.Post, Put: t.Put, Patch: t.Patch, Method: t.Method, URL: t.URL}
}

type sinkOptions struct {
	sinkTarget
	requestOptions
	Format string `flow:"format" default:"json" enum:"json,jsonl,csv,tsv,lines,bytes" doc:"How the body is written where none of json, form and body is given."`
	Batch  int    `flow:"batch" default:"1" doc:"How many items a request has at most: those that are there, up to 256. With more than one, it is a list of items, and as JSON the body is one."`
}

func (o *sinkOptions) Check(report func(option, message, help string)) {
	o.sinkTarget.target().check(report)
	o.requestOptions.check(report)
	if o.Batch < 1 {
		report("batch", fmt.Sprintf("a request has 1 item or more, not %d", o.Batch), "write 1 or more")
	}
}

// Repeatable reports whether a request may follow another that may have been carried out.
func (o *sinkOptions) Repeatable() (ok bool, what, help string) {
	method, _ := o.sinkTarget.target().method("POST")
	return o.repeatable(method), "a " + method, "add `idempotency_key`, or `idempotent: true` where doing it twice does no harm"
}

func sink() *flow.Component {
	return &flow.Component{
		Name: "http", Group: "sink", Traits: traits,
		Doc: "Sends items, one after another, each or each `batch` in a request: as JSON unless `format` says otherwise. " +
			"An item counts as written when the reply is no failure. Several requests at once: a step `http`, with `concurrency`, and `sink: discard`.",
		Maker: flow.Makes(func(o *sinkOptions, env *flow.Env) (flow.Sink, error) {
			method, url := o.sinkTarget.target().method("POST")
			c, err := newClient(&o.requestOptions, method, url, env)
			if err != nil {
				return nil, err
			}
			return &writer{client: c, opt: o}, nil
		}),
		Examples: []flow.Example{{
			Pipeline: "source: {range: {from: 1, to: 3}}\nsteps:\n  - map: {n: it}\nsink:\n  http: {post: \"http://example.test/sink\", batch: 100, headers: {X-Token: abc}}\n",
		}},
	}
}

type writer struct {
	client *client
	opt    *sinkOptions
}

func (w *writer) Write(ctx context.Context, items []flow.Item) error {
	failed := map[int]error{}
	for start := 0; start < len(items); start += w.opt.Batch {
		batch := items[start:min(start+w.opt.Batch, len(items))]
		err := w.send(ctx, batch)
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		for i := range batch {
			failed[start+i] = err
		}
	}
	if len(failed) > 0 {
		return &flow.BatchError{Failed: failed}
	}
	return nil
}

// send makes the request of one batch.
func (w *writer) send(ctx context.Context, batch []flow.Item) error {
	it := batch[0]
	if w.opt.Batch > 1 {
		list := make([]value.Value, len(batch))
		for i, x := range batch {
			list[i] = x.Value
		}
		it = flow.Item{Value: value.OfList(list)}
	}
	r := &request{}
	err := w.client.builder.build(r, &flow.Scope{It: it.Value, Meta: it.Meta}, "")
	if err != nil {
		return err
	}
	if !r.hasBody {
		if r, err = w.encoded(r, batch, it); err != nil {
			return err
		}
	}
	_, err = w.client.send(ctx, it, r)
	return err
}

var contentTypes = map[string]string{
	"json": "application/json", "jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8",
	"lines": "text/plain; charset=utf-8", "bytes": "application/octet-stream",
}

// encoded gives the request with the items as its body.
func (w *writer) encoded(r *request, batch []flow.Item, it flow.Item) (*request, error) {
	out := *r
	out.hasBody = true
	if w.opt.Format == "json" {
		out.body = value.AppendJSON(nil, it.Value)
	} else {
		enc := codec.NewWriter(codec.Encoding{Format: w.opt.Format, Header: value.OfBool(true)})
		for _, x := range batch {
			if err := enc.Append(x); err != nil {
				return nil, err
			}
		}
		enc.End()
		out.body = enc.Buf
	}
	if out.header.Get("Content-Type") == "" {
		out.header = out.header.Clone()
		out.header.Set("Content-Type", contentTypes[w.opt.Format])
	}
	return &out, nil
}

func (w *writer) Close(context.Context, bool) error {
	w.client.Close()
	return nil
}
