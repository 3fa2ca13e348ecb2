package runtime

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/metrics"
	"github.com/flowrun/flowrun/runtime/plan"
)

// A stop that comes when every source has ended cuts nothing short: what is under way finishes, and totals are given.
func TestADrainAfterTheLastItemIsAnOrdinaryEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 3)
		p.call("call", graph.Concurrency{}, wait(10*time.Second))
		p.sum("sum")
		out := p.sink("sink")
		r := p.start(t, Options{})
		time.Sleep(time.Second)
		r.Drain()
		rep := p.check(t, r)
		if rep.Outcome != metrics.Complete || rep.ExitCode != 0 || rep.Elapsed != 30*time.Second || !out.committed || len(out.values) != 1 || out.values[0] != 6 {
			t.Errorf("%+v %v", rep, out.values)
		}
	})
	bubble(t, func(t *testing.T) { // one of two has more to give
		p := newPipe()
		few := p.ints("few", 3)
		more := p.source("more", idle)
		p.add("both", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Op, error) { return &sum{}, nil }), Traits: flow.Traits{Total: true}}, few, more)
		p.sink("sink")
		r := p.start(t, Options{})
		time.Sleep(time.Second)
		r.Drain()
		if rep := p.check(t, r); rep.Outcome != metrics.Stopped || rep.ExitCode != 130 || !rep.Drained {
			t.Errorf("%+v", rep)
		}
	})
	bubble(t, func(t *testing.T) { // the time for the run is over all the same
		p := newPipe()
		p.plan.Timeout = time.Second
		p.ints("ints", 3)
		p.call("call", graph.Concurrency{}, wait(10*time.Second))
		p.sink("sink")
		if rep := p.run(t, Options{}); rep.ExitCode != 4 {
			t.Errorf("%+v", rep)
		}
	})
}

// Of a batch in which an item fails for good, the others are delivered.
func TestNeighboursOfAFatalItemAreDelivered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.source("source", func(_ context.Context, emit flow.Emit) error {
			for i := range int64(6) {
				if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
					return err
				}
				if i == 0 {
					time.Sleep(time.Second)
				}
			}
			return nil
		})
		out := p.sink("sink")
		out.write = func(_ context.Context, items []flow.Item) error {
			if items[0].Value.Int() == 0 { // meanwhile all others come
				time.Sleep(time.Minute)
			}
			failed := map[int]error{}
			for i, it := range items {
				if n := it.Value.Int(); n == 2 || n == 4 {
					failed[i] = errors.New("no")
				}
			}
			if len(failed) > 0 {
				return &flow.BatchError{Failed: failed}
			}
			return nil
		}
		rep := p.run(t, Options{})
		if s := rep.Steps[1]; rep.ExitCode != 1 || s.Out != 4 || s.Completed != 4 || s.Fatal != 1 || s.Cancelled != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// inBlocks is a source of blocks of ten items.
type inBlocks int

func (inBlocks) Splits() bool                          { return true }
func (inBlocks) Read(context.Context, flow.Emit) error { panic("it is read in blocks") }
func (n inBlocks) ReadBlocks(_ context.Context, give func(flow.Block) error) error {
	for i := range int(n) {
		if err := give(tenItems(10 * i)); err != nil {
			return err
		}
	}
	return nil
}

type tenItems int

func (from tenItems) Decode(emit flow.Emit, _ func(flow.Item, error) error) error {
	for i := range 10 {
		if err := emit(flow.Item{Value: value.OfInt(int64(int(from) + i))}); err != nil {
			return err
		}
	}
	return nil
}

// What was worked on ahead of a step that wants no more counts, as cancelled; none of it has failed.
func TestWhatWasReadAheadIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.add("blocks", flow.Component{Maker: flow.Makes(func(*none, *flow.Env) (flow.Source, error) { return inBlocks(1000), nil })})
		var worked atomic.Int64
		n := p.op("op", func() flow.Op {
			return processFunc(func(it flow.Item, emit flow.Emit) error {
				if worked.Add(1); it.Value.Int() >= 10 && it.Value.Int()%2 == 0 {
					return errors.New("odd ones only")
				}
				return emit(it)
			})
		})
		n.Component.Traits.Stateless, n.OnError.Action = true, "skip"
		p.call("slow", graph.Concurrency{}, wait(time.Second)) // meanwhile all are at work that may be
		p.take("take", 2)
		p.sink("sink")
		p.plan.Buffer = &flow.BufferOptions{Size: 1, Overflow: "block"}
		rep := p.run(t, Options{Plan: plan.Options{Workers: 2}})
		source, op := rep.Steps[0], rep.Steps[1]
		if rep.ExitCode != 0 || op.In != worked.Load() || op.In != 40 || source.Out != 40 || op.Failures() > 0 || op.Cancelled != op.In-op.Completed {
			t.Errorf("exit %d, %d were worked on\n%+v\n%+v", rep.ExitCode, worked.Load(), source, op)
		}
	})
}
