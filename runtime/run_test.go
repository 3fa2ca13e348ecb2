package runtime

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
	"github.com/flowrun/flowrun/runtime/plan"
)

func TestItemsArriveInOrderAtAnyCapacity(t *testing.T) {
	for _, capacity := range []int{0, 1, 2, 3, 16, 1000} {
		for _, unfused := range []bool{false, true} {
			bubble(t, func(t *testing.T) {
				p := newPipe()
				p.ints("ints", 5000)
				p.mapInt("double", func(i int64) int64 { return 2 * i })
				p.mapInt("half", func(i int64) int64 { return i / 2 })
				out := p.sink("sink")
				rep := p.run(t, Options{Plan: plan.Options{Unfused: unfused, Capacity: capacity}})
				if !slices.Equal(out.values, upTo(5000)) || rep.ExitCode != 0 || !out.committed {
					t.Fatalf("capacity %d: %d items, exit %d %s", capacity, len(out.values), rep.ExitCode, rep.Error)
				}
			})
		}
	}
}

func TestSumOfSquaresOfEvenNumbers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		p.ints("ints", 10)
		p.op("even", func() flow.Op {
			return processFunc(func(it flow.Item, emit flow.Emit) error {
				if it.Value.Int()%2 != 0 {
					return nil
				}
				return emit(it)
			})
		})
		p.mapInt("square", func(i int64) int64 { return i * i })
		p.sum("sum")
		out := p.sink("sink")
		rep := p.run(t, Options{})
		if !slices.Equal(out.values, []int64{220}) {
			t.Fatal(out.values, rep)
		}
		if s := rep.Steps[1]; s.In != 10 || s.Filtered != 5 || s.Completed != 5 || s.Out != 5 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestEpochsTravelWithTheItems(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		var r *Run
		epochOf := map[int64]uint32{}
		started := make(chan struct{})
		p.source("ints", func(ctx context.Context, emit flow.Emit) error {
			<-started
			for i := int64(1); i <= 1000; i++ {
				if i%100 == 0 {
					r.epoch.Add(1)
				}
				epochOf[i] = r.epoch.Load()
				if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
					return err
				}
			}
			return nil
		})
		p.call("call", graph.Concurrency{Max: 7, Order: graph.OrderInput}, wait(time.Millisecond))
		p.mapInt("map", func(i int64) int64 { return i })
		out := p.sink("sink")
		var epochs []uint32
		r = p.start(t, Options{})
		r.seen = func(_ *graph.Node, epoch uint32) { epochs = append(epochs, epoch) }
		close(started)
		p.check(t, r)
		for i, v := range out.values {
			if epochs[i] != epochOf[v] {
				t.Fatalf("item %d of epoch %d came as of epoch %d", v, epochOf[v], epochs[i])
			}
		}
		if len(epochs) != 1000 || epochs[999] != 10 {
			t.Fatal(len(epochs))
		}
	})
}
