package runtime

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
	"github.com/flowrun/flowrun/runtime/policy"
)

// oh is a component that panics in the method that it is told.
type oh struct{ in string }

func (o oh) at(method string) {
	if o.in == method {
		panic("oh")
	}
}

func (o oh) Open(context.Context) error { o.at("open"); return nil }
func (o oh) Read(context.Context, flow.Emit) error {
	o.at("read")
	return nil
}
func (o oh) Call(_ context.Context, it flow.Item) ([]flow.Item, error) {
	o.at("call")
	return []flow.Item{it}, nil
}
func (o oh) Write(context.Context, []flow.Item) error { o.at("write"); return nil }
func (o oh) Close(context.Context, bool) error        { o.at("close"); return nil }

// ohOp panics as an operator; its Deadline is at once.
type ohOp struct{ oh }

func (o ohOp) Process(it flow.Item, emit flow.Emit) error { o.at("process"); return emit(it) }
func (o ohOp) Flush(flow.Emit) error                      { o.at("flush"); return nil }

type ohTimed struct{ ohOp }

func (o ohTimed) Deadline() time.Time             { o.at("deadline"); return time.Unix(0, 0) }
func (o ohTimed) Tick(time.Time, flow.Emit) error { o.at("tick"); return flow.Done }

// ohLive panics as a sink that shows what it holds.
type ohLive struct{ oh }

func (o ohLive) Flush(context.Context) error { o.at("flush"); return nil }

// ohJoin panics as a join.
type ohJoin struct{ oh }

func (o ohJoin) Process(_ int, it flow.Item, emit flow.Emit) error { o.at("process"); return emit(it) }
func (o ohJoin) End(int, flow.Emit) error                          { o.at("end"); return nil }

// ohBlocks panics as a source of blocks, and as the blocks it gives.
type ohBlocks struct{ oh }

func (ohBlocks) Splits() bool { return true }
func (o ohBlocks) ReadBlocks(_ context.Context, give func(flow.Block) error) error {
	o.at("blocks")
	for range 3 {
		<-time.After(time.Millisecond)
		if err := give(o); err != nil {
			return err
		}
	}
	return nil
}
func (o ohBlocks) Decode(emit flow.Emit, _ func(flow.Item, error) error) error {
	o.at("decode")
	return emit(flow.Item{Value: value.OfInt(1)})
}

// ohEncoder panics as a sink of bytes.
type ohEncoder struct{ ohLive }

func (ohEncoder) Encodes() bool { return true }
func (o ohEncoder) Encode() func(dst []byte, _ flow.Item) ([]byte, error) {
	return func(dst []byte, _ flow.Item) ([]byte, error) {
		o.at("encode")
		return append(dst, '.'), nil
	}
}
func (o ohEncoder) WriteEncoded(context.Context, []byte) error { o.at("bytes"); return nil }
func (o ohEncoder) Write(ctx context.Context, _ []flow.Item) error {
	data, _ := o.Encode()(nil, flow.Item{})
	return o.WriteEncoded(ctx, data)
}

// ohCloser panics when it is to let go of what it holds.
type ohCloser struct{}

func (ohCloser) Process(it flow.Item, emit flow.Emit) error { return emit(it) }
func (ohCloser) Close()                                     { panic("oh") }

func makes[C any](c C) flow.Component {
	return flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (C, error) { return c, nil })}
}

var panics = exprFunc(func(value.Value) value.Value { panic("oh") })

// Invariant 59. Every plan has a step `bad`, which panics somewhere.
func TestPanicsFailTheRunAndNameTheStep(t *testing.T) {
	same := func(i int64) int64 { return i }
	op := func(method string) func(p *pipe) {
		return func(p *pipe) {
			p.mapInt("before", same)
			p.add("bad", makes[flow.Op](ohOp{oh{method}}))
			p.mapInt("after", same)
			p.sink("sink")
		}
	}
	timed := func(method string) func(p *pipe) {
		return func(p *pipe) {
			p.add("bad", makes[flow.Op](ohTimed{ohOp{oh{method}}}))
			p.sink("sink")
		}
	}
	join := func(method string) func(p *pipe) {
		return func(p *pipe) {
			a := p.last
			p.add("bad", makes[flow.Join](ohJoin{oh{method}}), a, p.ints("other", 5))
			p.sink("sink")
		}
	}
	sink := func(method string) func(p *pipe) {
		return func(p *pipe) {
			p.call("slow", graph.Concurrency{Max: 1}, wait(time.Millisecond))
			p.add("bad", makes[flow.Sink](ohLive{oh{method}}))
		}
	}
	blocks := func(in, encoder string) func(p *pipe) {
		return func(p *pipe) {
			p.plan.Nodes, p.last = nil, nil
			if encoder == "" {
				p.add("bad", makes[flow.Source](ohBlocks{oh{in}}))
				p.mapInt("after", same)
				p.sink("sink")
				return
			}
			p.add("source", makes[flow.Source](ohBlocks{}))
			p.mapInt("map", same)
			p.add("bad", makes[flow.Sink](ohEncoder{ohLive{oh{encoder}}}))
		}
	}
	for name, build := range map[string]func(p *pipe){
		"read blocks":   blocks("blocks", ""),
		"decode":        blocks("decode", ""),
		"encode":        blocks("", "encode"),
		"write encoded": blocks("", "bytes"),
		"flush encoded": blocks("", "flush"),
		"op after blocks": func(p *pipe) {
			blocks("", "")(p)
			p.plan.Nodes, p.last = p.plan.Nodes[:1], p.plan.Nodes[0]
			p.last.ID = "blocks"
			p.mapInt("before", same)
			p.mapInt("bad", func(int64) int64 { panic("oh") })
			p.mapInt("after", same)
			p.sink("sink")
		},
		"closer":       func(p *pipe) { p.add("bad", makes[flow.Op](ohCloser{})); p.sink("sink") },
		"op process":   op("process"),
		"op flush":     op("flush"),
		"op open":      op("open"),
		"op tick":      timed("tick"),
		"op deadline":  timed("deadline"),
		"join process": join("process"),
		"join end":     join("end"),
		"sink open":    sink("open"),
		"sink write":   sink("write"),
		"sink flush":   sink("flush"),
		"sink close":   sink("close"),
		"source read":  func(p *pipe) { p.add("bad", makes[flow.Source](oh{"read"})); p.sink("sink") },
		"source open":  func(p *pipe) { p.add("bad", makes[flow.Source](oh{"open"})); p.sink("sink") },
		"standard input": func(p *pipe) {
			p.add("bad", flow.Component{Maker: flow.Makes(func(_ *none, env *flow.Env) (flow.Source, error) {
				return readFunc(func(context.Context, flow.Emit) error {
					_, err := env.Stdin.Read(make([]byte, 1))
					return err
				}), nil
			})})
			p.sink("sink")
		},
		"build": func(p *pipe) {
			p.add("bad", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Op, error) { panic("oh") })})
			p.sink("sink")
		},
		"call": func(p *pipe) { p.add("bad", makes[flow.Call](oh{"call"})); p.sink("sink") },
		"calls": func(p *pipe) {
			p.add("bad", makes[flow.Call](oh{"call"}))
			p.last.Concurrency = graph.Concurrency{Max: 4, Order: graph.OrderCompletion}
			p.mapInt("after", same)
			p.sink("sink")
		},
		"call's when": func(p *pipe) {
			p.call("bad", graph.Concurrency{Max: 4}, wait(0))
			p.last.When = panics
			p.mapInt("after", same)
			p.sink("sink")
		},
		"call's key": func(p *pipe) {
			p.call("bad", graph.Concurrency{Max: 4, Order: graph.OrderKey, Key: panics}, wait(0))
			p.sink("sink")
		},
		"call's limit": func(p *pipe) {
			p.call("bad", graph.Concurrency{Max: 4}, wait(0))
			p.last.Rules.Limits = []policy.Use{{Limit: &policy.Limit{Concurrency: 1, By: panics}}}
			p.sink("sink")
		},
		"call's on_error": func(p *pipe) {
			p.call("bad", graph.Concurrency{Max: 4}, func(context.Context, flow.Item) ([]flow.Item, error) { return nil, errItem })
			p.last.OnError = graph.OnError{Action: "value", Value: panics}
			p.mapInt("after", same)
			p.sink("sink")
		},
		"op's when": func(p *pipe) {
			p.mapInt("before", same)
			p.mapInt("bad", same)
			p.last.When = panics
			p.sink("sink")
		},
		"op's on_error": func(p *pipe) {
			p.mapInt("before", same)
			p.op("bad", func() flow.Op { return processFunc(func(flow.Item, flow.Emit) error { return errItem }) })
			p.last.OnError = graph.OnError{Action: "value", Value: panics}
			p.sink("sink")
		},
		"op after a call": func(p *pipe) {
			p.call("call", graph.Concurrency{Max: 4}, wait(time.Millisecond))
			op("process")(p)
		},
	} {
		for _, unfused := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					p := newPipe()
					p.ints("ints", 5)
					build(p)
					opt := Options{Plan: plan.Options{Unfused: unfused, Workers: 2}, Stdin: ohReader{}}
					r, err := Start(context.Background(), p.plan, opt)
					if err == nil {
						if rep := p.check(t, r); rep.ExitCode != 70 {
							t.Errorf("exit %d: %+v", rep.ExitCode, rep)
						}
						err = r.Err()
					}
					var panicked *PanicError
					if !errors.As(err, &panicked) || err.Error() != "test.yaml:0:0: bad: panic: oh" {
						t.Fatal(err)
					}
					if !strings.Contains(string(panicked.Stack), "panic_test.go") {
						t.Errorf("the stack does not show where it was: %s", panicked.Stack)
					}
				})
			})
		}
	}
}

type ohReader struct{}

func (ohReader) Read([]byte) (int, error) { panic("oh") }

var _ io.Reader = ohReader{}

func TestPanicLeavesNoTraceOfSuccess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		src := p.source("idle", idle)
		a := p.sink("a", src)
		p.sum("sum", src)
		b := p.sink("b")
		p.add("bad", makes[flow.Sink](oh{"write"}), src)
		rep := p.run(t, Options{})
		if rep.ExitCode != 70 || a.committed || b.committed || a.closed != 1 || b.closed != 1 || len(b.values) != 0 {
			t.Fatalf("%+v, %+v, %+v", rep, a, b)
		}
	})
}
