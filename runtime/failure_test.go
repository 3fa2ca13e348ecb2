package runtime

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

func TestFailureEndsEverythingAtThatInstant(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 0)
		n := p.call("call", graph.Concurrency{Max: 8, Order: graph.OrderInput}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if it.Value.Int() == 20 {
				return nil, errItem
			}
			return wait(10*time.Millisecond)(ctx, it)
		})
		n.Pos.Line, n.Pos.Column = 7, 5
		p.sum("sum")
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if rep.ExitCode != 1 || rep.Error != "test.yaml:7:5: call: item is bad" || out.committed || len(out.values) != 0 {
			t.Fatalf("%+v", rep)
		}
		if rep.Elapsed > 30*time.Millisecond {
			t.Fatal(rep.Elapsed)
		}
	})
}

// Of failures at one instant, that of the item admitted first ends the run, also where it is the last to come.
func TestOfFailuresAtOneInstantTheFirstItemsCounts(t *testing.T) {
	for _, order := range []graph.Order{graph.OrderInput, graph.OrderCompletion} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.ints("ints", 3)
			p.call("call", graph.Concurrency{Max: 3, Order: order}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
				if _, err := wait(10*time.Millisecond)(ctx, it); err != nil {
					return nil, err
				}
				for n := it.Value.Int(); n < 3; n++ {
					for range 100 { // the others, and what follows them, have come as far as they come
						runtime.Gosched()
					}
				}
				return nil, fmt.Errorf("item %d is bad", it.Value.Int())
			})
			p.sink("sink")
			if rep := p.run(t, Options{}); rep.Error != "test.yaml:0:0: call: item 1 is bad" || rep.Elapsed != 10*time.Millisecond {
				t.Errorf("%s: %s after %v", order, rep.Error, rep.Elapsed)
			}
		})
	}
}

func TestOnError(t *testing.T) {
	for action, want := range map[string]string{
		"skip":  "[1 2 4 5] exit 3",
		"value": "[1 2 -1 4 5] exit 3",
		"fail":  "[] exit 1",
	} {
		bubble(t, func(t *testing.T) {
			p := newPipe()
			p.ints("ints", 5)
			n := p.op("op", func() flow.Op {
				return processFunc(func(it flow.Item, emit flow.Emit) error {
					if it.Value.Int() == 3 {
						return errItem
					}
					return emit(it)
				})
			})
			n.OnError = graph.OnError{Action: action, Value: exprFunc(func(value.Value) value.Value { return value.OfInt(-1) })}
			p.op("all", func() flow.Op { return &hold{} })
			out := p.sink("sink")
			rep := p.run(t, Options{})
			if got := fmt.Sprintf("%v exit %d", out.values, rep.ExitCode); got != want {
				t.Errorf("%s: %s, want %s", action, got, want)
			}
		})
	}
}

// hold gives everything at the end.
type hold struct{ items []flow.Item }

func (h *hold) Process(it flow.Item, _ flow.Emit) error { h.items = append(h.items, it); return nil }
func (h *hold) Flush(emit flow.Emit) error {
	for _, it := range h.items {
		if err := emit(it); err != nil {
			return err
		}
	}
	return nil
}

func TestFailedItemsGoToTheirSink(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 500)
		n := p.call("call", graph.Concurrency{Max: 3, Order: graph.OrderInput}, func(ctx context.Context, it flow.Item) ([]flow.Item, error) {
			if it.Value.Int()%5 == 0 {
				return nil, flow.Typed("bad", errItem)
			}
			return []flow.Item{it}, nil
		})
		n.OnError.Action = "to"
		out := p.sink("sink")
		failures := &got{}
		var types []string
		failures.write = func(_ context.Context, items []flow.Item) error {
			for _, it := range items {
				e, _ := it.Value.Field("error")
				typ, _ := e.Field("type")
				types = append(types, typ.Str())
			}
			return nil
		}
		p.add("failures", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Sink, error) { return failures, nil })}, n)
		p.last.In[0].Output = "error"
		rep := p.run(t, Options{})
		if len(out.values) != 400 || len(types) != 100 || types[0] != "bad" || rep.ExitCode != 3 || !failures.committed {
			t.Fatal(len(out.values), types, rep)
		}
	})
}
