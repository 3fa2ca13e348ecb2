package runtime

import (
	"context"
	"fmt"
	goruntime "runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/flowrun/flowrun/dsl/graph"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/value"
)

// Invariant 9.
func TestBackpressureHoldsExactlyTheBounds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newPipe()
		var sent atomic.Int64
		p.source("source", func(ctx context.Context, emit flow.Emit) error {
			for i := 1; i <= 200; i++ {
				if err := emit(flow.Item{Value: value.OfInt(int64(i))}); err != nil {
					return err
				}
				sent.Add(1)
			}
			return nil
		})
		p.buffer("b1", 64, "block")
		p.mapInt("w1", func(i int64) int64 { return i })
		p.buffer("b2", 32, "block")
		p.mapInt("w2", func(i int64) int64 { return i })
		p.buffer("b3", 16, "block")
		out := p.sink("sink")
		gate := make(chan struct{})
		out.write = func(context.Context, []flow.Item) error { <-gate; return nil }
		r := p.start(t, Options{})
		synctest.Wait()
		if n := sent.Load(); n != 64+32+16+2 {
			t.Errorf("the source has sent %d items, want 114", n)
		}
		close(gate)
		p.check(t, r)
		if !slices.Equal(out.values, upTo(200)) {
			t.Fatal(len(out.values))
		}
	})
}

// Invariant 54: a burst of ten meets a consumer that works on one item a second. What waits is in the buffer, and nowhere
// else.
func TestOverflow(t *testing.T) {
	for overflow, want := range map[string]string{
		"block":       "[1 2 3 4 5 6 7 8 9 10] dropped 0",
		"drop_newest": "[1 2 3 4] dropped 6",
		"drop_oldest": "[1 8 9 10] dropped 6",
		"latest":      "[1 10] dropped 8",
		"fail":        "[] dropped 0: test.yaml:0:0: buffer: the buffer of 3 items is full",
	} {
		t.Run(overflow, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := newPipe()
				p.source("ints", func(_ context.Context, emit flow.Emit) error {
					for i := int64(1); i <= 10; i++ {
						if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
							return err
						}
						if i == 1 {
							<-time.After(time.Millisecond)
						}
					}
					return nil
				})
				p.buffer("buffer", 3, overflow)
				p.call("slow", graph.Concurrency{Max: 1}, wait(time.Second))
				out := p.sink("sink")
				rep := p.run(t, Options{})
				got := fmt.Sprintf("%v dropped %d", out.values, rep.Steps[1].Dropped)
				if rep.Error != "" {
					got += ": " + rep.Error
				}
				if got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		})
	}
}

// What an operator gave is not kept back until more of it has come together. Here the second of two items is put while
// its reader is at work on the first; no other follows, and the operator never comes to wait for its input.
func TestAnItemIsSeenThoughNoOtherFollows(t *testing.T) {
	const begin, soon = 110_000, 50_000
	p := newPipe()
	put := make(chan struct{})
	p.source("endless", endless)
	p.buffer("b1", 100_000, "block")
	p.op("two", func() flow.Op {
		return processFunc(func(it flow.Item, emit flow.Emit) error {
			switch i := it.Value.Int(); {
			case i == begin || i == begin+1:
				return emit(it)
			case i == begin+2:
				close(put)
			case i == begin+soon:
				return errItem
			case i > begin:
				goruntime.Gosched()
			}
			return nil
		})
	})
	p.buffer("b2", 1000, "block")
	p.mapInt("busy", func(i int64) int64 { <-put; return i })
	p.take("take", 2)
	out := p.sink("sink")
	if rep := p.run(t, Options{}); rep.ExitCode != 0 || len(out.values) != 2 {
		t.Fatalf("the second item was not seen while %d others were worked on: %+v", soon, rep)
	}
}

// Invariant 20: while the sink takes nothing, there is room for what the edges, the windows and the hands of the operators
// hold, to the item.
func TestNothingHoldsMoreThanItsBound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := newPipe()
		var sent atomic.Int64
		room, plot := 0, ""
		p.source("source", func(ctx context.Context, emit flow.Emit) error {
			for i := int64(1); ; i++ {
				if err := emit(flow.Item{Value: value.OfInt(i)}); err != nil {
					return err
				}
				sent.Add(1)
			}
		})
		edge := func(i int) {
			size := rapid.IntRange(1, 70).Draw(rt, "size")
			p.buffer(fmt.Sprint("buffer", i), size, "block")
			room += size
			plot += fmt.Sprintf("buffer %d, ", size)
		}
		for i := range rapid.IntRange(0, 5).Draw(rt, "steps") {
			edge(i)
			if rapid.Bool().Draw(rt, "call") {
				c := graph.Concurrency{Max: rapid.IntRange(1, 9).Draw(rt, "max"), Order: rapid.SampledFrom([]graph.Order{graph.OrderInput, graph.OrderCompletion}).Draw(rt, "order")}
				c.Window = c.Max + rapid.IntRange(0, 9).Draw(rt, "more")
				p.call(fmt.Sprint("call", i), c, wait(time.Millisecond))
				room += c.Window
				plot += fmt.Sprintf("call %+v, ", c)
			} else {
				p.mapInt(fmt.Sprint("map", i), func(i int64) int64 { return i })
				room++
				plot += "map, "
			}
		}
		edge(9)
		var got int64
		synctest.Test(t, func(*testing.T) {
			out := p.sink("sink")
			out.write = func(ctx context.Context, _ []flow.Item) error { <-ctx.Done(); return ctx.Err() }
			r, err := Start(context.Background(), p.plan, Options{})
			if err != nil {
				rt.Fatal(err)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			got = sent.Load()
			r.Stop()
			r.Wait()
		})
		if got != int64(room) {
			rt.Fatalf("%ssink: %d were sent, and there is room for %d", plot, got, room)
		}
	})
}
